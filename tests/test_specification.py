"""Each row of docs/specification.md, tried against the running API."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import make
import pytest
from resources import at_fault
from rest_framework.test import APIClient

from calls.models import Call
from integrations.models import WebhookDelivery

pytestmark = pytest.mark.django_db
PAGE = Path(__file__).parent.parent / "docs" / "specification.md"
SPECIFIED_PATHS, SPECIFIED_FIELDS = 29, 32
"""As many as the owner's specification has: no row may be lost."""

WRONG: dict[str, list[Any]] = {
    "integer": ["x", 1.5, {}], "string": [{}, []], "text": [{}, []], "datetime": ["yesterday", 5], "boolean": ["maybe", {}], "object": ["x", []],
}  # fmt: skip
OPENAPI = {
    "integer": ("integer", ""), "string": ("string", ""), "text": ("string", ""), "datetime": ("string", "date-time"),
    "boolean": ("boolean", ""), "object": ("object", ""),
}  # fmt: skip
NEVER = "–"


def _table(*head: str) -> Iterator[list[str]]:
    """The rows of the table with these first columns, without backquotes."""
    lines = iter(PAGE.read_text().splitlines())
    for line in lines:
        if line.startswith("| " + " | ".join(head)):
            break
    next(lines)
    for line in lines:
        if not line.startswith("|"):
            return
        yield [cell.strip().replace("`", "") for cell in line.strip("|").split(" |")]


class Field(NamedTuple):
    resource: str
    name: str
    type: str
    required: str
    example: str
    told_as: str

    @property
    def list(self) -> str:
        return f"/voip/{self.resource}s.json"

    @property
    def told(self) -> Any:
        return json.loads(self.told_as or self.example)

    def __str__(self) -> str:
        return f"{self.resource}.{self.name}"


class Route(NamedTuple):
    method: str
    path: str
    body: str
    code: str

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


PATHS = [Route(*row) for row in _table("Method", "Path")]
FIELDS = [Field(*row) for row in _table("Resource", "Field")]
PROVIDERS = list(_table("Provider", "Returned as"))
STATUSES = list(_table("Status of Telecube", "Status of the call"))


def least(resource: str, *, without: str = "") -> dict[str, Any]:
    """The required fields of a resource; of a call, of which none is, another one than the one looked at."""
    required = {field.name: json.loads(field.example) for field in FIELDS if field.resource == resource and field.required == "yes"}  # fmt: skip
    if resource == "call":
        required = {"duration": 1} if without == "description" else {"description": "x"}
    return {name: value for name, value in required.items() if name != without}


@pytest.fixture
def configuration() -> Any:
    """Number 7, as in the examples, with a line 100 that can dial both ways."""
    voip = make.voip_with_id(7, provider="simulator", address="pbx.example.com", api_url="http://127.0.0.1:1")
    make.sip(voip=voip, sip="100", username="100")
    return voip


def test_every_row_of_the_specification_is_tested() -> None:
    assert (len(PATHS), len(FIELDS), len(PROVIDERS), len(STATUSES)) == (SPECIFIED_PATHS, SPECIFIED_FIELDS, 3, 4)


@pytest.mark.parametrize("row", PATHS, ids=str)
def test_every_path_answers(alice: APIClient, stranger: APIClient, configuration: Any, row: Route) -> None:
    made = {
        "calls": make.call,
        "sips": make.sip,
        "voips": make.voip,
        "widgets": make.widget,
        "autocalls": make.autocall,
    }
    found = re.match(r"/voip/(\w+)/:id", row.path)
    pk = made[found[1]]().pk if found else ""
    token = make.widget(voip=configuration).token
    client = stranger if "public" in row.body else alice
    body = row.body.replace("public", "").replace("TOKEN", token).strip()

    answer = client.generic(
        row.method, row.path.replace(":id", str(pk)).replace("TOKEN", token), body, content_type="application/json"
    )

    assert answer.status_code == int(row.code), answer.content


@pytest.mark.parametrize("row", [row for row in PATHS if "public" not in row.body], ids=str)
def test_every_path_but_the_public_ones_needs_a_token(stranger: APIClient, row: Route) -> None:
    assert stranger.generic(row.method, row.path.replace(":id", "1")).status_code == 401


def test_a_token_may_be_a_header_or_a_parameter(alice: APIClient, stranger: APIClient) -> None:
    bearer = alice._credentials["HTTP_AUTHORIZATION"]  # type: ignore[attr-defined]
    address = f"/voip/calls.json?api_token={bearer.removeprefix('Bearer ')}"

    assert (alice.get("/voip/calls.json").status_code, stranger.get(address).status_code) == (200, 200)


@pytest.mark.parametrize("field", FIELDS, ids=str)
def test_every_field_is_written_and_told(alice: APIClient, configuration: Any, field: Field) -> None:
    value = json.loads(field.example)

    made = alice.post(field.list, least(field.resource) | {field.name: value})
    changed = alice.patch(f"/voip/{field.resource}s/{made.json()['id']}.json", {field.name: value})

    assert (made.status_code, changed.status_code) == (201, 200), made.content + changed.content
    told = [answer.json().get(field.name, NEVER) for answer in (made, changed)]
    assert told == [NEVER if field.told_as == NEVER else field.told] * 2


@pytest.mark.parametrize("field", FIELDS, ids=str)
def test_every_field_refuses_another_type_by_its_name(alice: APIClient, configuration: Any, field: Field) -> None:
    for wrong in WRONG[field.type]:
        if field.name == field.resource and wrong == {}:  # an object under this name is the wrapper
            continue
        answer = alice.post(field.list, least(field.resource) | {field.name: wrong})

        assert (answer.status_code, at_fault(answer)) == (400, [field.name]), wrong


@pytest.mark.parametrize("field", FIELDS, ids=str)
def test_every_field_is_required_or_may_be_null(alice: APIClient, field: Field) -> None:
    without = alice.post(field.list, least(field.resource, without=field.name))
    null = alice.post(field.list, least(field.resource, without=field.name) | {field.name: None})

    assert [without.status_code, null.status_code] == ([400, 400] if field.required == "yes" else [201, 201])


@pytest.mark.parametrize("field", FIELDS, ids=str)
def test_every_field_is_described_so(field: Field) -> None:
    schemas = _schema()["components"]["schemas"]
    described = schemas[f"{field.resource.capitalize()}Request"]
    shown = described["properties"][field.name]
    for part in [*shown.get("allOf", ()), *shown.get("oneOf", ())]:
        shown = shown | schemas[part["$ref"].rpartition("/")[2]]

    assert (shown["type"], shown.get("format", "").removeprefix("int64")) == OPENAPI[field.type]
    assert (field.name in described.get("required", [])) == (field.required == "yes")


def _schema() -> Any:
    from drf_spectacular.generators import SchemaGenerator  # noqa: PLC0415 - reads the settings of the tests

    return SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]


@pytest.mark.parametrize(("name", "slug", "events"), PROVIDERS)
def test_every_provider_is_taken_in_any_case_and_hears_its_webhooks(
    alice: APIClient, stranger: APIClient, name: str, slug: str, events: str
) -> None:
    make.voip(provider="simulator")
    for count, written in enumerate((name, name.upper(), name.lower(), f" {name} "), start=1):
        made = alice.post("/voip/voips.json", {"name": "Office", "provider": written}).json()
        found = alice.get("/voip/voips.json", {"provider": written}).json()["results"]
        assert [made["provider"], *(row["provider"] for row in found)] == [slug] * (1 + count)

    for event in filter(None, events.split(", ")):
        address = made["webhook_url"].partition("/voip/")[2]
        assert stranger.post(f"/voip/{address}{event}/", {"call_id": "1"}).status_code == 200
        assert WebhookDelivery.objects.filter(voip_id=made["id"], event=event).count() == 1


@pytest.mark.parametrize(("word", "status"), STATUSES)
def test_every_status_of_telecube_is_understood(stranger: APIClient, word: str, status: str) -> None:
    address = f"/voip/webhooks/telecube/{make.voip().webhook_secret}/call_end/"

    stranger.post(
        address, {"call_id": "1", "caller": "501502503", "called": "221234567", "status": word, "billsec": 9 * (word == "ANSWERED")}
    )  # fmt: skip

    assert Call.objects.get().status == status
