"""The line from which a user calls."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest
from django.utils.translation import gettext as _

from calls.models import Via
from sips.lines import CannotDial, can_dial, why_not
from sips.models import Sip
from sips.staff_lines import lines_of

MOST_LINES = 1_000
CHOSEN = "desk_line"
"""Session key of the line last called from."""


@dataclass(frozen=True, slots=True)
class ReadersLines:
    offered: Sequence[Sip]
    "Lines the reader may call from, their own first; without secrets."
    chosen: Sip | None
    problem: str
    "Why the chosen line cannot call; blank if it can."


def readers_lines(request: HttpRequest) -> ReadersLines:
    """The chosen line is the one last called from, else one of the reader's own, never somebody else's by default."""
    own = set(lines_of(request.user))
    rows = Sip.objects.dialed_from_by(request.user).select_related("voip").without_secrets()
    rows = rows.filter(active=True, voip__active=True).exclude(sip="").order_by("sip", "pk")
    offered = sorted(rows[:MOST_LINES], key=lambda line: line.pk not in own)
    last = request.session.get(CHOSEN)
    chosen = next((line for line in offered if line.pk == last), None)
    chosen = chosen or next((line for line in offered if line.pk in own), None)
    return ReadersLines(offered, chosen, why_not(chosen.pk) if chosen else "")


def choose_line(request: HttpRequest, written: str) -> Sip:
    """The line with this id, which is remembered, or without an id the reader's. Raises CannotDial."""
    lines = readers_lines(request)
    line = next((line for line in lines.offered if str(line.pk) == written), None) if written else lines.chosen
    if line is None:
        message = _("You may not call from this line.") if written else _("Choose the line whose telephone is to ring.")
        raise CannotDial("sip", message if lines.offered else _("There is no line from which you may call."))
    if request.session.get(CHOSEN) != line.pk:
        request.session[CHOSEN] = line.pk
    return line


def choose_via(line: Sip) -> Via:
    """Our own dialer if it can dial from this line, else the provider; either reports what is missing."""
    if can_dial(line, by_sip=True) or not can_dial(line, by_sip=False):
        return Via.SIP
    return Via.PROVIDER
