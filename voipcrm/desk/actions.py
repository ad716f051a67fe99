"""What an operator does on the desk, by the verbs of calls, follow-ups and call-backs. Each is done whole or not at all."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from autocalls import locks, services, taking
from autocalls.models import Autocall
from autocalls.models import Status as AutocallStatus
from calls import dialing, follow_ups
from calls.click_to_call import unambiguous
from calls.follow_up_models import FollowUp
from calls.models import Call
from calls.services import request_call
from sips import phone_numbers
from sips.lines import CannotDial
from sips.models import Sip, Voip
from voipcrm.desk import attempts
from voipcrm.desk.lines import way_of
from voipcrm.desk.to_do import Entry


class Refused(Exception):
    """What a form asks for is not there, or not any more; the message says so."""


REFUSALS = (
    Refused,
    CannotDial, follow_ups.FollowUpRefused, follow_ups.NoNumber, services.TooLate, services.AlreadyScheduled, dialing.NotControllable,
)  # fmt: skip
"""What the verbs raise where the state of things does not allow them; the message says why."""
GONE = (Autocall.DoesNotExist, Call.DoesNotExist, FollowUp.DoesNotExist)
"""What they raise where somebody deletes the record at this very moment."""


def dial(written: str, *, line: Sip, by: Any) -> Call:
    """Call what somebody has typed. Raises CannotDial, also while a colleague is being connected with this number: they would call it both.

    With whom somebody talks already may be called: a company has one number and many telephones.
    """
    assert line.voip is not None  # lines that are offered have one
    number = phone_numbers.called(written, line.voip.country)
    with transaction.atomic():
        locks.hold(f"desk call:{number}")
        if attempts.is_being_called(number):
            raise CannotDial("number_to", _("This number is being called just now."))
        return _request(written, line=line, by=by)


def _request(written: str, *, line: Sip, by: Any) -> Call:
    return request_call(via=way_of(line), sip=line.sip, voip_id=line.voip_id, number_to=written, placed_by=by)


def call(number: str, entry: Entry | None, *, line: Sip, by: User) -> Call:
    """Call a number that is stored. A call-back of it is taken first, so that it is not dialed automatically as well.

    Of two people who call it at once the second is told. Raises CannotDial, and what `taking` raises.
    """
    with transaction.atomic():
        locks.hold(f"desk call:{number}")
        if attempts.going_on([number]):
            raise CannotDial("number_to", _("This number is being called, or is talking, just now."))
        if entry and entry.is_others:
            raise CannotDial("number_to", _("%(name)s has taken this number.") % {"name": entry.holder})
        for autocall in _call_backs(entry) if entry else ():
            taking.take(autocall, by)
        assert line.voip is not None  # lines that are offered have one
        return _request(unambiguous(number, line.voip), line=line, by=by)


def take(entry: Entry, *, by: User) -> None:
    with transaction.atomic():
        for autocall in _call_backs(entry):
            taking.take(autocall, by)
        if entry.has_follow_up:
            _follow_up(entry, by)


def give_back(entry: Entry, *, by: User) -> None:
    with transaction.atomic():
        for autocall in _call_backs(entry):
            taking.release(autocall, by)
        if entry.follow_up_id:
            follow_ups.release(FollowUp.objects.get(pk=entry.follow_up_id), by=by)


def later(entry: Entry, *, until: datetime, by: User) -> None:
    """A call-back is moved to then and, if it was taken, released; anything else becomes a follow-up of whoever puts it off."""
    with transaction.atomic():
        for autocall in _call_backs(entry):
            services.edit(taking.release(autocall, by), {"call_at": until})
        if entry.has_follow_up:
            follow_ups.postpone(_follow_up(entry, by), until=until, by=by)


def done(entry: Entry, *, by: User) -> None:
    with transaction.atomic():
        for autocall in _call_backs(entry):
            if autocall.status == AutocallStatus.SCHEDULED:
                taking.take(autocall, by)
            taking.finish(autocall, by)
        if entry.has_follow_up:
            follow_ups.finish(_follow_up(entry, by), by=by)


def _call_backs(entry: Entry) -> QuerySet[Autocall]:
    return Autocall.objects.filter(pk__in=entry.autocall_ids).order_by("pk")


def _follow_up(entry: Entry, by: User) -> FollowUp:
    """The entry's, or a new one of its number; it is `by` who has it from now on."""
    if entry.follow_up_id:
        return follow_ups.take(FollowUp.objects.get(pk=entry.follow_up_id), by=by)
    voip = Voip.objects.without_secrets().filter(pk=entry.voip_id).first() if entry.voip_id else None
    return follow_ups.take_number(entry.number, voip=voip, by=by)


VERBS: Mapping[str, Callable[..., None]] = {"take": take, "give_back": give_back, "done": done}


def asked_for(verb: str, *, until: datetime | None) -> Callable[..., None]:
    """The verb that a button names, to be given the entry and `by`. Raises Refused."""
    if verb == "later" and until is not None:
        return partial(later, until=until)
    if verb not in VERBS:
        raise Refused(_("This is not something the desk can do."))
    return VERBS[verb]


def may_change(user: Any, entry: Entry) -> bool:
    """Whether the user's rights cover all that the entry's verbs change."""
    rights = ["autocalls.change_autocall"] if entry.autocall_ids else []
    rights += ["calls.add_followup", "calls.change_followup"] if entry.has_follow_up else []
    return bool(user.has_perms(rights))
