"""Recomputes a call from its stored reports, by the rules of `calls.merge`."""

from django.db import transaction
from django.utils import timezone

from calls import merge, report_values
from calls.events import CallEvent
from calls.models import Call, ForgottenReports, Report
from calls.signals import call_changed
from calls.sql import Statement, fetch_one
from calls.statuses import Source

SHOWN = (
    "status", "kind", "number_from", "number_to", "customer_number", "start_time", "answered_at", "ended_at", "duration", "reason",
    "provider_status", "sip_id", "recording_url", "client_id", "contact_id",
)  # fmt: skip
"""The reported columns that people see; the others hold their precedence."""

_UNLESS_ERASED = "CASE WHEN c.erased_at IS NULL THEN {nothing} ELSE c.{column} END"
_UNLESS_SET = "CASE WHEN c.erased_at IS NULL AND NOT c.identity_set THEN NULL ELSE c.{column} END"
_NOTHING = {
    **dict.fromkeys(("status", "provider_status", "reason", "kind"), "''"),
    **dict.fromkeys(
        ("precedence", "kind_precedence", "customer_precedence", "ended_precedence", "sip_precedence"), "0"
    ),
    **{
        name: _UNLESS_ERASED.format(nothing="''", column=name)
        for name in ("number_from", "number_to", "customer_number", "recording_url")
    },
    **{name: _UNLESS_SET.format(column=name) for name in ("client_id", "contact_id")},
    **dict.fromkeys(("answered_at", "ended_at", "duration", "sip_id"), "NULL"),
    "start_time": "'infinity'",
}
"""An empty Call, where every merge begins. What an erasure left stays, and so does a client set by people."""

CLEAR = Statement(
    f"UPDATE calls_call AS c SET {', '.join(f'{column} = {nothing}' for column, nothing in _NOTHING.items())}"
    " WHERE c.id = %(call)s RETURNING c.id"
)


def knows_all_reports(call: Call) -> bool:
    """Whether all reports of it are still stored (`calls.retention` deletes old ones)."""
    if ForgottenReports.objects.filter(until__gt=call.created_at).exists():
        return False
    asked = Report.objects.of(call).filter(event__source=Source.REQUEST.value)
    return not call.reference or asked.exists()


def rebuild(call: Call) -> bool:
    """Recompute the reported columns of a locked row. Returns whether they changed; if so, `call_changed` is sent.

    If the other party stays the same, so does the client, although the number may belong to another client by now.
    """
    before = _reported(call.pk)
    changed = False
    with transaction.atomic():
        fetch_one(CLEAR, {"call": call.pk})
        after = Call.everything.filter(pk=call.pk)
        if not add_reports(call):
            after.update(start_time=call.start_time, updated_at=timezone.now())
        after.filter(customer_number=call.customer_number).update(client_id=call.client_id, contact_id=call.contact_id)
        changed = _reported(call.pk) != before
        transaction.set_rollback(not changed)  # so that `updated_at` stays as well
    if changed:
        call_changed.send(Call, call_id=call.pk, requested=bool(call.reference))
    return changed


def add_reports(call: Call) -> int:
    """Merge all stored reports of a call into its row. Returns how many there are."""
    now = timezone.now()
    country = call.voip.country if call.voip else ""
    rows = list(Report.objects.of(call).order_by("pk"))
    for row in rows:
        event = CallEvent.from_json(row.event)
        parameters = report_values.parameters(
            event, voip_id=call.voip_id, country=country, received_at=row.received_at, now=now
        )
        fetch_one(merge.ADD, parameters | {"call": call.pk})
    return len(rows)


def delete_if_unreported(call: Call) -> bool:
    """Delete a call that has no reports left, unless it was requested here or somebody wrote on it."""
    if call.reference or call.description or call.identity_set or call.outcome_id:
        return False
    if Report.objects.of(call).exists():
        return False
    relations = ((each.related_model, each.field.name) for each in Call._meta.related_objects)
    if any(model._base_manager.filter(**{name: call.pk}).exists() for model, name in relations):
        return False
    call.delete()
    return True


def _reported(call_id: int) -> tuple[object, ...]:
    reported: tuple[object, ...] = Call.everything.values_list(*merge.REPORTED).get(pk=call_id)
    return reported
