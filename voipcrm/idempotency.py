"""`Idempotency-Key`: a POST repeated with its key is carried out once."""

import json
from collections.abc import Callable
from datetime import timedelta
from functools import partial

from django.db import transaction
from django.db.models import Model
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import status, viewsets
from rest_framework.exceptions import APIException, NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from voipcrm.models import IdempotencyKey

KEPT = timedelta(hours=24)
LONGEST_KEY = 255
HEADER = "Idempotency-Key"


class KeyReused(APIException):
    """The same user sent the key with another path or body."""

    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_detail = gettext_lazy("This Idempotency-Key was used for another request; use a new key.")
    default_code = "idempotency_key_reused"


class OncePerKey(viewsets.GenericViewSet[Model]):
    """For viewsets whose POSTs respond with a record or store nothing. Must precede the viewset among the bases.

    Only a digest of the request and the record's id are kept: a repetition gets the record as it is then. A refused request is not
    remembered.
    """

    def initial(self, request: Request, *args: object, **options: object) -> None:
        super().initial(request, *args, **options)
        handler = getattr(self, "post", None)
        if request.method == "POST" and handler is not None and (key := _read_key(request)):
            self.post = partial(self._once, key, handler)

    def _once(
        self, key: str, handler: Callable[..., Response], request: Request, *args: object, **options: object
    ) -> Response:
        user_id = request.user.pk or 0  # every user here is signed in
        mine = IdempotencyKey.objects.filter(user_id=user_id, key=key)
        digest = _digest(request)
        with transaction.atomic():
            mine.filter(created_at__lt=timezone.now() - KEPT).delete()
            # Another request with this key makes get_or_create wait until that one is committed or rolled back.
            kept, is_new = IdempotencyKey.objects.get_or_create(user_id=user_id, key=key, defaults={"digest": digest})
            if not is_new and kept.digest != digest:
                raise KeyReused
            if kept.object_id is not None:
                return self._replay(kept.object_id)
            response = handler(request, *args, **options)
            mine.update(object_id=response.data.get("id"))  # none if nothing is stored: it is simply done again
        return response

    def _replay(self, object_id: int) -> Response:
        record = self.get_queryset().filter(pk=object_id).first()
        if record is None:
            raise NotFound(_("The record of this Idempotency-Key has been deleted."), code="deleted")
        return Response(self.get_serializer(record).data, headers={"Idempotent-Replayed": "true"})


def _read_key(request: Request) -> str:
    key = str(request.headers.get(HEADER, ""))
    if len(key) > LONGEST_KEY or not key.isprintable():
        raise ValidationError({HEADER: [_("Give at most %(most)s printable characters.") % {"most": LONGEST_KEY}]})
    return key


def _digest(request: Request) -> str:
    """Of path and body, keyed, because a body may hold a password that could be guessed from a plain digest."""
    asked = json.dumps([request.path, request.data], sort_keys=True, default=str)
    return salted_hmac("voipcrm.idempotency", asked, algorithm="sha256").hexdigest()


def forget_old_keys() -> int:
    deleted, _rows = IdempotencyKey.objects.filter(created_at__lt=timezone.now() - KEPT).delete()
    return deleted
