import json
from typing import Any

import make
import pytest
from resources import CALL, RESOURCES, SIP, Resource, at_fault, send
from rest_framework.test import APIClient

from autocalls.models import Autocall
from sips.models import Voip

pytestmark = pytest.mark.django_db

DEEP = b'{"a":' * 30 + b"1" + b"}" * 30
UNREADABLE = {
    "nothing": b"{",
    "not UTF-8": b'{"name": "\xff"}',
    "UTF-16": '{"name": "x"}'.encode("utf-16"),
    "NUL": b'{"name": "\\u0000"}',
    "NUL in a name": b'{"\\u0000": 1}',
    "NUL in a list": b'{"name": "x", "webhook_ips": ["\\u0000"]}',
    "half a surrogate pair": b'{"name": "\\ud800"}',
    "NaN": b'{"name": NaN}',
    "Infinity": b'{"name": "x", "voip_id": Infinity}',
    "a number too large for a float": b'{"name": "x", "voip_id": 1e400}',
    "a float too large in a free field": b'{"name": "x", "settings": {"a": [-1e999]}}',
    "a number of 5000 digits": b'{"voip_id": ' + b"9" * 5000 + b"}",
    "nested deeply": DEEP,
    "nested too deeply to read": b"[" * 100_000,
    "single quotes": b"{'name': 'x'}",
    "two values": b'{"name": "x"} {}',
}
NO_OBJECTS = (b"null", b"[]", b"5", b'"x"', b"true", b'[{"name": "x"}]')
ODD_VALUES: tuple[Any, ...] = (
    None, True, 0, -1, 1.5, 10**400, -(10**400), 2**63, "", " ", "x", "1_0", "²", "x" * 20_000, [], {}, [None], [[1]], {"a": None},
    {"monday": 5}, {"fields": 5}, {"statuses": {"X": 5}}, {"exceptions": {"x": 1}}, ["PL", 5], "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59-23:59", "2026-02-30T00:00:00Z", "NaN", "+48", "fe80::1%eth0", ["10.0.0.0/99"],
)  # fmt: skip


@pytest.mark.parametrize("resource", RESOURCES, ids=str)
def test_a_body_may_be_flat_or_wrapped_in_the_resources_name(alice: APIClient, resource: Resource) -> None:
    flat = alice.post(resource.list, {**resource.body, resource.text: "flat"})
    wrapped = alice.post(
        resource.list, {resource.name: {**resource.body, **_another(resource), resource.text: "wrapped"}}
    )

    assert (flat.status_code, flat.json()[resource.text]) == (201, "flat")
    assert (wrapped.status_code, wrapped.json()[resource.text]) == (201, "wrapped")


def _another(resource: Resource) -> dict[str, str]:
    """What must differ between two of them."""
    return {"number": "+48501502555"} if "number" in resource.body else {}


@pytest.mark.parametrize("resource", RESOURCES, ids=str)
def test_a_change_may_be_wrapped_too(alice: APIClient, resource: Resource) -> None:
    answer = alice.patch(resource.one(resource.make().pk), {resource.name: {resource.text: "new"}})

    assert answer.json()[resource.text] == "new"


def test_an_empty_name_wraps_nothing(stranger: APIClient) -> None:
    body = {"": {"widget_token": make.widget().token, "autocall": {"number": "+48501502503"}}}

    assert stranger.post("/voip/autocalls/create_from_widget", body).status_code == 400


@pytest.mark.parametrize("resource", RESOURCES, ids=str)
def test_read_only_fields_may_be_sent_back(alice: APIClient, resource: Resource) -> None:
    answer = alice.post(resource.list, {**resource.body, "id": 4_000_000, "created_at": "never"})

    assert answer.status_code == 201
    assert answer.json()["id"] != 4_000_000


@pytest.mark.parametrize("resource", RESOURCES, ids=str)
def test_a_misspelt_field_is_named_with_the_nearest_right_one(alice: APIClient, resource: Resource) -> None:
    misspelt = resource.text[:-1]

    made = alice.post(resource.list, resource.body | {misspelt: "x"})
    changed = alice.patch(resource.one(resource.make().pk), {misspelt: "x"})

    assert (made.status_code, changed.status_code) == (400, 400)
    assert (
        made.json()[misspelt]
        == changed.json()[misspelt]
        == [f"There is no such field; did you mean “{resource.text}”?"]
    )


def test_a_field_in_capitals_is_led_to_the_right_one(alice: APIClient) -> None:
    answer = alice.patch(f"/voip/calls/{make.call().pk}.json", {"DESCRIPTION": "x"})

    assert answer.json()["DESCRIPTION"] == ["There is no such field; did you mean “description”?"]


@pytest.mark.parametrize("resource", RESOURCES, ids=str)
def test_a_field_like_no_other_is_told_all_that_there_are(alice: APIClient, resource: Resource) -> None:
    told = alice.post(resource.list, resource.body | {"zzz": 1}).json()["zzz"][0]

    assert f"{resource.text}, " in told


@pytest.mark.parametrize("resource", RESOURCES, ids=str)
def test_a_misspelt_wrapper_is_named_with_the_right_one(alice: APIClient, resource: Resource) -> None:
    answer = alice.post(resource.list, {f"voip_{resource.name}": resource.body})

    assert answer.status_code == 400
    assert f"“{resource.name}”" in answer.json()[f"voip_{resource.name}"][0]


@pytest.mark.parametrize("resource", RESOURCES, ids=str)
def test_several_misspelt_fields_are_named_at_once(alice: APIClient, resource: Resource) -> None:
    answer = alice.post(resource.list, {f"{resource.name}s": [resource.body]})

    assert f"“{resource.name}”" in answer.json()[f"{resource.name}s"][0]


@pytest.mark.parametrize(
    ("path", "misspelt", "right"),
    [
        ("voips", "setings", "settings"),
        ("voips", "settinsg", "settings"),
        ("widgets", "opening_times", "opening_time"),
        ("widgets", "text", "texts"),
    ],
)
def test_a_misspelt_field_that_holds_an_object_is_named_too(
    alice: APIClient, path: str, misspelt: str, right: str
) -> None:
    answer = alice.post(f"/voip/{path}.json", {"name": "Office", misspelt: {}})

    assert answer.json()[misspelt] == [f"There is no such field; did you mean “{right}”?"]


@pytest.mark.parametrize("resource", RESOURCES, ids=str)
def test_beside_a_wrapper_nothing_is_swallowed(alice: APIClient, resource: Resource) -> None:
    answer = alice.post(resource.list, {resource.name: resource.body, resource.text + "s": "outside"})

    assert (answer.status_code, at_fault(answer)) == (400, [resource.text + "s"])


@pytest.mark.parametrize(
    "body",
    [{}, {"call": {}}, {"number_from": None}, {"call": {"description": "", "client_id": None}}, {"id": 5}],
    ids=str,
)
def test_an_empty_body_creates_no_call(alice: APIClient, body: dict[str, Any]) -> None:
    answers = [alice.post(CALL.list, body), send(alice, "POST", CALL.list, b"")]

    assert [(answer.status_code, at_fault(answer)) for answer in answers] == [(400, ["detail"])] * 2


@pytest.mark.parametrize("path", ["/voip/calls/make_call.json", "/voip/calls/make_call_integrate.json"])
def test_a_misspelt_field_of_a_request_to_dial_is_named(alice: APIClient, path: str) -> None:
    make.sip(voip=make.voip(provider="simulator", address="pbx.example.com"))

    answer = alice.post(path, {"sip": "100", "number_to": "+48123456789", "voipid": 5})

    assert answer.json()["voipid"] == ["There is no such field; did you mean “voip_id”?"]
    assert (answer.json()["code"], answer.json()["field"]) == ("unknown_field", "voipid")


def test_a_misspelt_field_of_a_visitor_is_named(stranger: APIClient) -> None:
    body = {"widget_token": make.widget().token, "autocall": {"number": "+48501502503", "nmae": "Jan"}}

    answer = stranger.post("/voip/autocalls/create_from_widget", body)

    assert answer.json()["autocall"] == {"nmae": ["There is no such field; did you mean “name”?"]}
    assert answer.json()["field"] == "autocall.nmae"


def test_a_misspelt_field_is_named_in_polish(alice: APIClient) -> None:
    answer = alice.post(SIP.list, {"name": "x", "nubmer": "1"}, headers={"accept-language": "pl"})

    assert answer.json()["nubmer"] == [answer.json()["detail"]] == ["Nie ma takiego pola; czy chodziło o „number”?"]


@pytest.mark.parametrize("resource", RESOURCES, ids=str)
@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/xml",
        "",
        "garbage",
    ],
)
def test_what_is_neither_json_nor_a_form_is_an_unsupported_media_type(
    alice: APIClient, resource: Resource, content_type: str
) -> None:
    answer = send(alice, "POST", resource.list, b"name=x", content_type)

    assert (answer.status_code, at_fault(answer)) == (415, ["detail"])


@pytest.mark.parametrize("content_type", ["application/json", "application/JSON", "application/json; charset=utf-8"])
def test_json_is_json_in_any_writing(alice: APIClient, content_type: str) -> None:
    body = json.dumps({"name": "Łódź"}, ensure_ascii=False).encode()

    assert send(alice, "POST", "/voip/sips.json", body, content_type).json()["name"] == "Łódź"


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE)
def test_a_body_that_cannot_be_stored_is_refused(alice: APIClient, body: bytes) -> None:
    codes = {
        send(alice, method, path, body).status_code
        for resource in RESOURCES
        for method, path in (("POST", resource.list), ("PATCH", resource.one(resource.make().pk)))
    }

    assert codes == {400}


@pytest.mark.parametrize("body", NO_OBJECTS)
def test_a_body_that_is_no_object_is_refused(alice: APIClient, body: bytes) -> None:
    endpoints = [resource.list for resource in RESOURCES] + [
        "/voip/calls/make_call.json",
        "/voip/autocalls/create_from_widget",
    ]

    assert {send(alice, "POST", endpoint, body).status_code for endpoint in endpoints} == {400}


@pytest.mark.parametrize("resource", RESOURCES, ids=str)
def test_no_value_of_any_field_is_a_server_error(alice: APIClient, resource: Resource) -> None:
    row = resource.make()
    fields = [name for name in alice.get(resource.one(row.pk)).json() if name != "id"] + ["password", "api_key"]

    codes = {alice.patch(resource.one(row.pk), dict.fromkeys(fields, value)).status_code for value in ODD_VALUES}

    assert codes <= {200, 400}


@pytest.mark.parametrize("value", [1.5, "1.5", "1_0", "x", True, [], {}, -1, 10**400, "９"])
@pytest.mark.parametrize("resource", [resource for resource in RESOURCES if resource.id_field], ids=str)
def test_what_is_no_id_is_not_rounded_to_one(alice: APIClient, resource: Resource, value: Any) -> None:
    row = resource.make()
    for mistaken in {1, 9, 10} - set(Voip.objects.values_list("pk", flat=True)):
        make.voip(pk=mistaken)

    answer = alice.patch(resource.one(row.pk), {resource.id_field: value})

    assert (answer.status_code, at_fault(answer)) == (400, [resource.id_field])


@pytest.mark.parametrize("resource", RESOURCES, ids=str)
def test_a_body_of_two_megabytes_is_too_large(alice: APIClient, resource: Resource) -> None:
    body = json.dumps({**resource.body, resource.text: "x" * 2_000_000}).encode()

    answer = send(alice, "POST", resource.list, body)

    assert (answer.status_code, at_fault(answer)) == (413, ["detail"])


def test_the_visitors_endpoint_refuses_the_same(stranger: APIClient) -> None:
    token = make.widget().token
    answers = [
        stranger.post(
            "/voip/autocalls/create_from_widget",
            {"widget_token": token, "autocall": {"number": "+48501502503", field: value}},
        )
        for field in ("number", "call_at", "name", "note", "consent", "page_url", "form_token")
        for value in ODD_VALUES
    ]

    assert {answer.status_code for answer in answers} <= {200, 201, 400}
    assert Autocall.objects.count() <= 1


def test_a_wrapper_that_is_no_object_is_an_unknown_field(alice: APIClient) -> None:
    assert alice.post(CALL.list, {"call": [1]}).status_code == 400
    assert alice.post(SIP.list, {"sip": None, "name": "x"}).json()["sip"] == ""
