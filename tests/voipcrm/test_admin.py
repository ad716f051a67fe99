"""Every page of the back-office, and the pages about access."""

import re
from collections.abc import Callable
from typing import Any

import make
import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from staff import sign_in, staff, superuser, told
from unfold.admin import ModelAdmin

from autocalls.models import Autocall, Refusal
from calls.models import Call, FollowUp, Note, Outcome
from integrations.models import WebhookDelivery
from sips.models import Sip, StaffLine, Voip
from voipcrm.audit.entries import AuditEntry
from voipcrm.models import ApiToken, digest_of
from widgets.models import Widget

pytestmark = pytest.mark.django_db


def delivery(number: int) -> Model:
    now = timezone.now()
    voip = make.voip()
    return WebhookDelivery.objects.create(
        voip=voip, fingerprint=str(number), method="POST", body=b"{}", received_at=now
    )


def call(number: int) -> Model:
    line = make.sip()
    return make.call(voip=line.voip, sip=line, number_from=f"+4850150{number:04}")


def autocall(number: int) -> Model:
    line = make.sip()
    return Autocall.objects.create(
        number=f"+4850150{number:04}", widget=make.widget(), voip=line.voip, sip=line, last_call=make.call()
    )


def refusal(number: int) -> Model:
    promised = Autocall.objects.create(number=f"+4850150{number:04}")
    allowed_by = User.objects.create_user(f"boss{number}")
    fields = {"number": f"+4850150{number:04}", "code": "limit_number", "day": timezone.now().date()}
    return Refusal.objects.create(widget=make.widget(), autocall=promised, allowed_by=allowed_by, **fields)


def owner(number: int) -> User:
    return User.objects.create_user(f"owner{number}")


def token(number: int) -> Model:
    return ApiToken.objects.issue(owner(number), name="CRM")[0]


def audit_entry(number: int) -> Model:
    """Of a change that names a record of its own."""
    changes = {"sip_id": [None, make.sip().pk], "outcome_id": [None, make.outcome(f"Sold {number}").pk]}
    return AuditEntry.objects.create(
        at=timezone.now(),
        who="ewa",
        by="admin",
        action="changed",
        model="calls.call",
        object_id=number,
        changes=changes,
    )


MAKE: dict[type[Model], Callable[[int], Model]] = {
    Voip: lambda number: make.voip(),
    Sip: lambda number: make.sip(),
    Call: call,
    Widget: lambda number: make.widget(voip=make.voip()),
    FollowUp: lambda number: make.follow_up(number=f"+4850150{number:04}", voip=make.voip(), assignee=owner(number)),
    Note: lambda number: make.note(author=owner(number)),
    Outcome: lambda number: make.outcome(f"Sold {number}"),
    StaffLine: lambda number: make.staff_line(owner(number)),
    Autocall: autocall,
    Refusal: refusal,
    WebhookDelivery: delivery,
    ApiToken: token,
    User: lambda number: User.objects.create_user(f"user{number}"),
    Group: lambda number: Group.objects.create(name=f"group{number}"),
    AuditEntry: audit_entry,
}
MODELS = [pytest.param(model, id=model.__name__) for model in MAKE]


def path(model: type[Model], rest: str = "") -> str:
    return f"/admin/{model._meta.app_label}/{model._meta.model_name}/{rest}"


def test_every_registered_model_is_walked_and_wears_the_looks_of_unfold() -> None:
    assert set(admin.site._registry) == set(MAKE)
    assert all(isinstance(page, ModelAdmin) for page in admin.site._registry.values())


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("language", ["en", "pl"])
def test_the_list_the_page_and_its_history_open(model: type[Model], language: str) -> None:
    row = MAKE[model](1)
    client = superuser(language=language)

    pages = [path(model), path(model, f"{row.pk}/change/"), path(model, f"{row.pk}/history/"), path(model, "?q=1")]
    assert [client.get(page).status_code for page in pages] == [200] * 4


@pytest.mark.parametrize(
    "model", [param for param in MODELS if param.id not in ("WebhookDelivery", "Refusal", "Note", "AuditEntry")]
)
def test_the_form_for_a_new_one_opens(model: type[Model]) -> None:
    assert superuser().get(path(model, "add/")).status_code == 200


@pytest.mark.parametrize("model", MODELS)
def test_a_list_costs_the_same_queries_for_one_row_and_for_fifty(model: type[Model]) -> None:
    client = superuser()
    MAKE[model](1)
    client.get(path(model))  # what is cached for good is cached now
    with CaptureQueriesContext(connection) as for_one:
        client.get(path(model))
    for number in range(2, 51):
        MAKE[model](number)

    with CaptureQueriesContext(connection) as for_fifty:
        client.get(path(model))

    assert len(for_fifty) == len(for_one)


@pytest.mark.parametrize("model", MODELS)
def test_staff_without_rights_see_403(model: type[Model]) -> None:
    row = MAKE[model](1)
    client = staff()

    assert client.get(path(model)).status_code == 403
    assert client.get(path(model, f"{row.pk}/change/")).status_code == 403


@pytest.mark.parametrize("model", MODELS)
def test_who_may_only_look_can_look(model: type[Model]) -> None:
    row = MAKE[model](1)
    client = staff(f"{model._meta.app_label}.view_{model._meta.model_name}")

    assert client.get(path(model)).status_code == 200
    assert client.get(path(model, f"{row.pk}/change/")).status_code == 200
    assert client.post(path(model, f"{row.pk}/change/"), {}).status_code == 403


@pytest.mark.parametrize("model", MODELS)
def test_who_is_no_staff_is_asked_to_sign_in(model: type[Model]) -> None:
    client = sign_in(User.objects.create_user("visitor"))

    assert client.get(path(model)).headers["Location"].startswith("/admin/login/")


def test_the_sidebar_holds_only_what_its_reader_may_open() -> None:
    html = staff("calls.view_call").get("/admin/").content.decode()

    links = set(re.findall(r'href="(/admin/\w+/\w+/)"', html))
    assert links == {"/admin/calls/call/"}


def new_token(client: Client, **fields: Any) -> str:
    return client.post("/admin/voipcrm/apitoken/add/", {"name": "CRM"} | fields).content.decode()


def test_a_new_token_is_shown_once() -> None:
    client = superuser()

    html = new_token(client, user=User.objects.get().pk)

    secret = re.findall(r"vcrm_\w{40}", html)[0]
    assert ApiToken.objects.get().digest == digest_of(secret)
    later = ["/admin/", "/admin/voipcrm/apitoken/", f"/admin/voipcrm/apitoken/{ApiToken.objects.get().pk}/history/"]
    assert all(secret not in client.get(page).content.decode() for page in later)


def test_a_new_token_passes_through_no_session_cookie_or_log(caplog: pytest.LogCaptureFixture) -> None:
    client = superuser()

    secret = re.findall(r"vcrm_\w{40}", new_token(client, user=User.objects.get().pk))[0]

    assert secret not in str(dict(client.session.items()))
    assert secret not in str(client.cookies)
    assert secret not in caplog.text


def test_the_page_with_a_new_token_is_kept_in_no_cache() -> None:
    client = superuser()
    chosen = {"name": "CRM", "user": User.objects.get().pk}

    assert "no-store" in client.post("/admin/voipcrm/apitoken/add/", chosen).headers["Cache-Control"]


def test_a_digest_is_never_shown_or_written() -> None:
    made = ApiToken.objects.issue(User.objects.create_user("owner"), name="CRM")[0]
    client = superuser()
    page = f"/admin/voipcrm/apitoken/{made.pk}/change/"

    client.post(
        page, {"name": "New name", "digest": "0" * 64, "hint": "0000", "user": User.objects.get(username="root").pk}
    )

    after = ApiToken.objects.get()
    assert (after.name, after.digest, after.hint, after.user) == ("New name", made.digest, made.hint, made.user)
    assert made.digest not in client.get(page).content.decode()


def test_a_token_can_be_switched_off() -> None:
    made = ApiToken.objects.issue(User.objects.create_user("owner"), name="CRM")[0]

    superuser().post(f"/admin/voipcrm/apitoken/{made.pk}/change/", {"name": "CRM"})

    assert not ApiToken.objects.get().is_valid


def test_only_a_superuser_makes_tokens_for_others() -> None:
    root = User.objects.create_superuser("root")
    client = staff("voipcrm.add_apitoken", "voipcrm.view_apitoken")
    clerk = User.objects.get(username="clerk")

    refused = new_token(client, user=root.pk)
    new_token(client, user=clerk.pk)

    assert "vcrm_" not in refused
    assert ApiToken.objects.get().user == clerk


def test_a_user_is_made_with_a_password() -> None:
    fields = {
        "username": "anna",
        "usable_password": "true",
        "password1": "long-and-odd-17",
        "password2": "long-and-odd-17",
    }

    superuser().post("/admin/auth/user/add/", fields)

    assert User.objects.get(username="anna").check_password("long-and-odd-17")


def test_the_language_can_be_switched() -> None:
    client = superuser()

    answer = client.post("/admin/language/", {"language": "pl", "next": "/admin/"}, follow=True)

    assert "Przegląd" in told(answer.content.decode())
