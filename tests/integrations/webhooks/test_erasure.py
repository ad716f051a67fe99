"""What providers sent of a person is erased, and sending it again does not bring it back."""

import json
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import make
import pytest
from django.core.management import call_command
from django.utils import timezone
from rest_framework.test import APIClient

from calls.erasure import erase_number as erase_from_calls
from calls.erasure import find
from calls.models import Call
from integrations.models import WebhookDelivery
from integrations.webhooks import erasure
from integrations.webhooks.erasure import erase_number, erase_of_erased_calls, recently_erased
from integrations.webhooks.processing import process_waiting, replay
from sips.models import Voip
from sips.number_search import SoughtNumber

pytestmark = pytest.mark.django_db

ANNA = SoughtNumber("+48501502503")
START = "call_id=1769500000.17&caller={number}&called=221234567"
END = START + "&extension=101&status=ANSWERED&billsec=42"
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def voip() -> Voip:
    return make.voip(number="+48221234567")


@pytest.fixture
def send(voip: Voip, stranger: APIClient) -> Any:
    def post(event: str, body: bytes | str, *, query: str = "", content_type: str = FORM) -> None:
        address = f"/voip/webhooks/telecube/{voip.webhook_secret}/{event}/?{query}"
        sent: Any = body  # the stubs know of text alone
        assert stranger.generic("POST", address, sent, content_type=content_type).status_code == 200

    return post


def erase() -> dict[str, int]:
    """As the command does."""
    erase_from_calls(ANNA)
    return erase_number(ANNA, recently_erased(), progress=lambda *_: None)


def contents() -> list[tuple[str, bytes]]:
    rows = WebhookDelivery.objects.order_by("pk").values_list("query", "body")
    return [(query, bytes(body)) for query, body in rows]


WRITINGS = [
    "501502503",
    "+48501502503",
    "48501502503",
    "0048501502503",
    "501 502 503",
    "501-502-503",
    "+48 501 502 503",
    "501.502.503",
    "501\N{NO-BREAK SPACE}502\N{NO-BREAK SPACE}503",
]


@pytest.mark.parametrize(
    "body",
    [
        lambda number: f"strange={number}&",
        lambda number: f"strange={quote(number)}&",
        lambda number: json.dumps({"strange": number}),
        lambda number: json.dumps({"strange": [{"tel": f"sip:{number}@host"}]}, ensure_ascii=False),
        lambda number: json.dumps(number).replace("+", "\\u002b").replace("5", "\\u0035"),
        lambda number: f"<a><b c='{number}'/></a>",
        lambda number: "<a>" + "".join(f"&#{ord(character)};" for character in number) + "</a>",
        lambda number: f"{{ broken {number}",
        lambda number: f"x {number}".encode("utf-16"),
        lambda number: b"\xff\xfe\x00" + number.encode() + b"\x80",
        lambda number: "".join(f"%{byte:02X}" for byte in number.encode()),
    ],
    ids=[
        "form",
        "quoted",
        "json",
        "raw json",
        "escaped json",
        "xml",
        "xml entities",
        "broken",
        "utf-16",
        "no utf-8",
        "%",
    ],
)
def test_a_delivery_that_nobody_could_read_is_found_by_its_text(send: Any, body: Any) -> None:
    for number in WRITINGS:
        send("call_start", body(number))
    send("call_start", body("501502504"))

    assert erase()["other webhook deliveries"] == len(WRITINGS)
    assert [bool(sent) for _query, sent in contents()] == [False] * len(WRITINGS) + [True]


def test_what_could_not_be_read_of_one_goes_with_it(send: Any) -> None:
    send("call_end", "call_id=17&caller=100&called=221234567&status=501502503+gone")
    assert "501502503" in WebhookDelivery.objects.get().notes

    erase()

    assert (WebhookDelivery.objects.get().notes, contents()) == ("", [("", b"")])


def test_a_number_is_found_in_what_could_not_be_read_alone(send: Any) -> None:
    send("queue_end", "call_id=17&caller=100&status=X")
    WebhookDelivery.objects.update(notes=f'["“%(text)s” …", {{"text": "{ANNA.number}"}}]')

    erase()

    assert WebhookDelivery.objects.get().notes == ""


def test_a_number_in_the_query_string_is_found(send: Any) -> None:
    for number in WRITINGS:
        send("call_start", "", query=f"strange={quote(number)}")
    send("call_start", "", query="strange=501502504")

    assert erase()["other webhook deliveries"] == len(WRITINGS)
    assert [query for query, _body in contents()] == [""] * len(WRITINGS) + ["strange=501502504"]


def test_all_deliveries_of_the_persons_calls_go_also_those_without_the_number(send: Any) -> None:
    send("call_start", START.format(number="501502503"))
    send("call_end", "call_id=1769500000.17&status=ANSWERED&billsec=42")

    assert erase()["webhook deliveries of the calls"] == 2
    assert contents() == [("", b""), ("", b"")]


def test_the_deliveries_of_others_stay(send: Any) -> None:
    for call_id, number in enumerate(["501502504", "+44501502503", "5015025031", "anonymous", "1769501502503"]):
        send("call_start", f"call_id={call_id}&caller={number}&called=221234567")
    before = contents()

    assert not sum(erase().values())
    assert contents() == before


def test_a_redelivery_of_what_was_erased_changes_and_stores_nothing(send: Any) -> None:
    send("call_start", START.format(number="501502503"))
    erase()
    call, rows = Call.objects.values().get(), contents()

    send("call_start", START.format(number="501502503"))

    assert Call.objects.values().get() == call
    assert contents() == rows == [("", b"")]


def test_a_late_webhook_counts_and_is_stored_without_its_content(send: Any) -> None:
    send("call_start", START.format(number="501502503"))
    erase()

    send("call_end", END.format(number="501502503"))

    call = Call.objects.get()
    assert (call.status, call.duration, call.number_from, call.customer_number) == ("ANSWERED", 42, "", "")
    assert contents() == [("", b""), ("", b"")]
    assert not WebhookDelivery.objects.filter(erased_at=None).exists()


def test_neither_what_a_late_webhook_asks_nor_what_could_not_be_read_of_it_is_stored(send: Any) -> None:
    send("call_start", START.format(number="501502503"))
    erase()

    send("call_end", "", query=END.format(number="501502503").replace("billsec=42", "direction=501502503"))

    row = WebhookDelivery.objects.latest("pk")
    assert (Call.objects.get().status, row.query, row.notes) == ("ANSWERED", "", "")


def test_the_webhook_of_another_call_is_stored_as_ever(send: Any) -> None:
    send("call_start", START.format(number="501502503"))
    erase()

    send("call_start", "call_id=2&caller=601602603&called=221234567")

    assert contents()[1] == ("", b"call_id=2&caller=601602603&called=221234567")
    assert Call.objects.get(provider_call_id="2").number_from == "+48601602603"


def test_when_it_was_processed_stays_known(send: Any) -> None:
    send("call_start", START.format(number="501502503"))
    before = WebhookDelivery.objects.get().processed_at

    erase()

    assert before is not None
    assert WebhookDelivery.objects.get().processed_at == before


def test_what_was_erased_is_neither_replayed_nor_processed(send: Any) -> None:
    send("call_start", START.format(number="501502503"))
    WebhookDelivery.objects.update(processed_at=None)
    erase()

    assert not list(replay(WebhookDelivery.objects.all()))
    call_command("replay_deliveries")
    row = WebhookDelivery.objects.get()
    assert not process_waiting(older_than=row.received_at.replace(year=2200))
    assert (row.error, row.provider_call_id, row.is_waiting) == ("", "1769500000.17", False)


def test_a_delivery_of_the_same_moment_is_erased_at_night(send: Any) -> None:
    send("call_start", START.format(number="501502503"))
    erase_from_calls(ANNA)

    assert [erase_of_erased_calls(), erase_of_erased_calls()] == [1, 0]
    assert contents() == [("", b"")]


def test_a_night_that_was_missed_is_made_up_for_in_the_next(send: Any) -> None:
    send("call_start", START.format(number="501502503"))
    erase_from_calls(ANNA)
    Call.everything.update(erased_at=timezone.now() - timedelta(hours=30))

    assert erase_of_erased_calls() == 1


def test_a_number_is_found_in_what_the_client_calls_itself_and_goes_with_it(send: Any) -> None:
    send("call_start", "strange=1&")
    WebhookDelivery.objects.update(headers={"user-agent": "pbx of +48501502503"})

    erase()

    assert WebhookDelivery.objects.get().headers == {}


def test_a_national_number_is_read_by_the_rules_of_its_configurations_country(voip: Voip, send: Any) -> None:
    Voip.objects.filter(pk=voip.pk).update(country="CZ")
    send("call_start", "strange=601602603&")
    of_poland, of_czechia = SoughtNumber("+48601602603"), SoughtNumber("+420601602603")

    assert erase_number(of_poland, recently_erased(), progress=lambda *_: None)["other webhook deliveries"] == 0
    assert erase_number(of_czechia, recently_erased(), progress=lambda *_: None)["other webhook deliveries"] == 1


def test_repeating_changes_nothing_and_a_dry_run_neither(send: Any) -> None:
    send("call_start", START.format(number="501502503"))
    send("call_start", "strange=501502503&")
    before = contents()

    calls = Call.everything.filter(pk__in=find(ANNA))
    dry = erase_number(ANNA, calls, progress=lambda *_: None, dry_run=True)

    assert contents() == before
    assert dry == {"webhook deliveries of the calls": 1, "other webhook deliveries": 1} == erase()
    assert not sum(erase().values())


def test_the_log_is_read_in_portions_and_tells_how_far_it_is(send: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasure, "READ_AT_ONCE", 2)
    for number in range(5):
        send("call_start", f"strange=501502503&n={number}")
    told: list[tuple[int, int]] = []

    erase_number(ANNA, recently_erased(), progress=lambda done, of: told.append((done, of)))

    assert told == [(2, 5), (4, 5), (5, 5)]
    assert contents() == [("", b"")] * 5
