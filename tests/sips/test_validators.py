"""What the fields of a configuration may hold."""

import pytest
from django.core.exceptions import ValidationError

from sips import validators


@pytest.mark.parametrize("port", ["1", "5060", "65535"])
def test_a_port_is_from_1_to_65535(port: str) -> None:
    validators.validate_port(port)


@pytest.mark.parametrize("port", ["", "0", "05060", "65536", "99999", "100000", "5060 ", "-1", "٥٠٦٠"])
def test_any_other_port_is_refused(port: str) -> None:
    with pytest.raises(ValidationError, match="from 1 to 65535"):
        validators.validate_port(port)


@pytest.mark.parametrize("host", ["pbx", "pbx.example.com", "192.0.2.1", "2001:db8::1", "[2001:db8::1]", "a", "a-1"])
def test_a_host_is_a_name_or_an_address(host: str) -> None:
    validators.validate_host(host)


@pytest.mark.parametrize("host", ["", "sip:pbx", "pbx:5060", "-pbx", "pbx-", "p bx", "2001:db8::g", "żółw.pl"])
def test_any_other_host_is_refused(host: str) -> None:
    with pytest.raises(ValidationError, match="host name or an IP address"):
        validators.validate_host(host)


@pytest.mark.parametrize(
    "proxy", ["sbc.example.com", "sbc.example.com:5080", "2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:5080"]
)
def test_a_proxy_is_a_host_with_a_port_or_without(proxy: str) -> None:
    validators.validate_host_and_port(proxy)


@pytest.mark.parametrize("proxy", ["sbc:", "sbc:0", ":5080", "sip:sbc:5080", "[2001:db8::1]:70000"])
def test_any_other_proxy_is_refused(proxy: str) -> None:
    with pytest.raises(ValidationError):
        validators.validate_host_and_port(proxy)


@pytest.mark.parametrize(
    "networks", [[], ["185.45.152.0/22"], ["185.45.152.7/22", "2001:db8::1/32"], ["192.0.2.1"], ["192.0.2.1"] * 100]
)
def test_networks_are_a_list_of_addresses_and_networks_also_with_bits_of_a_host(networks: list[str]) -> None:
    validators.validate_networks(networks)


@pytest.mark.parametrize("networks", ["192.0.2.1", {"192.0.2.1": 1}, None, ["192.0.2.1"] * 101])
def test_networks_are_a_list_of_at_most_100(networks: object) -> None:
    with pytest.raises(ValidationError, match="a list of at most 100"):
        validators.validate_networks(networks)


@pytest.mark.parametrize("entry", ["192.0.2.300", "192.0.2.0/33", "", "pbx", 3232235521, None])
def test_what_is_no_network_is_named(entry: object) -> None:
    with pytest.raises(ValidationError, match="is not an IP address or network"):
        validators.validate_networks(["192.0.2.1", entry])


@pytest.mark.parametrize("number", ["", "+48 22 123-45-67", "601*1#", "desk_7", "(22) 1/2"])
def test_a_shown_number_is_what_can_be_written_in_a_header(number: str) -> None:
    validators.validate_caller_id(number)


@pytest.mark.parametrize("number", ['"Jan" <100>', "100\r\nX: y", "żółw", "a;b"])
def test_what_could_end_the_header_is_refused(number: str) -> None:
    with pytest.raises(ValidationError, match="telephone number"):
        validators.validate_caller_id(number)


def test_zone_country_and_provider_are_of_those_that_are_known() -> None:
    validators.validate_time_zone("Europe/Warsaw")
    validators.validate_country("PL")
    validators.validate_provider("telecube")

    for validate, value, told in [
        (validators.validate_time_zone, "Warsaw", "IANA"),
        (validators.validate_country, "pl", "two capital letters"),
        (validators.validate_provider, "gone", "use one of: .*telecube"),
    ]:
        with pytest.raises(ValidationError, match=told):
            validate(value)
