"""Adding notes to calls."""

from django.contrib.auth.models import User
from django.db import transaction

from calls.models import Call, Note


def add_note(call: Call, *, author: User, text: str) -> Note:
    """Raises Call.DoesNotExist where the call is deleted."""
    with transaction.atomic():
        # Deletion and erasure remove the notes under this lock, so that none is added behind them.
        row = Call.objects.select_for_update(of=("self",), no_key=True).only("pk").get(pk=call.pk)
        return Note.objects.create(call=row, author=author, text=text)
