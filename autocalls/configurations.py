"""A call-back's configuration and time zone, and what is missing if no line can make it."""

from django.utils import timezone
from django.utils.translation import gettext as _

from autocalls import lines
from autocalls.models import Autocall
from sips.lines import CannotDial, why_not
from sips.models import Sip, Voip
from widgets.models import Widget


def choose(*, widget: Widget | None, voip: Voip | None, sip: Sip | None) -> Voip | None:
    """The named configuration, else the line's, else the widget's; without any, the only one that can call.

    None for a widget with lines of its own, and where a widget or a line leads to none: `check` tells what is missing.
    Raises CannotDial where nothing is named, and none or several can call.
    """
    if voip is not None:
        return voip
    if sip is not None:
        return _of(sip.voip_id)
    if widget is not None and (widget.voip_id is not None or lines.of(Autocall(widget=widget))):
        return _of(widget.voip_id)
    able = lines.able_configurations()
    if len(able) == 1:
        return _of(able[0])
    if widget is not None:
        return None
    if not able:
        message = _(
            "No VoIP configuration can call: there must be an active one with an active line that can dial by SIP or through its provider."
        )
        raise CannotDial("voip_id", message)
    message = _("Several VoIP configurations can call (%(voips)s); say which one is meant.")
    raise CannotDial("voip_id", message % {"voips": ", ".join(map(str, able))})


def check(autocall: Autocall) -> None:
    """Raises CannotDial, with what is missing and the field, if no line could be rung for it now."""
    _check_line(autocall)
    if lines.of(autocall):
        return
    if autocall.sip_id is not None:
        raise CannotDial("sip_id", why_not(autocall.sip_id) or _("This line has no SIP number; set its sip."))
    field = "voip_id" if autocall.voip_id is not None else "widget_id"
    voip = _of(lines.configuration_of(autocall))
    if voip is None:
        if autocall.widget is None:
            raise CannotDial("voip_id", _("Nobody can make this call: it has no VoIP configuration; set its voip_id."))
        message = _("Widget %(widget)s has neither a VoIP configuration nor a line that can dial; set its voip_id.")
        raise CannotDial("widget_id", message % {"widget": f"{autocall.widget.pk} ({autocall.widget.name})"})
    raise CannotDial(field, _why_not_through(voip))


def _check_line(autocall: Autocall) -> None:
    """Line and configuration must belong together."""
    if autocall.sip_id is None or autocall.voip_id is None:
        return
    line = Sip.objects.without_secrets().get(pk=autocall.sip_id)
    if line.voip_id in (None, autocall.voip_id):
        return
    message = _(
        "Line %(line)s belongs to VoIP configuration %(own)s and not to %(voip)s; name a line of that one, or leave voip_id out."
    )
    own, voip = (_of(pk) for pk in (line.voip_id, autocall.voip_id))
    raise CannotDial("sip_id", message % {"line": _named(line), "own": _named(own), "voip": _named(voip)})


def _named(record: Sip | Voip | None) -> str:
    return f"{record.pk} ({record.name})" if record is not None else ""


def _why_not_through(voip: Voip) -> str:
    named = {"voip": f"{voip.pk} ({voip.name})"}
    if not voip.active:
        return _("VoIP configuration %(voip)s is not active; activate it.") % named
    line = (
        Sip.objects.filter(voip=voip, active=True).exclude(sip="").order_by("pk").values_list("pk", flat=True).first()
    )
    if line is None:
        return _("VoIP configuration %(voip)s has no active line with a SIP number, from which to call.") % named
    return why_not(line)


def time_zone(*, widget: Widget | None, voip: Voip | None) -> str:
    """The time zone of times without an offset: the widget's, else the configuration's, else the current one: UTC in the API, the staff's in the
    admin."""
    if widget is not None:
        return widget.time_zone
    return voip.time_zone if voip is not None else timezone.get_current_timezone_name()


def time_zone_of(autocall: Autocall) -> str:
    return time_zone(widget=autocall.widget, voip=None if autocall.widget_id else _of(autocall.voip_id))


def _of(voip_id: int | None) -> Voip | None:
    return Voip.objects.without_secrets().get(pk=voip_id) if voip_id is not None else None
