"""Finding the line that is to ring, and saying what is missing when it cannot."""

from sips import catalog
from sips.models import Sip, Voip


class CannotDial(Exception):
    """The line or configuration cannot place a call; `field` of the request and a sentence that says what to fix."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def find_line(sip: str, *, voip_id: int | None, by_sip: bool) -> Sip:
    """The one active line with that SIP number that can dial this way; its `voip` is set. Raises CannotDial."""
    lines = Sip.objects.sealed().select_related("voip").defer("voip__api_key", "voip__webhook_secret").filter(sip=sip)
    if voip_id is not None:
        lines = lines.filter(voip_id=voip_id)
    found = list(lines.order_by("pk"))
    if not found:
        where = f" in configuration {voip_id}" if voip_id is not None else ""
        raise CannotDial("sip", f"There is no line “{sip}”{where}.")
    active = [line for line in found if line.active and (line.voip is None or line.voip.active)]
    if len(active) > 1:
        voips = ", ".join(str(line.voip_id) for line in active)
        raise CannotDial("voip_id", f"Configurations {voips} all have a line “{sip}”; say which one is meant.")
    line = (active or found)[0]
    if line.voip is None:
        raise CannotDial("sip", f"Line “{sip}” belongs to no VoIP configuration; set its voip_id.")
    if not line.active:
        raise CannotDial("sip", f"Line “{sip}” is not active; activate it.")
    if not line.voip.active:
        raise CannotDial("sip", f"VoIP configuration {line.voip_id} ({line.voip.name}) is not active; activate it.")
    (_check_sip if by_sip else _check_provider)(line, line.voip)
    return line


def can_dial(line: Sip, *, by_sip: bool) -> bool:
    """Whether a call can be placed from this line, a `sealed` one whose `voip` is loaded."""
    if line.voip is None or not (line.active and line.voip.active):
        return False
    try:
        (_check_sip if by_sip else _check_provider)(line, line.voip)
    except CannotDial:
        return False
    return True


def _check_sip(line: Sip, voip: Voip) -> None:
    missing = [name for name, is_set in (("username", line.username), ("password", line.password_set)) if not is_set]
    if missing:
        raise CannotDial("sip", f"Line “{line.sip}” has no {' and no '.join(missing)}; a call by SIP needs both.")
    if not voip.address:
        raise CannotDial(
            "sip", f"VoIP configuration {voip.pk} ({voip.name}) has no address; a call by SIP needs its server."
        )


def _check_provider(line: Sip, voip: Voip) -> None:
    if not voip.provider:
        raise CannotDial(
            "sip", f"VoIP configuration {voip.pk} ({voip.name}) has no provider; choose one, or use make_call."
        )
    provider = catalog.find(voip.provider)
    if provider is None or not provider.can_dial:
        raise CannotDial(
            "sip", f"Calls cannot be placed through {provider.name if provider else voip.provider}; use make_call."
        )
