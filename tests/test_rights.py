"""Who may do what, through the API and in the admin: the table of docs/rights.md, and what no right gives."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import make
import pytest
from django.contrib.auth.models import Group, Permission, User
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient
from staff import sign_in, told

from autocalls.models import Refusal, Status
from calls.models import FollowUp, Outcome
from integrations.models import WebhookDelivery
from sips.models import Voip
from voipcrm.audit.entries import AuditEntry
from voipcrm.models import ApiToken

pytestmark = pytest.mark.django_db
PAGE = Path(__file__).parent.parent / "docs" / "rights.md"


class Row(NamedTuple):
    right: str
    api: str
    admin: str
    roles: str


def _read(line: str) -> Row:
    return Row(*(cell.strip().strip("`") for cell in line.strip("|\n").split("|")))


LINES = [line for line in PAGE.read_text().splitlines() if line.startswith("| `")]
ROWS = [_read(line) for line in LINES if line.count("|") == 5]
BESIDES = {line.split("`")[1]: line.strip("|\n ").rpartition("|")[2].split() for line in LINES if line.count("|") == 4}
"""Rights that open nothing of their own, and the roles that have them."""


def right(name: str) -> Permission:
    app, _dot, codename = name.partition(".")
    return Permission.objects.get(content_type__app_label=app, codename=codename)


def person(*names: str, but: tuple[str, ...] | None = None) -> User:
    """Somebody of the staff with these rights alone, or with all but some."""
    user = User.objects.create_user("clerk", is_staff=True)
    everything = Permission.objects.select_related("content_type")
    names = (*names, "sips.view_all_lines")
    all_but = [row for row in everything if but and f"{row.content_type.app_label}.{row.codename}" not in but]
    user.user_permissions.set(all_but if but else map(right, names))
    return user


def by_token(user: User) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {ApiToken.objects.issue(user, name='test')[1]}")
    return client


RECORDS: dict[str, Any] = {
    "call": lambda: make.call(status="BUSY"),
    "sip": make.sip,
    "voip": make.voip,
    "widget": make.widget,
    "autocall": make.autocall,
    "taken": lambda: make.autocall(status=Status.TAKEN, taken_at=timezone.now()),
    "note": make.note,
    "followup": lambda: make.follow_up(number=f"+485015{FollowUp.objects.count():05}"),
    "outcome": lambda: make.outcome(f"Sold {Outcome.objects.count()}"),
    "staffline": lambda: make.staff_line(User.objects.create_user(f"anna{User.objects.count()}")),
    "over": lambda: make.autocall(status=Status.DONE, finished_at=timezone.now()),
    "user": lambda: User.objects.create_user("somebody"),
    "group": lambda: Group.objects.create(name="Shift"),
    "auditentry": lambda: AuditEntry.objects.create(at=timezone.now(), who="ewa", by="admin", action="signed_in"),
    "apitoken": lambda: ApiToken.objects.issue(User.objects.create_user("owner"), name="CRM")[0],
    "refusal": lambda: Refusal.objects.create(
        widget=make.widget(), code="closed", number="+48501502503", day=timezone.now()
    ),
    "webhookdelivery": lambda: WebhookDelivery.objects.create(
        voip=make.voip(), fingerprint="1", body=b"x", received_at=timezone.now()
    ),
}


def answer(client: Any, request: str) -> int:
    method, _space, path = request.partition(" ")
    path = re.sub(r":(\w+)", lambda found: str(RECORDS[found[1]]().pk), path)
    if isinstance(client, APIClient):
        return int(client.generic(method, path, "{}", content_type="application/json").status_code)
    form = {"_form_submitted": "on", "post": "yes"}
    return int((client.post(path, form) if method == "POST" else client.get(path)).status_code)


def page_of(row: Row) -> str:
    """The right to see the page on which a button is: `calls.view_call`."""
    app, model = row.admin.split("/")[2:4]
    return f"{app}.view_{model}"


def _as_good(name: str) -> tuple[str, ...]:
    """Rights that give the same: who may change a record may see it in the admin."""
    return (name, name.replace(".view_", ".change_"))


def test_the_table_of_rights_is_parsed_completely() -> None:
    assert (len(ROWS) > 75, len(BESIDES)) == (True, 3)
    assert {row.right.partition(".")[0] for row in ROWS} == {
        "calls",
        "sips",
        "widgets",
        "autocalls",
        "auth",
        "voipcrm",
        "integrations",
    }


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.right} {row.api} {row.admin}")
def test_the_right_opens_api_and_admin_alike(row: Row) -> None:
    user = person(row.right, re.sub(r"\.\w+?_", ".view_", row.right), page_of(row))

    codes = [
        answer(client, asked) for client, asked in ((by_token(user), row.api), (sign_in(user), row.admin)) if asked
    ]

    assert not {401, 403, 404, 405} & set(codes), codes


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.right} {row.api} {row.admin}")
def test_all_other_rights_together_do_not_open_an_endpoint(row: Row) -> None:
    user = person(but=_as_good(row.right))

    codes = [
        answer(client, asked) for client, asked in ((by_token(user), row.api), (sign_in(user), row.admin)) if asked
    ]

    assert set(codes) == {403}, codes


# --- secrets


def test_the_right_to_view_shows_no_webhook_secret() -> None:
    voip = make.voip()
    client = by_token(person("sips.view_voip"))

    told_one, told_all = client.get(f"/voip/voips/{voip.pk}.json"), client.get("/voip/voips.json")

    assert (told_one.json()["webhook_url"], told_all.json()["results"][0]["webhook_url"]) == (None, None)
    assert voip.webhook_secret not in told_one.content.decode() + told_all.content.decode()


def test_who_may_change_reads_it() -> None:
    voip = make.voip()

    answer = by_token(person("sips.view_voip", "sips.change_voip")).get(f"/voip/voips/{voip.pk}.json")

    assert answer.json()["webhook_url"] == voip.webhook_url


DATERA = {"dial": {"url": "https://api.datera.example/calls?k={api_key}"}}
ELSEWHERE: tuple[dict[str, Any], ...] = (
    {"api_url": "https://evil.example/"},
    {"api_url": "http://api.example.com/"},
    {"api_url": "https://api.example.com:8443/"},
    {"api_url": "https://api.example.com@evil.example/"},
    {"api_url": ""},
    {"provider": "zadarma", "settings": {}},
    {"settings": {"dial": {"url": "https://evil.example/calls?k={api_key}"}}},
    {"settings": {}},
)


def _datera() -> Voip:
    return make.voip(provider="datera", api_url="https://api.example.com/v1", api_key="key", settings=DATERA)


@pytest.mark.parametrize("change", ELSEWHERE, ids=str)
def test_a_stored_key_does_not_go_to_another_host(alice: APIClient, change: dict[str, Any]) -> None:
    voip = _datera()

    answer = alice.patch(f"/voip/voips/{voip.pk}.json", change)

    assert (answer.status_code, answer.json()["api_key_set"]) == (200, False), answer.content
    assert Voip.objects.get().api_key == ""


@pytest.mark.parametrize(
    "change",
    [
        {"api_url": "https://API.example.com/v2"},
        {"name": "Other"},
        {"provider": "Datera"},
        {"settings": DATERA | {"dial": {"url": "https://api.datera.example/other"}}},
    ],
    ids=str,
)
def test_on_the_same_host_the_key_stays(alice: APIClient, change: dict[str, Any]) -> None:
    voip = _datera()

    assert alice.patch(f"/voip/voips/{voip.pk}.json", change).json()["api_key_set"] is True
    assert Voip.objects.get().api_key == "key"


def test_a_key_that_comes_along_goes_there(alice: APIClient) -> None:
    voip = _datera()

    alice.patch(f"/voip/voips/{voip.pk}.json", {"api_url": "https://new.example/", "api_key": "new"})

    assert Voip.objects.get().api_key == "new"


def test_the_admin_removes_it_too_and_says_so() -> None:
    voip = _datera()
    form = {"name": "Office", "provider": "datera", "country": "PL", "time_zone": "Europe/Warsaw", "settings": "{}"}
    form |= {"caller_id_header": voip.caller_id_header}
    client = sign_in(User.objects.create_superuser("root"))

    page = client.post(f"/admin/sips/voip/{voip.pk}/change/", form | {"api_url": "https://evil.example/"}, follow=True)

    assert Voip.objects.get().api_key == ""
    assert "the API key was removed: enter it again" in told(page.content.decode())


# --- users


def _post_user(client: Client, user: User, **fields: Any) -> int:
    form = {
        "username": user.username,
        "is_active": "on",
        "is_staff": "on",
        "date_joined_0": "2026-01-01",
        "date_joined_1": "12:00",
    }
    return int(client.post(f"/admin/auth/user/{user.pk}/change/", form | fields).status_code)


def test_nobody_makes_themselves_a_superuser() -> None:
    clerk = person("auth.change_user", "auth.view_user")

    _post_user(sign_in(clerk), clerk, is_superuser="on", user_permissions=[right("calls.view_call").pk])

    clerk.refresh_from_db()
    assert not clerk.is_superuser
    assert not clerk.user_permissions.filter(codename="view_call").exists()


def test_a_group_grants_no_more_than_its_giver_has() -> None:
    strong = Group.objects.create(name="All")
    strong.permissions.set(Permission.objects.all())
    mine = Group.objects.create(name="Shift")
    clerk = person("auth.change_user", "auth.view_user", "auth.change_group", "auth.view_group")
    clerk.groups.add(mine)
    client = sign_in(clerk)

    _post_user(client, clerk, groups=[strong.pk])
    client.post(f"/admin/auth/group/{mine.pk}/change/", {"name": "Shift", "permissions": [right("calls.view_call").pk]})

    assert list(clerk.groups.all()) == [mine]
    assert not mine.permissions.exists()
    assert client.post(f"/admin/auth/group/{strong.pk}/change/", {"name": "Mine"}).status_code == 403


@pytest.mark.parametrize(
    "stronger", [{"is_superuser": True}, {"is_superuser": True, "is_active": False}, {"is_active": False}, {}]
)
def test_nobody_takes_over_a_stronger_account(stronger: dict[str, Any]) -> None:
    boss = User.objects.create_user("boss", **stronger)
    boss.user_permissions.add(right("calls.delete_call"))
    client = sign_in(person("auth.change_user", "auth.view_user", "auth.delete_user"))
    password = {"password1": "a new long word", "password2": "a new long word"}

    codes = [
        _post_user(client, boss),
        client.post(f"/admin/auth/user/{boss.pk}/password/", password).status_code,
        client.post(f"/admin/auth/user/{boss.pk}/delete/", {"post": "yes"}).status_code,
    ]

    assert codes == [403, 403, 403]


def test_who_may_change_users_gives_what_they_have() -> None:
    other = User.objects.create_user("other")
    clerk = person("auth.change_user", "auth.view_user", "calls.view_call")

    _post_user(sign_in(clerk), other, user_permissions=[right("calls.view_call").pk])

    assert other.user_permissions.get() == right("calls.view_call")


# --- tokens


@pytest.mark.parametrize("state", [{"active": False}, {"expires_at": timezone.now()}], ids=["off", "expired"])
def test_a_token_of_somebody_else_is_not_revived(state: dict[str, Any]) -> None:
    token = ApiToken.objects.issue(User.objects.create_superuser("root"), name="CRM")[0]
    ApiToken.objects.filter(pk=token.pk).update(**state)
    client = sign_in(person("voipcrm.change_apitoken", "voipcrm.view_apitoken", "voipcrm.add_apitoken"))

    form = {"name": "CRM", "active": "on", "expires_at_0": "2099-01-01", "expires_at_1": "00:00"}
    client.post(f"/admin/voipcrm/apitoken/{token.pk}/change/", form)

    assert not ApiToken.objects.get(pk=token.pk).is_valid


def test_a_token_of_somebody_else_can_be_switched_off() -> None:
    token = ApiToken.objects.issue(User.objects.create_superuser("root"), name="CRM")[0]

    sign_in(person("voipcrm.change_apitoken")).post(f"/admin/voipcrm/apitoken/{token.pk}/change/", {})

    assert not ApiToken.objects.get(pk=token.pk).is_valid


# --- call-backs


def test_calling_again_does_not_pull_a_scheduled_call_back_to_now() -> None:
    row = make.autocall(call_at=timezone.now() + timedelta(days=1))
    client = sign_in(person("autocalls.add_autocall", "autocalls.view_autocall"))

    client.post(f"/admin/autocalls/autocall/{row.pk}/call_again/", {"_form_submitted": "on"})

    before = row.call_at
    row.refresh_from_db()
    assert row.call_at == before


def test_only_rights_that_mean_something_are_offered_in_the_readers_language() -> None:
    html = sign_in(User.objects.create_superuser("root"), language="pl").get("/admin/auth/group/add/").content.decode()

    offered = re.findall(r"<option[^>]*>\s*([^<]+?)\s*</option>", html)
    assert "Połączenia: dodawanie" in offered
    assert not [right for right in offered if "Can " in right or "|" in right]
