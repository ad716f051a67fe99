"""What an operator with lines of their own finds out by trying: addresses, searches, choosers, refusals. Nothing of a colleague's."""

import io
import re
import zipfile
from typing import Any

import make
import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient
from roles import in_role
from staff import sign_in
from test_rights import by_token
from test_roles import FOREIGN, foreign_records, give_every_right, leaks

from autocalls.models import Autocall
from calls.models import FollowUp
from sips.models import Sip

pytestmark = pytest.mark.django_db
NOBODYS = "+48666777999"
"""Of whom there is no record at all: whatever is answered of FOREIGN must be what is answered of this one."""


@pytest.fixture
def line() -> Sip:
    return make.sip(sip="101", voip=make.voip(name="Office", address="pbx.example.com"))


@pytest.fixture
def ewa(line: Sip) -> User:
    """With every right but the one to see all lines."""
    user = in_role("Operator", line)
    give_every_right(user)
    return user


def alike(answers: list[Any]) -> bool:
    """Whether the answers differ in nothing but the numbers that were asked for."""
    texts = {re.sub(r"666.?777.?(888|999)", "N", answer.content.decode()) for answer in answers}
    return len(texts) == 1 and len({answer.status_code for answer in answers}) == 1


@pytest.mark.parametrize("model", ["calls/note", "calls/followup", "autocalls/refusal", "integrations/webhookdelivery"])
def test_no_history_and_no_deletion_of_it_opens(model: str, ewa: User) -> None:
    row = foreign_records()[model.partition("/")[2]]

    codes = [sign_in(ewa).get(f"/admin/{model}/{row.pk}/{page}/").status_code for page in ("history", "delete")]

    assert set(codes) <= {302, 403, 404}


CHOOSERS = (
    ("autocalls", "attempt", "call"), ("calls", "note", "call"), ("calls", "call", "sip"), ("calls", "followup", "assignee"),
    ("autocalls", "autocall", "last_call"), ("autocalls", "refusal", "autocall"), ("sips", "staffline", "sip"),
)  # fmt: skip


@pytest.mark.parametrize(("app", "model", "field"), CHOOSERS)
@pytest.mark.parametrize("term", ["", "888", "secret"])
def test_no_chooser_offers_it(app: str, model: str, field: str, term: str, ewa: User) -> None:
    foreign_records()
    asked = {"app_label": app, "model_name": model, "field_name": field, "term": term}

    answer = sign_in(ewa).get("/admin/autocomplete/", asked)

    assert answer.status_code in (200, 403) and not leaks(answer)


@pytest.mark.parametrize("path", ["calls/call", "autocalls/autocall"])
def test_no_spreadsheet_holds_it(path: str, ewa: User) -> None:
    foreign_records()

    answer = sign_in(ewa).get(f"/admin/{path}/export.xlsx")

    with zipfile.ZipFile(io.BytesIO(answer.getvalue())) as file:
        assert not any(FOREIGN[1:].encode() in file.read(name) for name in file.namelist())


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_progress_of_an_export_does_not_count_it(kind: str, ewa: User) -> None:
    foreign_records()

    answer = sign_in(ewa).get(f"/admin/calls/call/export.{kind}", headers={"accept": "application/x-voipcrm-progress"})

    assert answer.getvalue().startswith(b'{"rows": 0, "of": 0')


def test_the_desk_knows_nothing_of_the_number(ewa: User) -> None:
    foreign_records()
    client = sign_in(ewa)

    pages = [client.get("/admin/desk/", {"number": number}) for number in (FOREIGN, NOBODYS)]

    assert [b"secret words" in page.content for page in pages] == [False, False]
    assert [page.context["card"].calls for page in pages] == [[], []]
    assert [(page.context["card"].name, page.context["card"].follow_ups) for page in pages] == [("", [])] * 2


@pytest.mark.parametrize("verb", ["take", "give_back", "done", "later"])
def test_nothing_can_be_done_at_the_desk_about_it(verb: str, ewa: User) -> None:
    foreign_records()
    before = list(FollowUp.objects.values()), list(Autocall.objects.values())

    sign_in(ewa).post("/admin/desk/act", {"number": FOREIGN, "verb": verb, "until": "hour"})

    assert (list(FollowUp.objects.values()), list(Autocall.objects.values())) == before


# --- refusals that would tell


def test_a_follow_up_is_not_refused_for_one_that_is_hidden(ewa: User) -> None:
    hidden = foreign_records()["followup"]
    client = by_token(ewa)
    asked = [{"number": number, "voip_id": hidden.voip_id} for number in (FOREIGN, NOBODYS)]  # type: ignore[attr-defined]

    assert alike([client.post("/voip/follow_ups.json", body) for body in asked])


def test_the_form_does_not_reveal_it_either(ewa: User) -> None:
    hidden = foreign_records()["followup"]
    client = sign_in(ewa)
    form = {"number": FOREIGN, "voip": hidden.voip_id, "assignee": ewa.pk}  # type: ignore[attr-defined]

    page = client.post("/admin/calls/followup/add/", form).content.decode()

    assert "You would not see this record yourself" in page
    assert "already" not in page and f"({hidden.pk})" not in page


def test_a_call_back_is_not_refused_for_one_that_is_hidden(ewa: User) -> None:
    hidden = foreign_records()["autocall"]
    asked = [{"number": number, "widget_id": hidden.widget_id} for number in (FOREIGN, NOBODYS)]  # type: ignore[attr-defined]
    client: APIClient = by_token(ewa)

    assert alike([client.post("/voip/autocalls.json", body) for body in asked])


def test_one_that_is_seen_is_named(ewa: User, line: Sip) -> None:
    make.call(sip=line, voip=line.voip, number_from=FOREIGN, customer_number=FOREIGN)
    make.follow_up(number=FOREIGN, voip=line.voip)

    answer = by_token(ewa).post("/voip/follow_ups.json", {"number": FOREIGN, "voip_id": line.voip_id})

    assert (answer.status_code, answer.json()["code"]) == (409, "already_open")


@pytest.mark.parametrize("path", ["calls", "notes", "follow_ups", "autocalls"])
def test_what_is_hidden_answers_as_what_is_not_there(path: str, ewa: User) -> None:
    hidden = foreign_records()
    name = {"calls": "call", "notes": "note", "follow_ups": "followup", "autocalls": "autocall"}[path]
    client = by_token(ewa)

    answers = [client.get(f"/voip/{path}/{pk}.json") for pk in (hidden[name].pk, 999_999_999)]

    assert alike(answers) and answers[0].status_code == 404


FILTERS = (
    "sip_id={sip}", "voip_id={voip}", "placed_by=jan", "client_id=7", "outcome_id=1", "returned=false", "returned=true", "missed=true", "q=secret",
    "number=888", "provider_call_id=foreign", "weekday=2", "duration_min=0", "updated_since=2000-01-01T00:00:00Z",
)  # fmt: skip


@pytest.mark.parametrize("query", FILTERS)
def test_no_filter_is_an_oracle(query: str, ewa: User) -> None:
    hidden = foreign_records()["call"]
    client = by_token(ewa)
    asked = query.format(sip=hidden.sip_id, voip=hidden.voip_id)  # type: ignore[attr-defined]

    answers = [client.get(f"/voip/calls.{kind}?{asked}") for kind in ("json",)]
    figures = client.get(f"/voip/stats.json?{asked}") if asked.startswith(("sip_id", "voip_id")) else None

    assert answers[0].json()["results"] == []
    assert figures is None or {row["value"] for row in figures.json()["calls"]["figures"]} == {0}
