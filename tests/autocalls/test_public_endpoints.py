"""What a visitor of a web site can do: ask for a call, see how it stands, and call it off."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import make
import pytest
import time_machine
from callback_desk import attempt, clock, live, now_of, run
from django.test import override_settings
from django.utils.dateparse import parse_datetime
from rest_framework.test import APIClient

from autocalls import visitors
from autocalls.models import Autocall, Refusal, RequestSource, Status
from autocalls.services import edit, schedule
from autocalls.texts import REFUSALS
from calls.models import Call
from widgets.models import Locale, Widget

pytestmark = pytest.mark.django_db
ASK = "/voip/autocalls/create_from_widget"
SEE = "/voip/autocalls/visitor.json"
CANCEL = "/voip/autocalls/visitor/cancel.json"
WEEKDAYS = {"monday": [["09:00", "17:00"]], "tuesday": [["09:00", "17:00"]]}


@pytest.fixture(autouse=True)
def traveller() -> Iterator[time_machine.Traveller]:
    with clock() as traveller:  # a Monday, one o'clock in Warsaw
        yield traveller


@pytest.fixture
def widget() -> Widget:
    return make.widget(voip=make.office(), opening_time=WEEKDAYS, slot_minutes=30, slot_capacity=1)


def ask(client: APIClient, widget: Widget, number: str = "+48501502503", **requested: Any) -> Any:
    return client.post(ASK, {"widget_token": widget.token, "autocall": {"number": number} | requested})


def see(client: APIClient, token: str) -> Any:
    return client.get(SEE, {"visitor_token": token}).json()


def offered(client: APIClient, widget: Widget) -> list[datetime]:
    """The free times, as a script reads them."""
    told = client.get("/voip/widget_data.json", {"widget_token": widget.token}).json()
    length = timedelta(minutes=told["slot_minutes"])
    runs = [(datetime.fromisoformat(run["call_at"]), run["free"]) for run in told["slots"]]
    return [begin + number * length for begin, free in runs for number, places in enumerate(free) if places]


def test_an_open_office_calls_at_once(stranger: APIClient, widget: Widget) -> None:
    answer = ask(stranger, widget)

    assert answer.status_code == 201
    assert {key: answer.json()[key] for key in ("status", "step", "call_at", "can_cancel", "now")} == {
        "status": "scheduled",
        "step": "waiting",
        "call_at": "2026-03-02T12:00:00Z",
        "can_cancel": True,
        "now": "2026-03-02T12:00:00Z",
    }
    assert run() == 1


@pytest.mark.parametrize(
    ("may", "hour", "expected"),
    [
        ({}, 12, "2026-03-02T12:00:00Z"),
        ({"call_now": False}, 12, "2026-03-02T12:00:00Z"),  # the next open moment is now
        ({}, 18, "2026-03-03T08:00:00Z"),
        ({"call_future": False}, 12, "2026-03-02T12:00:00Z"),
        ({"call_future": False}, 18, "closed"),
        ({"call_now": False, "call_future": False}, 12, "closed"),
        ({"opening_time": {"exceptions": {}}}, 12, "closed"),
    ],
)
def test_without_a_time_the_call_is_now_or_at_the_next_opening(
    stranger: APIClient,
    widget: Widget,
    traveller: time_machine.Traveller,
    may: dict[str, Any],
    hour: int,
    expected: str,
) -> None:
    Widget.objects.filter(pk=widget.pk).update(**may)
    traveller.shift(timedelta(hours=hour - 12))

    answer = ask(stranger, widget).json()

    assert answer.get("call_at", answer.get("code")) == expected


@pytest.mark.parametrize(
    ("call_at", "code"),
    [
        ("2026-03-02T14:00:00Z", None),
        ("2026-03-03T09:00:00+01:00", None),
        ("2026-03-02T12:10:00Z", "not_bookable"),  # too soon
        ("2026-03-02T17:00:00Z", "not_bookable"),  # closed
        ("2026-03-02T11:00:00Z", "not_bookable"),  # past
        ("2026-03-30T10:00:00Z", "not_bookable"),  # too far ahead
    ],
)
def test_a_booking_is_taken_in_a_slot_that_is_offered(
    stranger: APIClient, widget: Widget, call_at: str, code: str | None
) -> None:
    answer = ask(stranger, widget, call_at=call_at).json()

    assert answer.get("code") == code
    if code is None:
        assert parse_datetime(answer["call_at"]) == parse_datetime(call_at)


def test_without_booking_a_requested_time_is_refused(stranger: APIClient, widget: Widget) -> None:
    Widget.objects.update(call_future=False)

    answer = ask(stranger, widget, call_at="2026-03-02T14:00:00Z")

    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (400, "not_bookable", "call_at")


def test_call_backs_added_or_moved_by_staff_take_a_place_in_the_slot(stranger: APIClient, widget: Widget) -> None:
    two, three = datetime.fromisoformat("2026-03-02T14:00Z"), datetime.fromisoformat("2026-03-02T15:00Z")
    row = schedule({"number": "+48601602603", "widget": widget, "call_at": two}, source=RequestSource.STAFF)

    assert ask(stranger, widget, call_at=two.isoformat()).json()["code"] == "slot_taken"
    edit(row, {"call_at": three})
    assert ask(stranger, widget, call_at=three.isoformat()).json()["code"] == "slot_taken"
    assert ask(stranger, widget, call_at=two.isoformat()).status_code == 201


def test_every_slot_that_is_offered_can_be_booked(stranger: APIClient, widget: Widget) -> None:
    times = offered(stranger, widget)

    answers = [
        ask(stranger, widget, f"+4850150{number:04}", call_at=time).status_code for number, time in enumerate(times[:8])
    ]

    assert answers == [201] * 8


def test_a_booked_slot_is_offered_to_nobody_else(stranger: APIClient, widget: Widget) -> None:
    first = "2026-03-02T14:00:00Z"
    ask(stranger, widget, call_at=first)

    refused = ask(stranger, widget, "+48601602603", call_at=first)
    assert (refused.status_code, refused.json()["code"]) == (400, "slot_taken")
    assert parse_datetime(first) not in offered(stranger, widget)


def test_canceling_frees_the_place_in_the_slot(stranger: APIClient, widget: Widget) -> None:
    booked = ask(stranger, widget, call_at="2026-03-02T14:00:00Z").json()
    stranger.post(CANCEL, {"visitor_token": booked["visitor_token"]})

    assert ask(stranger, widget, "+48601602603", call_at="2026-03-02T14:00:00Z").status_code == 201


def test_a_repeated_request_joins_the_first(stranger: APIClient, widget: Widget) -> None:
    first = ask(stranger, widget, call_at="2026-03-02T14:00:00Z")
    second = ask(stranger, widget, "501 502 503")

    assert (first.status_code, second.status_code) == (201, 200)
    assert second.json()["call_at"] == first.json()["call_at"]


def test_the_visitors_entries_and_consent_are_stored(stranger: APIClient, widget: Widget) -> None:
    widget.consent_text = "You may call me."
    widget.save()
    shown = widget.consent_version
    widget.consent_text = "You may call me and sell me things."
    widget.save()

    ask(
        stranger,
        widget,
        name="Jan",
        note="An offer",
        consent=True,
        consent_version=shown,
        page_url="https://shop.example/tea",
    )

    row = Autocall.objects.get()
    assert (row.name, row.note, row.page_url, row.source) == ("Jan", "An offer", "https://shop.example/tea", "widget")
    assert (row.consent_at is not None, row.consent_version) == (True, shown)
    assert widget.consent_texts.get(version=shown).text == "You may call me."


def test_an_unknown_consent_version_counts_as_the_current_one(stranger: APIClient, widget: Widget) -> None:
    widget.consent_text = "You may call me."
    widget.save()

    ask(stranger, widget, consent_version="forged")

    assert (Autocall.objects.get().consent_version, Autocall.objects.get().consent_at) == (
        widget.consent_version,
        None,
    )


def test_unknown_and_inactive_widgets_have_different_refusals(stranger: APIClient, widget: Widget) -> None:
    unknown = stranger.post(ASK, {"widget_token": "nope", "autocall": {"number": "+48501502503"}})
    Widget.objects.update(active=False)
    inactive = ask(stranger, widget)

    assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown_widget")
    assert (inactive.status_code, inactive.json()["code"]) == (403, "inactive")


@pytest.mark.parametrize("locale", Locale.values)
@pytest.mark.parametrize(
    ("requested", "status", "code"),
    [
        ({"number": "112"}, 400, "number_invalid"),
        ({"number": "+48700123456"}, 403, "number_refused"),
        ({"website": "x"}, 403, "robot"),
        ({"call_at": "2026-03-02T03:00:00Z"}, 400, "not_bookable"),
    ],
)
def test_a_refusal_has_a_code_and_a_sentence_in_the_widgets_language(
    stranger: APIClient, widget: Widget, locale: str, requested: dict[str, str], status: int, code: str
) -> None:
    Widget.objects.update(locale=locale)

    answer = ask(stranger, widget, **requested)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["detail"]
    assert Refusal.objects.get().code == code


def test_exceeding_a_limit_is_a_429_with_retry_after(stranger: APIClient, widget: Widget) -> None:
    with override_settings(AUTOCALLS_PER_ADDRESS_AN_HOUR=1):
        ask(stranger, widget)
        answer = ask(stranger, widget, "+48601602603")

    assert (answer.status_code, answer.json()["code"], answer["Retry-After"]) == (429, "limit_address", "3600")


def test_a_forged_forwarded_address_counts_for_nothing(stranger: APIClient, widget: Widget) -> None:
    with override_settings(AUTOCALLS_PER_ADDRESS_AN_HOUR=1):
        ask(stranger, widget)
        forged = stranger.post(
            ASK,
            {"widget_token": widget.token, "autocall": {"number": "+48601602603"}},
            HTTP_X_FORWARDED_FOR="203.0.113.9",
            HTTP_ORIGIN="https://forged.example",
        )

    assert forged.status_code == 429


def test_behind_a_trusted_proxy_each_visitor_is_counted_alone(stranger: APIClient, widget: Widget) -> None:
    body = {"widget_token": widget.token, "autocall": {"number": "+48601602603"}}
    with override_settings(AUTOCALLS_PER_ADDRESS_AN_HOUR=1, TRUSTED_PROXIES=["127.0.0.1"]):
        ask(stranger, widget)
        other = stranger.post(ASK, body, HTTP_X_FORWARDED_FOR="198.51.100.1, 203.0.113.9")

    assert (other.status_code, Autocall.objects.latest("pk").address) == (201, "203.0.113.9")


@pytest.mark.parametrize(
    ("ring_first", "status", "step"),
    [
        ("operator", "QUEUED", "operator"),
        ("operator", "DIALING", "operator"),
        ("operator", "RINGING", "visitor"),
        ("operator", "IN PROGRESS", "talking"),
        ("operator", "ANSWERED", "talking"),
        ("visitor", "DIALING", "visitor"),
        ("visitor", "RINGING", "visitor"),
        ("visitor", "IN PROGRESS", "talking"),
        ("operator", "BUSY", "waiting"),
    ],
)
def test_a_visitor_sees_whose_telephone_rings(
    stranger: APIClient, widget: Widget, ring_first: str, status: str, step: str
) -> None:
    Widget.objects.update(ring_first=ring_first)
    token = ask(stranger, widget).json()["visitor_token"]
    run()
    Call.objects.filter(pk=live().pk).update(status=status)

    shown = see(stranger, token)

    assert (shown["status"], shown["step"], shown["can_cancel"]) == ("calling", step, False)


def test_a_visitor_rung_first_sees_that_the_operator_is_being_called(stranger: APIClient, widget: Widget) -> None:
    Widget.objects.update(ring_first="visitor")
    token = ask(stranger, widget).json()["visitor_token"]
    run()
    Call.objects.filter(pk=live().pk).update(status="RINGING", reason="number_answered")

    assert see(stranger, token)["step"] == "operator"


def test_a_visitor_sees_how_it_ended(stranger: APIClient, widget: Widget) -> None:
    token = ask(stranger, widget).json()["visitor_token"]
    attempt("answered")

    assert (see(stranger, token)["status"], see(stranger, token)["step"]) == ("done", "finished")


def test_a_visitor_sees_nothing_but_the_state_and_the_number_they_gave(stranger: APIClient, widget: Widget) -> None:
    token = ask(stranger, widget, name="Jan").json()["visitor_token"]

    assert set(see(stranger, token)) == {"status", "step", "number", "call_at", "can_cancel", "now"}
    assert stranger.get(SEE, {"visitor_token": token})["Cache-Control"] == "no-store"


def test_canceling_twice_changes_nothing(stranger: APIClient, widget: Widget) -> None:
    token = ask(stranger, widget).json()["visitor_token"]

    answers = [stranger.post(CANCEL, {"visitor_token": token}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[1].json()["status"] == "canceled"
    assert run() == 0


def test_the_token_may_stand_in_the_address(stranger: APIClient, widget: Widget) -> None:
    token = ask(stranger, widget).json()["visitor_token"]

    assert stranger.post(f"{CANCEL}?visitor_token={token}").json()["status"] == "canceled"


def test_a_call_back_that_rings_cannot_be_canceled(stranger: APIClient, widget: Widget) -> None:
    token = ask(stranger, widget).json()["visitor_token"]
    run()

    answer = stranger.post(CANCEL, {"visitor_token": token})

    assert (answer.status_code, answer.json()["code"]) == (409, "too_late")


def test_a_visitor_who_joined_anothers_request_cannot_cancel_it(stranger: APIClient, widget: Widget) -> None:
    ask(stranger, widget)
    with override_settings(TRUSTED_PROXIES=["127.0.0.1"]):
        body = {"widget_token": widget.token, "autocall": {"number": "+48501502503"}}
        joined = stranger.post(ASK, body, HTTP_X_FORWARDED_FOR="203.0.113.9").json()

    answer = stranger.post(CANCEL, {"visitor_token": joined["visitor_token"]})

    assert (joined["can_cancel"], answer.status_code, answer.json()["code"]) == (False, 403, "not_yours")
    assert now_of(Autocall.objects.get()).status == Status.SCHEDULED


@pytest.mark.parametrize("token", ["", "x", "\x00", "WzEsdHJ1ZV0:1abc:def", "é"])
def test_a_forged_token_shows_nothing(stranger: APIClient, widget: Widget, token: str) -> None:
    ask(stranger, widget)

    assert stranger.get(SEE, {"visitor_token": token}).status_code == 404


def test_a_token_of_a_deleted_request_shows_nothing(stranger: APIClient, widget: Widget) -> None:
    token = ask(stranger, widget).json()["visitor_token"]
    Autocall.objects.all().delete()

    with pytest.raises(visitors.UnknownRequest):
        visitors.find(token)


def test_a_moved_call_back_is_shown_at_its_new_time(stranger: APIClient, widget: Widget) -> None:
    token = ask(stranger, widget, call_at="2026-03-02T14:00:00Z").json()["visitor_token"]
    edit(Autocall.objects.get(), {"call_at": parse_datetime("2026-03-03T10:00:00Z")})

    assert see(stranger, token)["call_at"] == "2026-03-03T10:00:00Z"


def test_every_language_has_every_sentence() -> None:
    assert set(REFUSALS) == set(Locale.values)
    assert len({frozenset(sentences) for sentences in REFUSALS.values()}) == 1


def test_the_answer_names_the_number_to_be_called(stranger: APIClient, widget: Widget) -> None:
    told = ask(stranger, widget, "501 502 503").json()

    assert told["number"] == see(stranger, told["visitor_token"])["number"] == "+48 501 502 503"


def test_refusals_are_in_the_language_of_the_page(stranger: APIClient, widget: Widget) -> None:
    body = {"widget_token": widget.token, "locale": "cs", "autocall": {"number": "+48700123456"}}

    assert stranger.post(ASK, body).json()["detail"] == REFUSALS["cs"]["number_refused"]
    made = ask(stranger, widget).json()["visitor_token"]
    Autocall.objects.update(status=Status.CALLING)
    late = stranger.post(CANCEL, {"visitor_token": made, "locale": "cs"})
    assert (late.status_code, late.json()["detail"]) == (409, REFUSALS["cs"]["too_late"])
    assert stranger.post(ASK, body | {"locale": "de"}).status_code == 400
