"""Example responses of the reference: one record of each kind."""

from collections.abc import Mapping
from typing import cast

_MADE = {"created_at": "2026-03-02T10:59:58.120000Z", "updated_at": "2026-03-02T11:02:05.480000Z"}
_CALL = {
    "id": 4711, "voip_id": 7, "sip_id": 12, "number_from": "100", "number_to": "+48501502503", "start_time": "2026-03-02T11:00:00Z",
    "answered_at": "2026-03-02T11:00:30Z", "ended_at": "2026-03-02T11:02:05Z", "duration": 95, "kind": "outgoing", "status": "ANSWERED",
    "reason": "", "provider_status": "ANSWERED", "provider_call_id": "1740913200.42", "recording_url": "", "client_id": 7, "contact_id": None,
    "description": "Asked for the invoice of March.", "outcome_id": 3, "placed_by": "ewa",
    "voip_name": "Warsaw office", "sip_name": "Reception", "customer_number": "+48501502503",
    "autocall_id": None, **_MADE,
}  # fmt: skip
_SIP = {
    "id": 12, "name": "Reception", "sip": "100", "voip_id": 7, "username": "100", "auth_username": "", "password_set": True, "kind": "",
    "number": "+48221234501", "caller_id": "", "hands_free": False, "active": True, **_MADE,
}  # fmt: skip
_LINE_TEST = {
    "state": "failed", "result": "wrong_password", "message": "The server refuses the login or the password (403 Forbidden).",
    "asked_at": "2026-03-02T10:59:58.120000Z", "finished_at": "2026-03-02T10:59:58.480000Z", "last_success_at": None,
    "last_failure_at": "2026-03-02T10:59:58.480000Z",
    "last_failure": "The server refuses the login or the password (403 Forbidden).",
}  # fmt: skip
_VOIP = {
    "id": 7, "name": "Warsaw office", "number": "+48221234567", "provider": "telecube", "extension_number": "", "address": "pbx.example.com",
    "port": "5060", "outbound_proxy": "", "caller_id": "", "caller_id_header": "p-asserted-identity",
    "time_zone": "Europe/Warsaw", "country": "PL", "api_url": "",
    "api_login": "", "api_key_set": False, "webhook_url": "https://crm.example.com/voip/webhooks/telecube/SECRET/", "webhook_ips": [],
    "settings": {}, "active": True, **_MADE,
}  # fmt: skip
_WIDGET = {
    "id": 3, "name": "Web shop", "description": "Questions about an order? We gladly help.", "active": True, "voip_id": 7, "token": "TOKEN",
    "locale": "pl", "call_now": True, "call_future": True, "opening_time": {"monday": [["09:00", "12:00"], ["13:00", "17:00"]]},
    "time_zone": "Europe/Warsaw", "holidays": "PL", "consent_text": "", "texts": {}, "color": "#0b63ce", "position": "bottom-right",
    "allowed_countries": [], "line_ids": [12], "ring_first": "operator", "slot_minutes": 15, "slot_capacity": 1, "minimum_notice_minutes": 15,
    "days_ahead": 14, "daily_limit": 100, "form_token_required": False, "max_attempts": 3, "retry_minutes": 15, **_MADE,
}  # fmt: skip
_AUTOCALL = {
    "id": 99, "number": "+48501502503", "status": "done", "call_at": "2026-03-02T11:00:00Z", "widget_id": 3, "voip_id": 7, "sip_id": None,
    "client_id": 7, "contact_id": None, "name": "Anna Nowak", "note": "About order 1234", "source": "widget", "attempts": 1, "max_attempts": 3,
    "last_call_id": 4711, "dials": [{
        "attempt": 1, "call_id": 4711, "sip_id": 12, "outcome": "answered", "started_at": "2026-03-02T11:00:00Z",
        "settled_at": "2026-03-02T11:02:05Z",
    }],
    "reason": "answered", "taken_by": None, "taken_at": None,
    "promised_at": "2026-03-02T11:00:00Z", "page_url": "https://shop.example.com/lamps", "consent_at": None,
    "consent_version": "", **_MADE, "finished_at": "2026-03-02T11:02:05Z",
}  # fmt: skip
_STAFF_LINE = {"id": 5, "user": "ewa", "sip_id": 12, "created_at": "2026-03-02T10:59:58.120000Z"}
_NOTE = {
    "id": 81, "call_id": 4711, "author": "ewa", "text": "Wants an offer for two lamps.", "created_at": "2026-03-02T11:02:05.480000Z",
}  # fmt: skip
_OUTCOME = {"id": 3, "name": "Order placed", "active": True, "position": 1, **_MADE}
_FOLLOW_UP = {
    "id": 61, "number": "+48501502503", "voip_id": 7, "state": "done", "assignee": "ewa", "taken_at": "2026-03-02T11:00:00Z", "due_at": None,
    "outcome_id": 3, "done_by": "ewa", "done_at": "2026-03-02T11:02:05Z", **_MADE,
}  # fmt: skip
_VISITOR = {
    "status": "scheduled", "step": "waiting", "number": "+48 501 502 503", "call_at": "2026-03-02T11:00:00Z", "can_cancel": True,
    "now": "2026-03-02T10:59:58Z",
}  # fmt: skip
_READ = {
    "problem": "",
    "events": [{
        "fields": {"nr": "9", "zdarzenie": "koniec", "rozmowa": "42"},
        "used": {"call_id": "nr", "event": "zdarzenie", "talk_seconds": "rozmowa"},
        "event": "call_end",
        "said": {
            "provider_call_id": "9", "status": None, "reason": "", "provider_status": "", "kind": None, "number_from": "", "number_to": "",
            "line": "",
            "started_at": None, "answered_at": None, "ended_at": "2026-03-02T11:02:05Z", "talk_seconds": 42, "recording_url": "",
        },
        "problem": "", "notes": [], "unknown_words": [],
    }],
}  # fmt: skip
_WIDGET_DATA = {
    "name": "Web shop", "description": "Questions about an order? We gladly help.", "locale": "en", "active": True, "open": True, "call_now": True,
    "call_future": True, "opening_time": {"monday": [["09:00", "12:00"], ["13:00", "17:00"]]}, "time_zone": "Europe/Warsaw",
    "next_opening": "2026-03-02T08:00:00Z", "slots": [{"call_at": "2026-03-02T12:00:00Z", "free": [1, 1, 0, 1]}], "slot_minutes": 15,
    "ring_first": "operator", "phone": "+48 22 123 45 67", "texts": {"title": "Call us", "button": "Call"}, "consent_text": "",
    "consent_version": "", "color": "#0b63ce", "position": "bottom-right", "form_token": "FORM_TOKEN",
}  # fmt: skip
_MISSED = {"name": "unanswered", "value": 3, "list": "/voip/calls.json?answered=false&kind=incoming"}
_ALL = {"name": "incoming", "value": 40, "list": "/voip/calls.json?kind=incoming"}
_DAY = {"day": "2026-03-02", "figures": [_ALL]}
_REASON = {"status": "BUSY", "reason": "", "figure": {**_MISSED, "name": "BUSY", "value": 1}}
_WAIT = {"name": "time_to_answer_median", "value": 9, "unit": "seconds", "of": _ALL}
_MADE_CALL_BACKS = {"name": "finished", "value": 5, "list": "/voip/autocalls.json?finished=true"}
_STATISTICS = {
    "period": {"name": "7_days", "from": "2026-02-23T23:00:00Z", "to": "2026-03-02T23:00:00Z", "time_zone": "Europe/Warsaw"},
    "filters": {"voip_id": "7"},
    "calls": {
        "figures": [_ALL, _MISSED], "rates": [{"name": "missed", "value": 0.075, "of": _ALL, "part": _MISSED}], "spans": [_WAIT], "by_day": [_DAY],
        "by_hour": [{"weekday": 1, "hour": 9, "figures": [_ALL]}], "by_line": [{"sip_id": 12, "figures": [_ALL]}], "reasons": [_REASON],
    },
    "call_backs": {"figures": [_MADE_CALL_BACKS], "rates": [], "by_day": [], "reasons": []},
}  # fmt: skip
ANSWERS: Mapping[str, object] = {
    "Call": _CALL, "Sip": _SIP, "LineTest": _LINE_TEST,
    "Voip": _VOIP, "Widget": _WIDGET, "Autocall": _AUTOCALL,
    "ScheduledCallBack": {**_VISITOR, "visitor_token": "VISITOR_TOKEN"},
    "StaffLine": _STAFF_LINE, "Note": _NOTE, "Outcome": _OUTCOME, "FollowUp": _FOLLOW_UP,
    "VisitorStatus": _VISITOR, "ReadAnswer": _READ, "WidgetData": _WIDGET_DATA, "Statistics": _STATISTICS,
}  # fmt: skip
"""By component name."""


LISTED = ("Call", "Sip", "Voip", "Widget", "Autocall", "StaffLine", "Note", "Outcome", "FollowUp")


def examples() -> dict[str, object]:
    """All examples, and a first page of each list, by the names that `show` refers to."""
    pages: dict[str, object] = {f"Paginated{kind}List": {"value": _page(kind)} for kind in LISTED}
    return {name: {"value": record} for name, record in ANSWERS.items()} | pages


def show(response: Mapping[str, object]) -> None:
    """Refer to the example from a response that has a body of our own; file downloads have none."""
    contents = cast("dict[str, dict[str, object]]", response.get("content", {}))
    for content in contents.values():
        schema = cast("dict[str, object]", content["schema"])
        if "$ref" not in schema:
            continue
        component = str(schema["$ref"]).rpartition("/")[2]
        content["examples"] = {component: {"$ref": f"#/components/examples/{component}"}}


def _page(kind: str) -> dict[str, object]:
    older = f"https://crm.example.com/voip/{kind.lower()}s.json?cursor=CURSOR"
    return {"next": older, "previous": None, "results": [ANSWERS[kind]]}
