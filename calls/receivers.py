"""Receivers for the deletion of configurations."""

from django.dispatch import receiver
from django.utils import timezone
from django.utils.translation import ngettext

from calls.follow_up_models import OPEN, FollowUp, State
from calls.models import Call
from calls.statuses import PROGRESS
from sips.services import VoipInUse
from sips.signals import voip_deleting

MOST_NAMED = 5


@receiver(voip_deleting)
def keep_while_calling(voip_id: int, **_kwargs: object) -> None:
    """A configuration with calls in progress is needed to end them and receive their reports. Raises VoipInUse."""
    in_call = Call.everything.filter(voip_id=voip_id, status__in=PROGRESS).order_by("-pk")
    ids = list(in_call.values_list("pk", flat=True)[: MOST_NAMED + 1])
    if not ids:
        return
    named = ", ".join(map(str, ids[:MOST_NAMED])) + (", …" if len(ids) > MOST_NAMED else "")
    message = ngettext(
        "Call %(calls)s of this configuration is in progress; end it or wait for its end, then delete the configuration.",
        "Calls %(calls)s of this configuration are in progress; end them or wait for their end, then delete the configuration.",
        len(ids),
    )
    raise VoipInUse(message % {"calls": named})


@receiver(voip_deleting)
def keep_one_follow_up(voip_id: int, **_kwargs: object) -> None:
    """Open follow-ups lose their configuration; if the number already has one without a configuration, this one is closed."""
    staying = FollowUp.objects.filter(voip=None, state__in=OPEN).values("number")
    now = timezone.now()
    FollowUp.objects.filter(voip_id=voip_id, state__in=OPEN, number__in=staying).update(
        state=State.DONE, done_at=now, updated_at=now
    )
