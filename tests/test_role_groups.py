"""The groups that are made for the roles."""

import pytest
from django.contrib.auth.models import Group, User
from roles import NAMES, in_role, role
from staff import sign_in

pytestmark = pytest.mark.django_db


def test_a_group_of_that_name_keeps_its_rights(capsys: pytest.CaptureFixture[str]) -> None:
    Group.objects.filter(name="Operator").delete()
    Group.objects.create(name="Operator")

    assert not role("Operator").permissions.exists()
    assert 'There is a group "Operator" already' in capsys.readouterr().out


def test_an_administrator_gives_every_role() -> None:
    for name in NAMES:
        role(name)
    administrator, clerk = in_role("Administrator"), User.objects.create_user("clerk")

    page = sign_in(administrator).get(f"/admin/auth/user/{clerk.pk}/change/").content.decode()

    assert all(f">{name}</option>" in page for name in NAMES)
