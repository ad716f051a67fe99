import pytest
from django.core.exceptions import ImproperlyConfigured

from voipcrm import networks


@pytest.mark.parametrize("address", ["10.1.2.3", "::ffff:10.1.2.3", "2001:db8::1", "10.1.2.3:80", "[2001:db8::1]:80"])
def test_an_address_belongs_to_its_network(address: str) -> None:
    assert networks.is_within(address, ["10.0.0.0/8", "2001:db8::/32"])


@pytest.mark.parametrize("address", ["11.0.0.1", "::1", "", "ten", "10.0.0.1:"])
def test_other_texts_belong_to_none(address: str) -> None:
    assert not networks.is_within(address, ["10.0.0.0/8"])


def test_an_empty_list_holds_nobody() -> None:
    assert not networks.is_within("127.0.0.1", [])


def test_a_wrong_network_stops_the_start_and_is_named() -> None:
    with pytest.raises(ImproperlyConfigured, match=r"TRUSTED_PROXIES.*10\.0\.0\.0/99"):
        networks.check("TRUSTED_PROXIES", ["10.0.0.0/8", "10.0.0.0/99"])


def test_right_networks_pass_through() -> None:
    assert networks.check("TRUSTED_PROXIES", ["10.0.0.1", "::1"]) == ["10.0.0.1", "::1"]


@pytest.mark.parametrize(
    ("address", "counted_as"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:0:1:8::9", "2001:db8:0:1::"),
        ("2001:db8:0:2::9", "2001:db8:0:2::"),
    ],
)
def test_an_address_is_counted_alone_or_with_its_64(address: str, counted_as: str) -> None:
    assert networks.subscriber(address) == counted_as
