"""One page that shows whether everything works: what `/healthz` and the metrics report, and recent problems.

A constant number of queries, each of a small table or an index.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.db.models import Max, Sum
from django.db.models.functions import Now
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from procrastinate.contrib.django.models import ProcrastinateEvent, ProcrastinateJob

from calls.sentences import translate_stored
from integrations.models import Dialer, SyncCursor
from integrations.sip_dialer import presence
from integrations.webhooks.traffic import with_traffic
from sips.models import Sip, Voip
from voipcrm.backoffice.changelist import LARGEST_COUNT, count_up_to
from voipcrm.backoffice.display import show_moment, start_of_today
from voipcrm.health import oldest_due_job
from voipcrm.navigation import may_see_health
from voipcrm.rest import replica

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

    from integrations.webhooks.traffic import Traffic

MOST_SHOWN = 100
WORKER_SILENT_SECONDS = 60
"""procrastinate's workers send a heartbeat every ten seconds."""
_WORKERS = "SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - make_interval(secs => %s)"


@dataclass(frozen=True, slots=True)
class Check:
    title: str
    state: str
    "ok, warning or fault."
    sentence: str
    link: str = ""
    link_label: str = ""


def health_page(request: HttpRequest) -> TemplateResponse:
    if not may_see_health(request):
        raise PermissionDenied
    shown = {
        **admin.site.each_context(request),
        "title": _("Health"),
        "parts": [
            {"title": _("Processes"), "checks": list(_processes())},
            {"title": _("Jobs"), "checks": list(_jobs())},
            {"title": _("Providers"), "checks": list(_configurations(request))},
        ],
        "now": show_moment(timezone.now()),
    }
    return TemplateResponse(request, "admin/health.html", shown)


def _processes() -> Iterator[Check]:
    yield Check(_("Web and database"), "ok", _("This page was made, so a web process works and the database answers."))
    dialers = presence.count_living()
    yield from _replica()
    yield _workers(max(0, _count_workers() - dialers))
    yield _dialers(dialers)


def _replica() -> Iterator[Check]:
    """Nothing where there is none."""
    finding = replica.find()
    if finding is None:
        return
    if finding.state == "ok":
        text = _("It is read for lists, figures and exports, and at most %(seconds)s seconds behind.")
    elif finding.state == "late":
        text = _("It is too far behind, so the primary is read instead.")
    elif finding.state == "no_replica":
        text = _("The server of DATABASE_REPLICA_URL follows no other, so the primary is read instead.")
    else:
        text = _("It does not answer, so the primary is read instead.")
    state = "ok" if finding.state == "ok" else "warning"
    yield Check(_("Replica of the database"), state, text % {"seconds": finding.lag} if "%" in text else text)


def _count_workers() -> int:
    """Workers with a recent heartbeat; each dialer includes one."""
    with connection.cursor() as cursor:
        cursor.execute(_WORKERS, [WORKER_SILENT_SECONDS])
        return int(cursor.fetchone()[0])


def _workers(count: int) -> Check:
    if not count:
        text = _(
            "No worker is running: call-backs are not made, lists of calls are not read. Start one: manage.py worker."
        )
        return Check(_("Workers"), "fault", text)
    return Check(
        _("Workers"),
        "ok",
        ngettext("%(count)s worker is running.", "%(count)s workers are running.", count) % {"count": count},
    )


def _dialers(count: int) -> Check:
    if count:
        held = Dialer.objects.filter(seen_at__gt=Now() - presence.DEAD).aggregate(held=Sum("calls"))["held"] or 0
        text = ngettext("%(count)s dialer is running.", "%(count)s dialers are running.", count) % {"count": count}
        calls = _("Calls that they hold: %(held)s.") % {"held": held}
        return Check(_("SIP dialers"), "ok", f"{text} {calls}")
    can_sign_in = {"active": True, "voip__active": True, "password_set": True}
    dialing = Sip.objects.without_secrets().filter(**can_sign_in)
    if dialing.exclude(voip__address="").exists():
        text = _("No SIP dialer is running, so no call can be placed by SIP. Start one: manage.py sip_dialer.")
        return Check(_("SIP dialers"), "fault", text, reverse("admin:sips_sip_changelist"), _("Lines"))
    return Check(_("SIP dialers"), "ok", _("None is running, and no line needs one."))


def _jobs() -> Iterator[Check]:
    waited = oldest_due_job(presence.count_living())
    late = waited > settings.JOBS_LATE_AFTER.total_seconds()
    if late:
        text = _("The oldest job that is due has waited for %(seconds)s seconds: too few workers, or one that hangs.")
    elif waited >= 1:
        text = _("The oldest job that is due has waited for %(seconds)s seconds, which is not long.")
    else:
        text = _("No job is waiting.")
    yield Check(_("Queue"), "fault" if late else "ok", text % {"seconds": round(waited)} if "%" in text else text)
    yield _failed_jobs()


def _failed_jobs() -> Check:
    failed = ProcrastinateJob.objects.filter(status="failed")
    if not (count := count_up_to(LARGEST_COUNT, failed)):
        return Check(_("Failed jobs"), "ok", _("None."))
    latest = failed.order_by("-id")[0]
    at = ProcrastinateEvent.objects.filter(job_id=latest.pk).aggregate(at=Max("at"))["at"]
    text = ngettext(
        "%(count)s job failed; the latest, %(task)s, on %(when)s. The worker's log tells why.",
        "%(count)s jobs failed; the latest, %(task)s, on %(when)s. The worker's log tells why.",
        count,
    )
    shown = f"{LARGEST_COUNT}+" if count > LARGEST_COUNT else count
    return Check(
        _("Failed jobs"),
        "warning",
        text % {"count": shown, "task": latest.task_name, "when": show_moment(at) if at else "?"},
    )


def _configurations(request: HttpRequest) -> Iterator[Check]:
    rows = with_traffic(Voip.objects.only("name", "provider", "active").filter(active=True), since=start_of_today())
    voips = list(rows.exclude(provider="").order_by("name", "pk")[:MOST_SHOWN])
    cursors = {cursor.voip_id: cursor for cursor in SyncCursor.objects.filter(voip__in=[voip.pk for voip in voips])}
    for voip in voips:
        yield _webhooks(request, voip)
        if (cursor := cursors.get(voip.pk)) is not None:
            yield _call_list(voip, cursor)
    if not voips:
        yield Check(_("Webhooks"), "ok", _("No active configuration has a provider."))


def _webhooks(request: HttpRequest, voip: "WithAnnotations[Voip, Traffic]") -> Check:
    deliveries = reverse("admin:integrations_webhookdelivery_changelist")
    today = timezone.localdate().isoformat()
    title = _("%(name)s: webhooks") % {"name": voip.name}
    if voip.last_delivery_at is None:
        text = _("Nothing has been delivered yet. Give the provider the address on the configuration's page.")
        return Check(title, "warning", text, _page_of(voip), _("Configuration"))
    text = _("Last delivery: %(when)s.") % {"when": show_moment(voip.last_delivery_at)}
    faults = [("unreadable", voip.unreadable_count), ("in_part", voip.in_part_count)]
    if not any(count for _state, count in faults):
        return Check(title, "ok", text, f"{deliveries}?{urlencode({'voip': voip.pk})}", _("Deliveries"))
    words = _("Today %(unreadable)s could not be read and %(in_part)s could be read only in part.")
    state = next(state for state, count in faults if count)
    query = urlencode({"voip": str(voip.pk), "state": state, "received_at_from": today})
    counted = dict(faults)
    return Check(title, "warning", f"{text} {words % counted}", f"{deliveries}?{query}", _("Show them"))


def _call_list(voip: Voip, cursor: SyncCursor) -> Check:
    title = _("%(name)s: the provider's list of calls") % {"name": voip.name}
    when = show_moment(cursor.read_at) if cursor.read_at else _("never")
    if cursor.error:
        text = _("It could not be read on %(when)s: %(problem)s") % {
            "when": when,
            "problem": translate_stored(cursor.error),
        }
        return Check(title, "fault", text, _page_of(voip), _("Configuration"))
    return Check(title, "ok", _("Last read: %(when)s.") % {"when": when})


def _page_of(voip: Voip) -> str:
    return reverse("admin:sips_voip_change", args=[voip.pk])
