from datetime import timedelta
from typing import Any

import make
import pytest
from django.utils import timezone

from calls.models import AWAITS_ID, Call, Via
from calls.statuses import Status, precedence
from integrations.webhooks import addressee
from sips.models import Voip

pytestmark = pytest.mark.django_db


def found(voip: Voip, *, with_key: bool = False) -> Voip | None:
    return addressee.find("telecube", voip.webhook_secret, with_key=with_key)


def test_the_configuration_is_found_with_what_receiving_takes() -> None:
    kept: dict[str, Any] = {
        "country": "CZ",
        "time_zone": "Europe/Prague",
        "api_url": "https://operator.example.com",
        "api_login": "desk",
        "settings": {"fields": {"number_from": ["caller"]}},
        "webhook_ips": ["192.0.2.0/24"],
    }
    voip = make.voip(**kept)

    account = found(voip)

    assert account == voip
    assert {name: account.__dict__[name] for name in kept} == kept


@pytest.mark.parametrize("with_key", [True, False])
def test_the_key_is_decrypted_only_where_it_is_asked_for(with_key: bool) -> None:
    account = found(make.voip(api_key="s3cret"), with_key=with_key)

    assert account is not None
    assert account.__dict__.get("api_key") == ("s3cret" if with_key else None)


def test_inactive_configurations_and_those_of_other_providers_are_not_found() -> None:
    inactive, other = make.voip(active=False), make.voip(provider="zadarma")

    assert found(inactive) is found(other) is addressee.find("telecube", "guessed", with_key=False) is None


REQUEST: dict[str, Any] = {"via": Via.PROVIDER, "reference": "vcrm-1", "status": Status.DIALING, "precedence": 20}


@pytest.mark.parametrize(
    ("said", "awaited"),
    [
        ({}, True),
        ({"precedence": precedence(Status.FAILED) - 1}, True),
        ({"precedence": precedence(Status.FAILED)}, False),
        ({"provider_call_id": "op-1"}, False),
        ({"reference": ""}, False),
        ({"via": Via.SIP}, False),
    ],
    ids=str,
)
def test_whether_a_request_awaits_its_id_is_read_along(said: dict[str, Any], awaited: bool) -> None:
    voip = make.voip()
    make.call(voip=voip, dialed_at=timezone.now(), **(REQUEST | said))

    account = found(voip)

    assert account is not None
    assert account.awaits_id is awaited is Call.everything.filter(AWAITS_ID).exists()


@pytest.mark.parametrize(("seconds", "awaited"), [(119, True), (145, True), (155, False)])
def test_a_request_is_waited_for_two_minutes_and_a_late_webhooks_grace(seconds: int, awaited: bool) -> None:
    voip = make.voip()
    make.call(voip=voip, dialed_at=timezone.now() - timedelta(seconds=seconds), **REQUEST)

    account = found(voip)

    assert account is not None
    assert account.awaits_id is awaited


def test_a_request_dialed_elsewhere_is_not_waited_for() -> None:
    make.call(voip=make.voip(), dialed_at=timezone.now(), **REQUEST)

    account = found(make.voip())

    assert account is not None
    assert not account.awaits_id


def test_what_is_remembered_of_one_provider_is_nothing_of_another() -> None:
    voip = make.voip()
    found(voip)

    assert addressee.recall("zadarma", voip.webhook_secret) is None
    assert addressee.recall("telecube", voip.webhook_secret) == voip


def test_of_very_many_configurations_not_all_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addressee, "_remembered", {})
    monkeypatch.setattr(addressee, "MOST_REMEMBERED", 2)

    for _each in range(3):
        latest = make.voip()
        found(latest)

    assert len(addressee._remembered) <= 2
    assert addressee.recall("telecube", latest.webhook_secret) == latest
