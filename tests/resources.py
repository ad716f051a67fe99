"""The five resources of the API, for tests that hold for each of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import make
from django.db.models import Model
from rest_framework.test import APIClient

from autocalls.models import Autocall


@dataclass(frozen=True)
class Resource:
    name: str
    "What a body may be wrapped in."
    least: Callable[[], dict[str, Any]]
    "What creates one, with what it refers to."
    make: Callable[[], Model]
    "A row with as much in it as a client may read."
    text: str
    "A writable text."
    id_field: str = "voip_id"
    "A writable id."

    @property
    def body(self) -> dict[str, Any]:
        return self.least()

    @property
    def list(self) -> str:
        return f"/voip/{self.name}s.json"

    def one(self, pk: object) -> str:
        return f"/voip/{self.name}s/{pk}.json"

    def __str__(self) -> str:
        return self.name


def _call() -> Model:
    return make.call(
        voip=make.voip(),
        number_from="+48501502503",
        number_to="100",
        status="BUSY",
        kind="incoming",
        duration=0,
        client_id=7,
    )


def _reported_call() -> Model:
    """Numbers as an operator wrote them, which we would write differently."""
    return make.call(
        voip=make.voip(),
        via="provider",
        provider_call_id="1",
        number_from="501502503",
        number_to="22 123",
        status="QUEUED",
    )


def _voip() -> Model:
    return make.voip(
        number="221234567",
        api_key="key",
        port="5060",
        webhook_ips=["10.0.0.0/8"],
        settings={"fields": {"line": ["agent"]}},
    )


def _widget() -> Model:
    hours = {"monday": [["09:00", "12:00"]], "exceptions": {"2026-12-25": []}}
    return make.widget(
        voip=make.voip(), opening_time=hours, holidays="PL", allowed_countries=["PL"], consent_text="Yes?"
    )


def _promised() -> dict[str, Any]:
    return {"number": "+48501502504", "voip_id": make.office().pk}


def _autocall() -> Model:
    line = make.sip()
    return Autocall.objects.create(
        number="+48501502503", widget=make.widget(), voip=line.voip, sip=line, note="Call me"
    )


CALL = Resource("call", lambda: {"status": "BUSY"}, _call, "description")
REPORTED_CALL = Resource("call", lambda: {"status": "BUSY"}, _reported_call, "description")
SIP = Resource("sip", lambda: {"name": "Desk"}, make.sip, "name")
VOIP = Resource("voip", lambda: {"name": "Office"}, _voip, "name", id_field="")
WIDGET = Resource("widget", lambda: {"name": "Shop"}, _widget, "name")
AUTOCALL = Resource("autocall", _promised, _autocall, "note")
RESOURCES = (CALL, SIP, VOIP, WIDGET, AUTOCALL)
PUBLIC_ENDPOINTS = (
    "/voip/widget_data.json",
    "/voip/autocalls/create_from_widget",
    "/voip/autocalls/visitor.json",
    "/voip/autocalls/visitor/cancel.json",
)
"""What visitors of web sites may use without a token, from pages of any origin."""


def send(
    client: APIClient, method: str, path: str, body: bytes, content_type: str = "application/json", **environ: Any
) -> Any:
    """A request with exactly these bytes."""
    return client.generic(method, path, body, content_type, **environ)  # type: ignore[arg-type]


def at_fault(answer: Any) -> list[str]:
    """The fields that a refusal names, or `detail` where none is; it has the one shape of all refusals."""
    told = answer.json()
    assert isinstance(told["detail"], str) and told["detail"]
    assert isinstance(told["code"], str) and told["code"]
    if "field" not in told:
        assert set(told) == {"detail", "code"}
        return ["detail"]
    return [name for name in told if name not in ("detail", "code", "field")]
