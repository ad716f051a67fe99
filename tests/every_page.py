"""The pages of the back-office, every one of them, with one record of each kind that shows whatever such a page can show.

What people have written is in Polish, or is a name, so that no English on a page can be taken for it.
"""

from datetime import timedelta
from typing import Any

import make
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.utils import timezone

from autocalls.models import Autocall, Refusal
from calls.models import Call
from integrations.models import WebhookDelivery
from sips.models import Sip
from voipcrm.audit.entries import AuditEntry
from voipcrm.models import ApiToken
from widgets.models import Widget

LISTS = (
    "calls/call", "calls/followup", "calls/note", "calls/outcome", "autocalls/autocall", "autocalls/refusal", "sips/voip", "sips/sip",
    "sips/staffline", "widgets/widget", "integrations/webhookdelivery", "auth/user", "auth/group", "voipcrm/apitoken", "voipcrm/auditentry",
)  # fmt: skip
ONLY_SEEN = ("calls/note", "autocalls/refusal", "integrations/webhookdelivery", "voipcrm/auditentry")
"""Nobody adds or deletes one of these by a form."""
ADDED = tuple(name for name in LISTS if name not in ONLY_SEEN)
DELETED = tuple(name for name in ADDED if name != "calls/followup")
WRITTEN = (
    "Biuro",
    "biuro",
    "pbx.example.com",
    "Recepcja",
    "Reception",
    "Sklep",
    "chce dwie lampy",
    "Anna",
    "Zmiana A",
    "Zgadzam się.",
    "clerk",
    "Clerk",
    "CRM",
)
FURTHER = (
    ("integrations/webhookdelivery", "teach"),
    ("widgets/widget", "preview"),
    ("sips/sip", "test"),
    ("sips/voip", "test_event"),
    ("sips/voip", "test_key"),
)
"""Pages that a record's buttons lead to."""
NO_DIALOGS = ("history", "delete", "change", *(page for _name, page in FURTHER))
"""Other pages of a record that stand at the address of its own."""


DELIVERY = (
    b'{"uniqueid": "17.48", "linkedid": "17.47", "callerid": "501502503", "called": "221234567", "status": "NO ANSWER"}'
)


def a_call_back(widget: Widget, line: Sip) -> tuple[Call, Autocall]:
    """One that is over and the call made for it, and beside it one that is late."""
    call = make.call(
        kind="incoming", status="NO ANSWER", number_from="+48501502503", number_to="+48221234567", voip=line.voip,
        sip=line, client_id=7, description="chce dwie lampy",
    )  # fmt: skip
    over = make.autocall(status="done", finished_at=timezone.now(), widget=widget, name="Anna", reason="answered")
    over.calls_made.create(number=1, call=call, sip=line, outcome="answered", settled_at=timezone.now())
    make.autocall(number="+48501502504", widget=widget, call_at=timezone.now() - timedelta(hours=2), reason="no_line")
    return call, over


def an_audit_entry(call: Call) -> AuditEntry:
    changes = {"outcome_id": [None, 0], "description": None, "start_time": [None, "2026-03-01T12:00:00Z"]}
    told = {"who": "clerk", "by": "admin", "action": "changed", "model": "calls.call"}
    return AuditEntry.objects.create(at=timezone.now(), object_id=call.pk, changes=changes, **told)


def records() -> dict[str, Any]:
    """One of each kind, with everything shown that a page of it can show."""
    voip = make.voip(name="Biuro", number="+48221234567", address="pbx.example.com", api_login="biuro", api_key="7")
    line = make.sip(voip=voip, name="Recepcja")
    widget = make.widget(
        voip=voip, name="Sklep", locale="pl", opening_time={"monday": [["09:00", "17:00"]]}, consent_text="Zgadzam się."
    )
    call, over = a_call_back(widget, line)
    user = User.objects.create_user("clerk", is_staff=True)
    return {
        "calls/call": call,
        "calls/followup": make.follow_up(voip=voip, assignee=user, taken_at=timezone.now(), state="taken"),
        "calls/note": make.note(call=call, author=user, text="chce dwie lampy"),
        "calls/outcome": make.outcome("Sklep"),
        "autocalls/autocall": over,
        "autocalls/refusal": Refusal.objects.create(
            widget=widget, code="closed", number="+48501502503", day="2026-03-01"
        ),
        "sips/voip": voip,
        "sips/sip": line,
        "sips/staffline": make.staff_line(user, line),
        "widgets/widget": widget,
        "integrations/webhookdelivery": WebhookDelivery.objects.create(
            voip=voip, fingerprint="1", body=DELIVERY, event="call_end", received_at=timezone.now(), error="7"
        ),
        "auth/user": user,
        "auth/group": Group.objects.create(name="Zmiana A"),
        "voipcrm/apitoken": ApiToken.objects.issue(user, name="CRM")[0],
        "voipcrm/auditentry": an_audit_entry(call),
    }


def scheduled() -> Any:
    """A call-back that all buttons of one are offered for."""
    return make.autocall(
        number="+48501502506", call_at=timezone.now() + timedelta(hours=2), voip=make.office(name="Biuro")
    )


def with_dialogs(made: dict[str, Any]) -> list[Any]:
    """Records whose pages offer, taken together, every button that asks in a dialog."""
    names = ("calls/call", "calls/followup", "autocalls/autocall", "autocalls/refusal", "sips/voip", "widgets/widget")
    taken = make.autocall(number="+48501502507", status="taken", taken_by=made["auth/user"], taken_at=timezone.now())
    waiting = make.call(status="QUEUED", reference="waiting", number_to="+48501502508", sip=made["sips/sip"])
    return [*(made[name] for name in names), made["integrations/webhookdelivery"], scheduled(), taken, waiting]


def dialogs() -> set[str]:
    """Every button that asks in a dialog, such as `calls/call/hang_up`."""
    found = set()
    for kind, model_admin in admin.site._registry.items():
        for pattern in model_admin.urls:
            page, _slash, verb = str(pattern.pattern).rstrip("/").rpartition("/")
            if page == "<path:object_id>" and verb not in NO_DIALOGS:
                found.add(f"{kind._meta.app_label}/{kind._meta.model_name}/{verb}")
    return found


def dialog_at(address: str) -> str:
    """The name among these of the button whose dialog is read from this address."""
    _empty, _admin, app, model, _pk, verb, *_rest = address.split("/")
    return f"{app}/{model}/{verb}"


def page_of(record: Any) -> str:
    return f"/admin/{record._meta.app_label}/{record._meta.model_name}/{record.pk}/"


def setting_up(made: dict[str, Any]) -> list[str]:
    line = made["sips/sip"]
    office = page_of(made["sips/voip"])
    return [
        "/admin/health/",
        "/admin/sips/sip/import_lines/",
        f"{page_of(line)}test/",
        f"{office}test_key/",
        f"{office}test_event/?after=0",
    ]


def addresses(made: dict[str, Any]) -> dict[str, list[str]]:
    """By the kind of page."""
    pages = {name: page_of(record) for name, record in made.items()}
    return {
        "overviews": [
            "/admin/",
            "/admin/desk/",
            "/admin/desk/?number=%2B48501502503",
            "/admin/figures/",
            *(f"/admin/{app}/" for app in sorted({name.partition("/")[0] for name in LISTS})),
        ],
        "lists": [
            *(f"/admin/{name}/" for name in LISTS),
            "/admin/calls/call/?attention=xx",
            "/admin/calls/call/?q=zzz",
        ],
        "records": [f"{page}change/" for page in pages.values()],
        "forms": [
            *(f"/admin/{name}/add/" for name in ADDED),
            "/admin/password_change/",
            "/admin/password_change/done/",
            f"/admin/auth/user/{made['auth/user'].pk}/password/",
            *setting_up(made),
        ],
        "histories": [
            *(f"{page}history/" for page in pages.values()),
            *(f"{pages[name]}delete/" for name in DELETED),
            *(f"{pages[name]}{page}/" for name, page in FURTHER),
        ],
    }
