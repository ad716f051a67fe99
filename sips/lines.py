"""Finds the line to ring, and explains why a line cannot dial."""

from django.contrib.auth.models import AnonymousUser, User
from django.utils.translation import gettext as _

from sips import catalog
from sips.models import Sip, Voip


class CannotDial(Exception):
    """No call can be placed; `field` of the request, and a message with the cure."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def find_line(sip: str, *, voip_id: int | None, by_sip: bool, user: User | AnonymousUser | None = None) -> Sip:
    """The one active line with that SIP number that can dial this way; its `voip` is set. Raises CannotDial.

    user: who places the call; lines that they may not use do not exist for them.
    """
    lines = Sip.objects.select_related("voip").without_secrets().filter(sip=sip)
    if user is not None:
        lines = lines.dialed_from_by(user)
    if voip_id is not None:
        lines = lines.filter(voip_id=voip_id)
    found = list(lines.order_by("pk"))
    if not found:
        if voip_id is not None:
            message = _("There is no line “%(sip)s” in configuration %(voip_id)s.")
            raise CannotDial("sip", message % {"sip": sip, "voip_id": voip_id})
        raise CannotDial("sip", _("There is no line “%(sip)s”.") % {"sip": sip})
    active = [line for line in found if line.active and line.voip is not None and line.voip.active]
    if len(active) > 1:
        voips = ", ".join(str(line.voip_id) for line in active)
        message = _("Configurations %(voips)s all have a line “%(sip)s”; say which one is meant.")
        raise CannotDial("voip_id", message % {"voips": voips, "sip": sip})
    line = (active or [line for line in found if line.voip is not None] or found)[0]
    _check(line, by_sip=by_sip)
    return line


def _named(voip: Voip) -> str:
    return f"{voip.pk} ({voip.name})"


def why_not(sip_id: int) -> str:
    """Why this line can dial neither by SIP nor through its provider; "" where it can."""
    line = Sip.objects.select_related("voip").without_secrets().get(pk=sip_id)
    try:
        _check(line, by_sip=True)
    except CannotDial as problem:
        return "" if can_dial(line, by_sip=False) else str(problem)
    return ""


def _check(line: Sip, *, by_sip: bool) -> None:
    """Raise CannotDial unless a call can be placed from this line, a `without_secrets` one whose `voip` is loaded."""
    if line.voip is None:
        raise CannotDial(
            "sip", _("Line “%(sip)s” belongs to no VoIP configuration; set its voip_id.") % {"sip": line.sip}
        )
    if not line.active:
        raise CannotDial("sip", _("Line “%(sip)s” is not active; activate it.") % {"sip": line.sip})
    if not line.voip.active:
        raise CannotDial(
            "sip", _("VoIP configuration %(voip)s is not active; activate it.") % {"voip": _named(line.voip)}
        )
    (_check_sip if by_sip else _check_provider)(line, line.voip)


def can_dial(line: Sip, *, by_sip: bool) -> bool:
    """Whether a call can be placed from this line, a `without_secrets` one whose `voip` is loaded."""
    try:
        _check(line, by_sip=by_sip)
    except CannotDial:
        return False
    return True


def check_login(line: Sip) -> None:
    """Raise CannotDial unless there is a login of this `without_secrets` line, and a server, active or not."""
    if line.voip is None:
        message = _("Line “%(sip)s” belongs to no VoIP configuration; set its voip_id.")
        raise CannotDial("sip", message % {"sip": line.sip})
    _check_sip(line, line.voip)


def _check_sip(line: Sip, voip: Voip) -> None:
    missing = [name for name, is_set in (("username", line.username), ("password", line.password_set)) if not is_set]
    if missing:
        message = _("Line “%(sip)s” lacks %(missing)s; a call by SIP needs username and password.")
        raise CannotDial("sip", message % {"sip": line.sip, "missing": ", ".join(missing)})
    if not voip.address:
        message = _("VoIP configuration %(voip)s has no address; a call by SIP needs its server.")
        raise CannotDial("sip", message % {"voip": _named(voip)})


def _check_provider(line: Sip, voip: Voip) -> None:
    if not voip.provider:
        message = _("VoIP configuration %(voip)s has no provider; choose one, or use make_call.")
        raise CannotDial("sip", message % {"voip": _named(voip)})
    provider = catalog.find(voip.provider)
    if provider is None or not provider.can_dial:
        message = _("Calls cannot be placed through %(provider)s; use make_call.")
        raise CannotDial("sip", message % {"provider": provider.name if provider else voip.provider})
