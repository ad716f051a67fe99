"""`Reason`: why a call has its status, with a sentence for staff, and what follows for a call-back (`FOLLOWS`).

Programs read `reason`; the provider's or SIP server's own words are in `provider_status`.
"""

from collections.abc import Mapping
from enum import Enum, auto
from typing import Final

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Reason(TextChoices):
    NONE = "", ""

    # How far a call by SIP is
    OPERATOR_RINGING = "operator_ringing", _("the operator's telephone rings")
    OPERATOR_ANSWERED = "operator_answered", _("the operator has answered")
    NUMBER_ANSWERED = "number_answered", _("the number has answered")

    # The operator's side ended it; where the operator is rung first, the number was not dialed
    OPERATOR_NO_ANSWER = "operator_no_answer", _("the operator did not answer")
    OPERATOR_BUSY = "operator_busy", _("the operator was busy")
    OPERATOR_REJECTED = "operator_rejected", _("the operator declined")
    OPERATOR_UNREACHABLE = (
        "operator_unreachable",
        _("the operator's telephone is not registered or does not answer the server"),
    )
    OPERATOR_INCOMPATIBLE = (
        "operator_incompatible",
        _("the operator's telephone takes none of the codecs it was offered"),
    )

    # The number's side
    REJECTED = "rejected", _("the other side declined")
    NO_SUCH_NUMBER = "no_such_number", _("there is no such number")
    UNREACHABLE = "unreachable", _("the number cannot be reached now, for example because it is switched off")
    NO_ROUTE = "no_route", _("the PBX has no route to the number; its trunk may be down")
    FORBIDDEN = "forbidden", _("the PBX or the network does not allow this call to the number")
    INCOMPATIBLE = "incompatible", _("the two telephones have no codec in common")
    DIAL_FAILED = "dial_failed", _("the PBX could not place the call")
    CONGESTION = "congestion", _("the network or the provider had no line free")

    # Neither side
    SERVER_UNREACHABLE = "server_unreachable", _("the SIP server's name has no address, or nothing answers there")
    REFUSED = "refused", _("the provider or the server did not accept the request, or a setting is missing")
    EXPIRED = "expired", _("not dialed in time; nobody was rung")
    LOST = "lost", _("it is not known how the call went on")

    # Who ended a call that was under way
    OPERATOR_HUNG_UP = "operator_hung_up", _("the operator hung up")
    NUMBER_HUNG_UP = "number_hung_up", _("the other side hung up")
    HUNG_UP = "hung_up", _("ended by staff")
    NO_SOUND = "no_sound", _("the PBX ended the call because it received no sound")
    TALK_LIMIT = "talk_limit", _("ended after the longest time a call may take")
    SHUTDOWN = "shutdown", _("ended because the dialer was stopped")


class Follow(Enum):
    """What a call without talk means for its call-back."""

    FINAL = auto()
    "No further attempt: the visitor does not want to be called, or cannot be reached at this number."
    AGAIN = auto()
    "The attempt is over; the next follows after a pause, while attempts are left."
    NEXT_OPERATOR = auto()
    "The operator's side failed: another line is tried at once, in the same attempt."
    REDIAL = auto()
    "No telephone was rung: the same line is tried again, in the same attempt."


FOLLOWS: Final[Mapping[Reason, Follow]] = {
    Reason.NONE: Follow.AGAIN,
    Reason.OPERATOR_NO_ANSWER: Follow.NEXT_OPERATOR,
    Reason.OPERATOR_BUSY: Follow.NEXT_OPERATOR,
    Reason.OPERATOR_REJECTED: Follow.NEXT_OPERATOR,
    Reason.OPERATOR_UNREACHABLE: Follow.NEXT_OPERATOR,
    Reason.OPERATOR_INCOMPATIBLE: Follow.NEXT_OPERATOR,
    Reason.REFUSED: Follow.NEXT_OPERATOR,  # another line may have a login that works
    Reason.REJECTED: Follow.FINAL,
    Reason.NO_SUCH_NUMBER: Follow.FINAL,
    Reason.UNREACHABLE: Follow.AGAIN,
    Reason.NO_ROUTE: Follow.AGAIN,
    Reason.FORBIDDEN: Follow.AGAIN,
    Reason.INCOMPATIBLE: Follow.AGAIN,
    Reason.DIAL_FAILED: Follow.AGAIN,
    Reason.CONGESTION: Follow.AGAIN,
    Reason.SERVER_UNREACHABLE: Follow.AGAIN,
    Reason.EXPIRED: Follow.REDIAL,
    Reason.LOST: Follow.AGAIN,
    Reason.OPERATOR_HUNG_UP: Follow.AGAIN,  # had answered, so the visitor's telephone may have rung
    Reason.NUMBER_HUNG_UP: Follow.AGAIN,
    Reason.HUNG_UP: Follow.AGAIN,
    Reason.NO_SOUND: Follow.AGAIN,
    Reason.TALK_LIMIT: Follow.AGAIN,
    Reason.SHUTDOWN: Follow.AGAIN,
}
"""For every reason with which a call may end. With `AGAIN`, the call's status tells whether the outcome is busy, no answer or failed."""
