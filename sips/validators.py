"""Validators of a configuration's fields; each error names the cure."""

import ipaddress
import re
from zoneinfo import available_timezones

import phonenumbers
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from sips import catalog

MAX_NETWORKS = 100
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")


def validate_port(value: str) -> None:
    if not (re.fullmatch(r"[1-9][0-9]{0,4}", value) and int(value) <= 65535):
        raise ValidationError(_("Give a port from 1 to 65535."))


def validate_host(value: str) -> None:
    if _HOST.fullmatch(value):
        return
    try:
        ipaddress.IPv6Address(value.strip("[]"))
    except ValueError:
        raise ValidationError(_("Give a host name or an IP address, without a scheme or a port.")) from None


def validate_host_and_port(value: str) -> None:
    """A host as above, with `:port` or without; an IPv6 address in brackets where a port follows."""
    host, colon, port = value.rpartition(":")
    if not colon or value.endswith("]") or (":" in host and not host.endswith("]")):
        validate_host(value)
    else:
        validate_host(host)
        validate_port(port)


def validate_caller_id(value: str) -> None:
    if not re.fullmatch(r"[0-9A-Za-z+*#._ ()/-]*", value):
        raise ValidationError(_("Give a telephone number."))


def validate_number(value: str) -> None:
    """A telephone number of ours in any writing, or an extension."""
    if not (re.fullmatch(r"\+?[0-9 ()./-]*", value) and any(map(str.isdecimal, value))):
        raise ValidationError(_("Give a telephone number such as +48 22 123 45 67."))


def validate_sip_number(value: str) -> None:
    """The user part of a SIP address (RFC 3261, 25.1) without what would have to be escaped."""
    if not re.fullmatch(r"[A-Za-z0-9+*#._~-]+", value):
        raise ValidationError(
            _("Give the line's number at the provider, such as 100: letters, digits and + * # . _ ~ - alone.")
        )


def validate_time_zone(value: str) -> None:
    if value not in available_timezones():
        raise ValidationError(_("Give an IANA time zone such as Europe/Warsaw."))


def validate_country(value: str) -> None:
    if value not in phonenumbers.SUPPORTED_REGIONS:
        raise ValidationError(_("Give a country as two capital letters, such as PL."))


def validate_provider(value: str) -> None:
    if catalog.find(value) is None:
        known = ", ".join(slug for slug, _name in catalog.choices())
        raise ValidationError(_("There is no such provider; use one of: %(known)s.") % {"known": known})


def validate_networks(value: object) -> None:
    """A list of addresses or networks, `["185.45.152.0/22"]`."""
    if not isinstance(value, list) or len(value) > MAX_NETWORKS:
        raise ValidationError(_("Give a list of at most %(most)s addresses or networks.") % {"most": MAX_NETWORKS})
    for entry in value:
        try:
            if not isinstance(entry, str):
                raise ValueError
            ipaddress.ip_network(entry, strict=False)
        except ValueError:
            raise ValidationError(_("“%(entry)s” is not an IP address or network.") % {"entry": entry}) from None
