"""Which line rings, and what is said when none can."""

from typing import Any

import make
import pytest
from django.contrib.auth.models import User

from sips.lines import CannotDial, can_dial, find_line, why_not
from sips.models import Sip

pytestmark = pytest.mark.django_db


def refusal(sip: str = "100", *, voip_id: int | None = None, by_sip: bool = True) -> tuple[str, str]:
    with pytest.raises(CannotDial) as caught:
        find_line(sip, voip_id=voip_id, by_sip=by_sip)
    return caught.value.field, str(caught.value)


def office(**fields: Any) -> int:
    return make.voip(**{"address": "pbx.example.com"} | fields).pk


def test_a_line_is_found_by_its_number_with_its_configuration_and_without_its_password() -> None:
    line = make.sip(sip="100")
    make.sip(sip="101", voip=line.voip)

    found = find_line("100", voip_id=None, by_sip=True)

    assert (found, found.voip) == (line, line.voip)
    assert "password" not in found.__dict__


@pytest.mark.parametrize("asleep", ["line", "configuration", "neither has one"])
def test_a_line_with_the_same_number_that_cannot_ring_is_skipped(asleep: str) -> None:
    twin = make.sip(sip="100", voip_id=office(active=asleep != "configuration"), active=asleep != "line")
    if asleep == "neither has one":
        Sip.objects.filter(pk=twin.pk).update(voip=None)
    line = make.sip(sip="100", voip_id=office())

    assert find_line("100", voip_id=None, by_sip=True) == line


def test_two_that_can_ring_are_told_apart_by_their_configuration() -> None:
    one, other = (make.sip(sip="100", voip_id=office()) for _ in range(2))

    field, told = refusal()

    assert field == "voip_id"
    assert f"{one.voip_id}, {other.voip_id}" in told
    assert find_line("100", voip_id=other.voip_id, by_sip=True) == other


def test_the_configuration_that_is_named_is_the_only_one_looked_in() -> None:
    make.sip(sip="100", voip_id=office())
    empty = office()

    assert refusal(voip_id=empty) == ("sip", f"There is no line “100” in configuration {empty}.")


def test_an_unknown_line_is_named() -> None:
    assert refusal("999") == ("sip", "There is no line “999”.")


def test_of_those_that_cannot_ring_one_with_a_configuration_says_why() -> None:
    Sip.objects.create(sip="100", name="Spare")
    make.sip(sip="100", voip_id=office(), active=False)

    assert refusal() == ("sip", "Line “100” is not active; activate it.")


def test_of_several_that_cannot_ring_the_oldest_says_why() -> None:
    inactive, active = office(active=False), office()
    oldest = make.sip(sip="100", voip_id=active, active=False)
    make.sip(sip="100", voip_id=inactive)
    Sip.objects.filter(pk=oldest.pk).update(name="Changed, so that the database keeps it behind the other")

    assert refusal() == ("sip", "Line “100” is not active; activate it.")


def test_a_line_of_no_configuration_says_so() -> None:
    Sip.objects.create(sip="100", name="Spare")

    assert "belongs to no VoIP configuration" in refusal()[1]


def test_an_inactive_configuration_is_named() -> None:
    voip_id = office(active=False, name="Warehouse")
    make.sip(sip="100", voip_id=voip_id)

    assert refusal() == ("sip", f"VoIP configuration {voip_id} (Warehouse) is not active; activate it.")


@pytest.mark.parametrize(
    ("lacking", "missing"),
    [
        ({"username": ""}, "username"),
        ({"password": ""}, "password"),
        ({"username": "", "password": ""}, "username, password"),
    ],
)
def test_a_call_by_sip_needs_a_login(lacking: dict[str, str], missing: str) -> None:
    make.sip(sip="100", voip_id=office(), **lacking)

    assert refusal() == ("sip", f"Line “100” lacks {missing}; a call by SIP needs username and password.")
    assert find_line("100", voip_id=None, by_sip=False).sip == "100"


def test_a_call_by_sip_needs_a_server() -> None:
    make.sip(sip="100", voip_id=office(address=""))

    assert "has no address" in refusal()[1]


@pytest.mark.parametrize(("provider", "told"), [("", "has no provider"), ("gone", "cannot be placed through gone")])
def test_a_call_through_the_provider_needs_one_that_can(provider: str, told: str) -> None:
    make.sip(sip="100", voip_id=office(provider=provider))

    assert told in refusal(by_sip=False)[1]
    assert find_line("100", voip_id=None, by_sip=True).sip == "100"


def test_a_provider_that_cannot_dial_is_told_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    make.sip(sip="100", voip_id=office(provider="telecube"))
    monkeypatch.setattr("integrations.providers.telecube.Telecube.can_dial", False, raising=False)

    assert "cannot be placed through Telecube" in refusal(by_sip=False)[1]


@pytest.mark.parametrize(
    ("configuration", "line", "by_sip", "by_provider"),
    [
        ({}, {}, True, True),
        ({"provider": ""}, {}, True, False),
        ({"address": ""}, {}, False, True),
        ({"address": "", "provider": ""}, {}, False, False),
        ({}, {"active": False}, False, False),
    ],
)
def test_a_line_says_in_which_ways_it_can_ring(
    configuration: dict[str, Any], line: dict[str, Any], by_sip: bool, by_provider: bool
) -> None:
    pk = make.sip(sip="100", voip_id=office(**configuration), **line).pk
    row = Sip.objects.without_secrets().select_related("voip").get(pk=pk)

    assert (can_dial(row, by_sip=True), can_dial(row, by_sip=False)) == (by_sip, by_provider)
    assert bool(why_not(pk)) is not (by_sip or by_provider)


def test_why_it_cannot_ring_is_said_of_sip_first() -> None:
    make.sip(sip="100")
    assert "has no address" in why_not(make.sip(sip="100", voip_id=office(address="", provider="")).pk)


def test_a_line_of_somebody_else_does_not_exist_for_who_sees_their_own_alone() -> None:
    ewa, line = User.objects.create_user("ewa"), make.sip()

    with pytest.raises(CannotDial, match="no line"):
        find_line(line.sip, voip_id=None, by_sip=True, user=ewa)
    make.staff_line(ewa, line)

    assert find_line(line.sip, voip_id=None, by_sip=True, user=User.objects.get(pk=ewa.pk)) == line
