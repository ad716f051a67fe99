import pytest
from resources import CALL, RESOURCES, VOIP, Resource, at_fault
from rest_framework.test import APIClient

pytestmark = pytest.mark.django_db

FILTERS = {
    "call": (
        "status", "kind", "voip_id", "sip_id", "client_id", "contact_id", "provider_call_id", "number", "number_from", "number_to",
        "start_time_after",
        "start_time_before", "duration_min", "duration_max", "updated_since", "missed", "q",
    ),
    "sip": ("voip_id", "active", "sip", "kind"),
    "voip": ("provider",),
    "widget": ("voip_id", "active", "locale"),
    "autocall": ("status", "widget_id", "voip_id", "number", "call_at_after", "call_at_before"),
}  # fmt: skip
ALL = [(resource, name) for resource in RESOURCES for name in FILTERS[resource.name]]
WHOLE_NUMBERS = ("voip_id", "sip_id", "client_id", "contact_id", "widget_id", "duration_min", "duration_max")
TIMES = ("start_time_after", "start_time_before", "updated_since", "call_at_after", "call_at_before")
BAD = {
    **dict.fromkeys(
        WHOLE_NUMBERS,
        ("x", "-1", "1.5", "1e2", "-1e999999999", "1_0", "１", "NaN", "9" * 20, "9" * 5000, "%00", "true", "null"),
    ),
    **dict.fromkeys(
        TIMES,
        (
            "x",
            "yesterday",
            "2026-13-01",
            "25:00",
            "1",
            "%00",
            "0001-01-01T00:00:00%2B23:59",
            "9999-12-31T23:59:59-23:59",
        ),
    ),
    "active": ("maybe", "2", "None", "on", "%00"),
    "missed": ("maybe", "2", "None", "on", "%00"),
    "number": ("1", "12", "%00", "x" * 65),
    "number_from": ("12", "%00"),
    "number_to": ("12", "%00"),
    "provider": ("nobody", "Telecub", "%00"),
    "locale": ("xx", "PL", "%00"),
    "q": ("x" * 201, "%00"),
    "sip": ("%00",),
    "provider_call_id": ("x" * 256, "%00"),
}
BAD_WORDS = {("call", "status"): ("GONE", "%25", "BUSY2", "%00"), ("call", "kind"): ("sideways", "%25s", "%00"),
             ("autocall", "status"): ("gone", "SCHEDULED", "%00"), ("sip", "kind"): ("%00",)}  # fmt: skip
MISTAKES = [
    (resource, name, value)
    for resource, name in ALL
    for value in BAD_WORDS.get((resource.name, name)) or BAD.get(name, ())
    if (str(resource), value) != ("call", "null") or name not in ("client_id", "contact_id")
]


@pytest.mark.parametrize(("resource", "name", "value"), MISTAKES, ids=lambda value: str(value)[:20])
def test_a_filter_with_a_bad_value_is_an_error_that_names_it(
    bob: APIClient, resource: Resource, name: str, value: str
) -> None:
    answer = bob.get(f"{resource.list}?{name}={value}")

    assert (answer.status_code, at_fault(answer)) == (400, [name])


@pytest.mark.parametrize(("resource", "name"), ALL, ids=str)
def test_a_filter_without_a_value_is_an_error_that_names_it(bob: APIClient, resource: Resource, name: str) -> None:
    answers = [bob.get(f"{resource.list}?{name}={value}") for value in ("", "%20")]

    assert [at_fault(answer) for answer in answers] == [[name], [name]]


@pytest.mark.parametrize(
    "name",
    ["colour", "ordering", "page", "limit", "format", "Status", "status[]", "status__in", "sip__password", "%00"],
)
@pytest.mark.parametrize("resource", RESOURCES, ids=str)
def test_an_unknown_filter_is_an_error(bob: APIClient, resource: Resource, name: str) -> None:
    assert bob.get(f"{resource.list}?{name}=1").status_code == 400


def test_an_unknown_filter_is_told_which_there_are(bob: APIClient) -> None:
    told = "There is no such filter; use one of: cursor, per_page, provider."

    assert bob.get(f"{VOIP.list}?colour=red").json() == {
        "colour": [told],
        "detail": told,
        "code": "unknown_filter",
        "field": "colour",
    }


def test_every_mistake_is_named_at_once(bob: APIClient) -> None:
    answer = bob.get(f"{CALL.list}?colour=red&status=&voip_id=1&voip_id=2")

    assert at_fault(answer) == ["colour", "status", "voip_id"]


@pytest.mark.parametrize("time", ["2026-11-26T10:00:00+01:00", "2026-11-26T10:00:00.5+01:00", "2026-11-26T10:00+01"])
def test_a_plus_that_was_not_escaped_is_told_so(bob: APIClient, time: str) -> None:
    answer = bob.get(f"{CALL.list}?updated_since={time}")

    assert (answer.status_code, answer.json()["code"]) == (400, "plus_not_escaped")
    assert "%2B" in answer.json()["updated_since"][0]
    assert bob.get(f"{CALL.list}?updated_since={time.replace('+', '%2B')}").status_code == 200


@pytest.mark.parametrize("resource", RESOURCES, ids=str)
def test_filters_are_the_lists_alone(bob: APIClient, resource: Resource) -> None:
    row = resource.make()

    assert bob.get(f"{resource.one(row.pk)}?colour=red&voip_id=x&status=GONE").status_code == 200
