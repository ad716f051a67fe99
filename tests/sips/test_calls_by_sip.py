"""What configurations and lines say about calls by SIP: authentication name, outbound proxy, caller id, hands-free."""

import make
import pytest
from resources import at_fault
from rest_framework.test import APIClient
from staff import superuser

from sips.models import Sip, Voip

pytestmark = pytest.mark.django_db


def test_a_configuration_stores_its_proxy_and_caller_id(alice: APIClient) -> None:
    told = {
        "outbound_proxy": "sbc.example.com:5080",
        "caller_id": "22 123 45 67",
        "caller_id_header": "remote-party-id",
    }

    created = alice.post("/voip/voips.json", {"name": "PBX", "address": "pbx.example.com", **told})

    assert created.status_code == 201
    assert {name: created.json()[name] for name in told} == told | {"caller_id": "+48221234567"}


def test_a_line_stores_auth_username_caller_id_and_hands_free(alice: APIClient) -> None:
    line = make.sip()

    changed = alice.patch(
        f"/voip/sips/{line.pk}.json", {"auth_username": "a77", "caller_id": "601 000 111", "hands_free": True}
    )

    assert changed.status_code == 200
    line.refresh_from_db()
    assert (line.auth_username, line.caller_id, line.hands_free) == ("a77", "+48601000111", True)


def test_fields_that_are_not_given_stay_unset(alice: APIClient) -> None:
    voip = alice.post("/voip/voips.json", {"name": "PBX"}).json()
    line = alice.post("/voip/sips.json", {"name": "Desk", "voip_id": voip["id"]}).json()

    assert (voip["outbound_proxy"], voip["caller_id"], voip["caller_id_header"]) == ("", "", "p-asserted-identity")
    assert (line["auth_username"], line["caller_id"], line["hands_free"]) == ("", "", False)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("outbound_proxy", "sip:sbc.example.com"),
        ("outbound_proxy", "sbc.example.com:"),
        ("outbound_proxy", "sbc.example.com:70000"),
        ("outbound_proxy", "sbc.example.com;transport=tcp"),
        ("caller_id", '"Shop" <22>'),
        ("caller_id", "22\r\nX: 1"),
        ("caller_id_header", "diversion"),
    ],
)
def test_what_sip_cannot_carry_is_refused_by_field(alice: APIClient, field: str, value: str) -> None:
    answer = alice.post("/voip/voips.json", {"name": "PBX", field: value})

    assert (answer.status_code, at_fault(answer)) == (400, [field])


@pytest.mark.parametrize(
    "proxy",
    ["sbc.example.com", "sbc.example.com:5060", "192.0.2.1:5060", "2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:5060"],
)
def test_a_proxy_may_have_a_port(alice: APIClient, proxy: str) -> None:
    assert alice.post("/voip/voips.json", {"name": "PBX", "outbound_proxy": proxy}).status_code == 201


def test_the_admin_form_stores_them() -> None:
    client, line = superuser(), make.sip()
    assert line.voip is not None
    configuration = {"name": "PBX", "country": "PL", "time_zone": "Europe/Warsaw", "active": "on"}

    client.post(
        f"/admin/sips/voip/{line.voip.pk}/change/",
        configuration | {"outbound_proxy": "sbc.example.com", "caller_id": "22 123 45 67", "caller_id_header": "from"},
    )
    client.post(
        f"/admin/sips/sip/{line.pk}/change/", {"name": "Desk", "sip": "100", "auth_username": "a77", "hands_free": "on"}
    )

    voip, changed = Voip.objects.get(), Sip.objects.get()
    assert (voip.outbound_proxy, voip.caller_id, voip.caller_id_header) == ("sbc.example.com", "+48221234567", "from")
    assert (changed.auth_username, changed.hands_free) == ("a77", True)
