"""Rows for tests. Every argument has a value, so that a test shows only what matters to it."""

from typing import Any

from autocalls.models import Autocall
from calls.models import Call
from sips.models import Sip, Voip
from widgets.models import Widget


def voip(**fields: Any) -> Voip:
    return Voip.objects.create(**{"name": "Office", "provider": "telecube"} | fields)


def sip(**fields: Any) -> Sip:
    if "voip" not in fields:
        fields["voip"] = voip(address="pbx.example.com")
    return Sip.objects.create(**{"name": "Reception", "sip": "100", "username": "100", "password": "secret"} | fields)


def call(**fields: Any) -> Call:
    made: Call = Call.objects.create(**fields)
    return made


def widget(**fields: Any) -> Widget:
    return Widget.objects.create(**{"name": "Shop", "locale": "en"} | fields)


def office(*, lines: int = 1, **fields: Any) -> Voip:
    """A configuration with so many lines that can dial by SIP itself: 101, 102, …"""
    desk = voip(**{"address": "pbx.example.com", "provider": ""} | fields)
    for number in range(101, 101 + lines):
        sip(voip=desk, sip=str(number), username=str(number))
    return desk


def autocall(**fields: Any) -> Autocall:
    """Due at once unless told otherwise; promised by its widget, where it has one, for its configuration."""
    promised = {"number": "+48501502503"} | fields
    if "call_at" in promised:
        promised.setdefault("promised_at", promised["call_at"])
    if "widget" in promised:
        promised.setdefault("voip", promised["widget"].voip)
        promised.setdefault("max_attempts", promised["widget"].max_attempts)
    return Autocall.objects.create(**promised)
