"""Short numbers that are services, not extensions: emergency and service numbers, and codes that change a line's settings (`##002#`)."""

import phonenumbers
from django.conf import settings
from phonenumbers import shortnumberinfo

from sips.models import Sip, Voip

ALL = "all"
"""Value of SERVICE_CODES_ALLOWED that allows all of them."""

EVERYWHERE = frozenset({"112", "911"})
"""Mobile networks treat these as emergency numbers in any country (3GPP TS 22.101, 10.1.1)."""


def is_forbidden(number: str, voip: Voip) -> bool:
    """Whether `number`, which is not E.164, is a service that SERVICE_CODES_ALLOWED does not name. A line of the configuration is an extension."""
    allowed = settings.SERVICE_CODES_ALLOWED
    if ALL in allowed or number in allowed:
        return False
    if not number.isdecimal() or _is_emergency(number, voip.country):
        return True
    return _is_service(number, voip.country) and not Sip.objects.filter(voip=voip, sip=number).exists()


def _is_emergency(number: str, country: str) -> bool:
    return number in EVERYWHERE or shortnumberinfo.connects_to_emergency_number(number, country)


def _is_service(number: str, country: str) -> bool:
    code = phonenumbers.country_code_for_region(country)
    parsed = phonenumbers.PhoneNumber(country_code=code, national_number=int(number))
    return shortnumberinfo.is_valid_short_number_for_region(parsed, country)
