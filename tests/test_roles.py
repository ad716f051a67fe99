"""What each role may do, and what an operator sees: everything of their own lines, and nothing of anybody else's."""

import re
from collections.abc import Callable
from typing import Any

import make
import pytest
from django.contrib.auth.models import Group, User
from django.db.models import Model
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient
from roles import NAMES, in_role, role
from staff import cells, sign_in, told
from test_rights import BESIDES, RECORDS, ROWS, by_token, page_of

from autocalls.models import Autocall, Refusal, Status
from calls.events import CallEvent
from calls.models import Call, FollowUp, Note, Report
from calls.statuses import Status as CallStatus
from integrations.models import WebhookDelivery
from sips.models import Sip

pytestmark = pytest.mark.django_db
LETTERS = dict(zip(NAMES, "OSUA", strict=True))
FOREIGN, OWN = "+48666777888", "+48501502503"


def rights_of(name: str) -> set[str]:
    held = role(name).permissions.select_related("content_type")
    return {f"{right.content_type.app_label}.{right.codename}" for right in held}


@pytest.mark.parametrize("name", NAMES)
def test_a_role_has_the_rights_that_the_page_tells(name: str) -> None:
    told_rights = {row.right for row in ROWS if LETTERS[name] in row.roles.split()}
    told_rights |= {right for right, roles in BESIDES.items() if LETTERS[name] in roles}

    assert rights_of(name) - {"auth.add_user"} == told_rights  # whose page asks for change_user as well


# --- every page, button and verb, for each role: of one's own


def own_records(user: User, line: Sip) -> dict[str, Callable[[], Any]]:
    """As `test_rights.RECORDS`, of this user's line."""
    voip = line.voip
    assert voip is not None

    def refusal() -> Refusal:
        widget = make.widget(voip=voip)
        widget.lines.add(line)
        return Refusal.objects.create(widget=widget, code="closed", number=OWN, day=timezone.now())

    def call(**fields: Any) -> Call:
        return make.call(voip=voip, sip=line, number_from=OWN, status="BUSY", **fields)

    return RECORDS | {
        "call": call,
        "note": lambda: make.note(call=call()),
        "followup": lambda: make.follow_up(assignee=user, number=f"+4850150{FollowUp.objects.count():04}"),
        "autocall": lambda: make.autocall(sip=line, voip=voip),
        "taken": lambda: make.autocall(
            sip=line, voip=voip, status=Status.TAKEN, taken_by=user, taken_at=timezone.now()
        ),
        "over": lambda: make.autocall(sip=line, voip=voip, status=Status.DONE, finished_at=timezone.now()),
        "refusal": refusal,
        "webhookdelivery": lambda: delivery_of(call(provider_call_id=f"own-{Call.objects.count()}")),
        "staffline": lambda: make.staff_line(User.objects.create_user(f"new{User.objects.count()}"), line),
        "user": lambda: User.objects.create_user(f"new{User.objects.count()}"),
        "group": lambda: Group.objects.create(name=f"Shift {Group.objects.count()}"),
        "outcome": lambda: make.outcome(f"Sold {timezone.now()}"),
        "apitoken": lambda: make.api_token(User.objects.create_user(f"new{User.objects.count()}")),
        "sip": lambda: make.sip(voip=make.voip()),
    }


def delivery_of(call: Call) -> WebhookDelivery:
    assert call.voip is not None
    now = timezone.now()
    event = CallEvent(provider_call_id=call.provider_call_id, status=CallStatus.BUSY, number_from=call.number_from)
    row = WebhookDelivery.objects.create(
        voip=call.voip, fingerprint=f"{call.pk}", body=f"caller={call.number_from}".encode(), received_at=now,
        provider_call_id=call.provider_call_id, processed_at=now,
    )  # fmt: skip
    Report.objects.create(
        voip=call.voip,
        provider_call_id=call.provider_call_id,
        delivery_id=row.pk,
        event=event.as_json(),
        received_at=now,
        stored_at=now,
    )
    return row


def ask(client: Any, request: str, records: dict[str, Callable[[], Any]]) -> Any:
    method, _space, path = request.partition(" ")
    path = re.sub(r":(\w+)", lambda found: str(records[found[1]]().pk), path)
    if isinstance(client, APIClient):
        return client.generic(method, path, "{}", content_type="application/json")
    return client.post(path, {"_form_submitted": "on", "post": "yes"}) if method == "POST" else client.get(path)


APPS = sorted({row.right.partition(".")[0] for row in ROWS})


@pytest.mark.parametrize("app", APPS)
@pytest.mark.parametrize("name", NAMES)
def test_a_role_opens_what_its_rights_open_and_nothing_else(name: str, app: str) -> None:
    line = make.sip()
    user = in_role(name, line)
    held, records = rights_of(name), own_records(user, line)
    token, page = by_token(user), sign_in(user)
    wrong: list[tuple[str, int]] = []

    for row in [row for row in ROWS if row.right.startswith(f"{app}.")]:
        seen = {row.right, row.right.replace(".view_", ".change_")} & held
        for client, asked in ((token, row.api), (page, row.admin)):
            if not asked:
                continue
            needed = bool(seen) if client is page else row.right in held
            may = needed and (client is token or page_of(row) in held or page_of(row).replace("view", "change") in held)
            code = ask(client, asked, records).status_code
            if may is bool({401, 403, 404, 405} & {code}):
                wrong.append((asked, code))

    assert wrong == []


# --- of somebody else's


@pytest.fixture
def line() -> Sip:
    return make.sip(sip="101", voip=make.voip(name="Office", address="pbx.example.com"))


@pytest.fixture
def operator(line: Sip) -> User:
    return in_role("Operator", line)


def foreign_records() -> dict[str, Model]:
    """One of each kind, of a colleague's line and with a number of its own."""
    voip = make.voip(name="Elsewhere")
    line = make.sip(sip="200", voip=voip, name="Piotr")
    jan = User.objects.create_user("jan", is_staff=True)
    make.staff_line(jan, line)
    widget = make.widget(voip=voip, name="Other shop")
    widget.lines.add(line)
    call = make.call(
        voip=voip, sip=line, kind="incoming", number_from=FOREIGN, customer_number=FOREIGN, status="NO ANSWER",
        provider_call_id="foreign", description="secret words", placed_by=jan,
    )  # fmt: skip
    return {
        "call": call,
        "nobodys": make.call(voip=voip, kind="incoming", number_from=FOREIGN, status="NO ANSWER"),
        "note": make.note(call=call, author=jan, text=f"secret words {FOREIGN}"),
        "followup": make.follow_up(number=FOREIGN, voip=voip, assignee=jan, state="taken", taken_at=timezone.now()),
        "autocall": make.autocall(number=FOREIGN, widget=widget, name="secret words"),
        "taken": make.autocall(
            number=FOREIGN, sip=line, voip=voip, status=Status.TAKEN, taken_by=jan, taken_at=timezone.now()
        ),
        "over": make.autocall(number=FOREIGN, sip=line, voip=voip, status=Status.DONE, finished_at=timezone.now()),
        "refusal": Refusal.objects.create(widget=widget, code="closed", number=FOREIGN, day=timezone.now()),
        "webhookdelivery": delivery_of(call),
        "unread": WebhookDelivery.objects.create(
            voip=voip, fingerprint="unread", body=FOREIGN.encode(), received_at=timezone.now(), error=FOREIGN
        ),
    }


WITH_OWNERS = r":(call|note|followup|autocall|taken|over|refusal|webhookdelivery)\b"


def leaks(answer: Any) -> bool:
    """Whether the answer shows the colleague's number, in any writing, or words."""
    text = answer.getvalue().decode()
    return bool(re.search(r"666\D{0,9}777\D{0,9}888", text)) or "secret words" in text


def give_every_right(user: User) -> None:
    """All but the one that lets them see all lines: what they see does not come from a missing right."""
    user.groups.clear()
    everything = [right for name in NAMES for right in role(name).permissions.exclude(codename="view_all_lines")]
    user.user_permissions.set(everything)


def test_nothing_of_somebody_elses_is_shown_or_done(operator: User) -> None:
    give_every_right(operator)
    foreign = foreign_records()
    records = {name: (lambda row=row: row) for name, row in foreign.items()}
    before = [list(model.objects.order_by("pk").values()) for model in (Call, Note, FollowUp, Autocall, Refusal)]
    wrong: list[tuple[str, int]] = []

    for row in ROWS:
        for client, asked in ((by_token(operator), row.api), (sign_in(operator), row.admin)):
            if not re.search(WITH_OWNERS, asked):
                continue
            answer = ask(client, asked, RECORDS | records)
            hidden = (
                (404,) if isinstance(client, APIClient) else (200, 302, 403, 404)
            )  # 200: a dialog that lacks an input
            if answer.status_code not in hidden or leaks(answer):
                wrong.append((asked, answer.status_code))

    assert wrong == []
    assert [
        list(model.objects.order_by("pk").values()) for model in (Call, Note, FollowUp, Autocall, Refusal)
    ] == before


PLACES = (
    *(f"/voip/{name}.json" for name in ("calls", "notes", "follow_ups", "autocalls")),
    *(f"/voip/calls.json?{query}" for query in ("number=888", "q=secret", "missed=true", f"number=%2B{FOREIGN[1:]}")),
    "/voip/follow_ups.json?open=true",
    "/voip/calls.csv",
    "/voip/autocalls.csv",
    "/voip/stats.json",
    "/admin/figures/",
    "/admin/calls/call/export.csv",
    "/voip/follow_ups.json?due=false",
    "/voip/autocalls.json?number=888",
    "/admin/",
    *(
        f"/admin/{name}/"
        for name in (
            "calls/call", "calls/note", "calls/followup", "autocalls/autocall", "autocalls/refusal", "integrations/webhookdelivery",
        )
    ),
    "/admin/calls/call/?q=888",
    "/admin/calls/call/?q=secret",
    "/admin/calls/call/?attention=missed",
    "/admin/calls/followup/?q=888",
    "/admin/calls/followup/?todo=due",
    "/admin/autocalls/autocall/?q=888",
    "/admin/autocalls/autocall/?attention=taken",
    "/admin/autocalls/refusal/?q=888",
    "/admin/integrations/webhookdelivery/?state=unreadable",
)  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
def test_no_list_search_or_count_shows_it(place: str, operator: User) -> None:
    give_every_right(operator)
    foreign_records()
    client: Any = sign_in(operator) if place.startswith("/admin") else by_token(operator)

    answer = client.get(place)

    assert (answer.status_code, leaks(answer)) == (200, False)


def test_the_overview_counts_ones_own(operator: User, line: Sip) -> None:
    foreign_records()
    make.call(sip=line, voip=line.voip, kind="incoming", status="NO ANSWER", number_from=OWN)

    page = told(sign_in(operator).get("/admin/").content.decode()).lower()

    assert " 1 missed today " in page


@pytest.mark.parametrize("model", ["calls/call", "autocalls/autocall"])
def test_no_history_shows_it(model: str, operator: User) -> None:
    give_every_right(operator)
    row = foreign_records()[model.partition("/")[2]]

    answer = sign_in(operator).get(f"/admin/{model}/{row.pk}/history/")

    assert answer.status_code in (302, 404)


def test_a_list_does_not_tell_how_many_rows_the_table_has(operator: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voipcrm.backoffice.changelist.LARGEST_COUNT", 1)
    line = Sip.objects.get(sip="101")
    for _call in range(3):
        make.call(sip=line, voip=line.voip)
    client = sign_in(operator)

    assert client.get("/admin/calls/call/").context["cl"].paginator.estimate is None


# --- what is one's own


def test_an_operator_sees_the_calls_of_their_lines_and_those_they_placed(operator: User, line: Sip) -> None:
    foreign_records()
    own = make.call(sip=line, voip=line.voip)
    placed = make.call(placed_by=operator, number_to=OWN)

    ids = {row["id"] for row in by_token(operator).get("/voip/calls.json").json()["results"]}

    assert ids == {own.pk, placed.pk}


def test_a_follow_up_of_a_number_that_rang_ones_line_is_seen_whoever_has_it(operator: User, line: Sip) -> None:
    make.call(sip=line, voip=line.voip, number_from=OWN)
    jan = User.objects.create_user("jan")
    row = make.follow_up(number=OWN, assignee=jan, state="taken", taken_at=timezone.now())

    assert by_token(operator).get(f"/voip/follow_ups/{row.pk}.json").json()["assignee"] == "jan"


def test_a_call_back_that_rang_ones_line_is_seen(operator: User, line: Sip) -> None:
    row = make.autocall(voip=make.voip(name="Elsewhere"))
    row.calls_made.create(number=1, sip=line, outcome="operator")

    assert by_token(operator).get(f"/voip/autocalls/{row.pk}.json").status_code == 200


def test_a_call_back_of_a_widget_without_lines_rings_those_of_its_configuration(operator: User, line: Sip) -> None:
    row = make.autocall(widget=make.widget(voip=line.voip))

    assert by_token(operator).get(f"/voip/autocalls/{row.pk}.json").status_code == 200


def test_an_operator_dials_from_their_own_line_only(operator: User, line: Sip) -> None:
    other = make.sip(sip="200", voip=line.voip)

    answers = [
        by_token(operator).post("/voip/calls/make_call.json", {"sip": each.sip, "number_to": OWN})
        for each in (other, line)
    ]

    assert [answer.status_code for answer in answers] == [400, 201]
    assert answers[0].json()["sip"] == ["There is no line “200”."]
    assert answers[1].json()["placed_by"] == "ewa"


def test_nobody_writes_a_call_that_they_would_not_see(operator: User, line: Sip) -> None:
    client = by_token(operator)

    refused = client.post("/voip/calls.json", {"number_from": OWN})
    stored = client.post("/voip/calls.json", {"number_from": OWN, "sip_id": line.pk})

    assert (refused.status_code, refused.json()["code"], stored.status_code) == (403, "out_of_sight", 201)
    assert Call.objects.count() == 1


def test_nobody_moves_a_call_out_of_their_sight(operator: User, line: Sip) -> None:
    other = make.sip(sip="200", voip=line.voip)
    call = make.call(sip=line, voip=line.voip)

    answer = by_token(operator).patch(f"/voip/calls/{call.pk}.json", {"sip_id": other.pk})

    call.refresh_from_db()
    assert (answer.status_code, call.sip_id) == (403, line.pk)


def test_the_admin_says_so_too(operator: User) -> None:
    form = {"start_time_0": "10.03.2026", "start_time_1": "12:00", "number_from": OWN}

    answer = sign_in(operator).post("/admin/calls/call/add/", form)

    assert "You would not see this record yourself" in told(answer.content.decode())
    assert not Call.objects.exists()


def test_the_right_to_see_all_lines_shows_all_calls() -> None:
    foreign_records()

    assert len(by_token(in_role("Supervisor")).get("/voip/calls.json").json()["results"]) == 2


def test_nobody_gives_a_line_whose_calls_they_do_not_see(operator: User, line: Sip) -> None:
    give_every_right(operator)
    other = make.sip(sip="200", voip=line.voip)

    answers = [
        by_token(operator).post("/voip/staff_lines.json", {"user": "ewa", "sip_id": each.pk}).status_code
        for each in (other, line)
    ]

    assert answers == [403, 200]


def test_cells_of_the_list_are_those_of_ones_own(operator: User, line: Sip) -> None:
    foreign_records()
    make.call(sip=line, voip=line.voip, number_from=OWN)

    assert cells(Client.get(sign_in(operator), "/admin/calls/call/").content.decode(), "caller") == ["+48 501 502 503"]
