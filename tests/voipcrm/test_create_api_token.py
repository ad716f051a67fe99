import io
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

from voipcrm.models import ApiToken

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def create(*arguments: str) -> str:
    output = io.StringIO()
    call_command("create_api_token", *arguments, stdout=output)
    return output.getvalue()


def test_the_command_prints_only_the_token_which_is_valid(stranger: APIClient) -> None:
    User.objects.create_superuser("root")

    printed = create("root", "--name", "crm")

    assert printed == f"{printed.strip()}\n"
    assert stranger.get("/voip/calls.json", HTTP_AUTHORIZATION=f"Bearer {printed.strip()}").status_code == 200


def test_the_token_has_its_name_and_no_end() -> None:
    user = User.objects.create_user("clerk")

    create("clerk", "--name", " crm ")

    assert ApiToken.objects.values("user", "name", "expires_at", "active").get() == {
        "user": user.pk, "name": "crm", "expires_at": None, "active": True,
    }  # fmt: skip


def test_a_token_may_expire_after_some_days() -> None:
    User.objects.create_user("clerk")

    with time_machine.travel(NOON, tick=False):
        create("clerk", "--name", "crm", "--expires-in-days", "30")

    assert ApiToken.objects.get().expires_at == NOON + timedelta(days=30)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nobody", "--name", "crm"], "There is no user “nobody”"),
        (["clerk", "--name", " "], "--name"),
        (["clerk", "--name", "x" * 101], "--name"),
        (["clerk", "--name", "crm", "--expires-in-days", "0"], "--expires-in-days"),
        (["clerk", "--name", "crm", "--expires-in-days", "-1"], "--expires-in-days"),
        (["clerk", "--name", "crm", "--expires-in-days", "99999999999"], "--expires-in-days"),
        (["clerk", "--name", "crm", "--expires-in-days", "soon"], "--expires-in-days"),
        (["clerk"], "--name"),
    ],
)
def test_a_mistake_is_named_and_makes_no_token(arguments: list[str], sentence: str) -> None:
    User.objects.create_user("clerk")

    with pytest.raises(CommandError, match=sentence):
        create(*arguments)

    assert not ApiToken.objects.exists()
