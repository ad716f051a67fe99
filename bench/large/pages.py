"""The pages that are asked for: lists of the API and of the admin, each filter and search by what many rows, few or none have in common."""

from datetime import datetime, timedelta

from calls.models import Outcome
from sips.models import Sip, Voip

CALLS, ADMIN = "/voip/calls.json", "/admin/calls/call/"
DELIVERIES, AUDIT = "/admin/integrations/webhookdelivery/", "/admin/voipcrm/auditentry/"
OFTEN, SELDOM = "%2B48501000003", "%2B48501123456"
"""Numbers of a customer with thousands of calls and of one with a few."""
TOGETHER_NOTHING = (
    "status=BUSY&duration_min=600", "status=ANSWERED&reason=operator_busy", "kind=internal&missed=true", "answered=false&duration_min=1",
    "placed_by=operator-3&kind=incoming", "weekday=1&hour=3",
)  # fmt: skip
"""Filters of which each matches much."""


def pages(now: datetime) -> list[str]:
    return [
        *(f"{CALLS}?{query}" for query in ("", "per_page=200", *_filters(now), *TOGETHER_NOTHING)),
        *(f"{ADMIN}?{query}" for query in ("", "p=199", "q=000003", "q=complaint", "q=nonesuch", "attention=missed", "status__exact=BUSY")),
        *(f"{DELIVERIES}?{query}" for query in ("", "state=processed", "state=waiting", "state=unreadable", "state=in_part", "state=erased")),
        *(f"{AUDIT}?{query}" for query in ("", "action=signed_in", "model=auth.group", "by=command", "q=operator-3")),
        *(f"/voip/{name}.json" for name in ("autocalls", "follow_ups", "notes", "sips", "voips", "widgets")),
        *(f"/voip/autocalls.json?{query}" for query in ("status=failed", "source=api", "number=000003", "finished=false", "talked=true")),
        *(f"/voip/follow_ups.json?{query}" for query in (f"number={OFTEN}", "assignee=operator-3")),
        "/admin/autocalls/autocall/", "/admin/autocalls/refusal/", "/admin/calls/followup/", "/admin/calls/note/",
        "/admin/", f"/admin/?number={OFTEN}", "/admin/health/",
        *(f"/voip/stats.json?period={period}" for period in ("today", "7_days", "30_days")),
    ]  # fmt: skip


def _filters(now: datetime) -> list[str]:
    voips, lines = Voip.objects.order_by("pk"), Sip.objects.order_by("pk")
    busy, quiet, line = voips[0].pk, voips.reverse()[0].pk, lines.reverse()[0].pk
    outcome = Outcome.objects.all()[0].pk
    after, before = (f"{now - timedelta(hours=hours):%Y-%m-%dT%H:%M:%SZ}" for hours in (3, 6))
    return [
        "status=NO%20ANSWER",
        "kind=incoming", "kind=internal", f"voip_id={busy}", f"voip_id={quiet}", f"sip_id={line}", "missed=true", "missed=false",
        "client_id=1", "client_id=null", "contact_id=4", f"outcome_id={outcome}", "placed_by=operator-3", "provider_call_id=bench-9000",
        f"number={OFTEN}", f"number={SELDOM}", "number=%2B48999888777", "number=000003", "number=456", f"number_from={OFTEN}",
        "q=complaint", "q=nonesuch", f"q={OFTEN}", "duration_min=600", "duration_min=100000", "duration_max=20", f"start_time_after={after}",
        f"start_time_before={before}", f"updated_since={after}", "finished=true", "finished=false", "answered=false", "reason=operator_busy",
        "reason=lost", "returned=true", "returned=false", "returned_within=3600", "kind_known=false", "number_known=false", "time_to_answer_min=30",
        "weekday=5&hour=12", f"status=BUSY&voip_id={quiet}", f"status=BUSY&sip_id={line}", f"missed=true&start_time_before={before}",
    ]  # fmt: skip
