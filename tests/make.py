"""Rows for tests. Every argument has a value, so that a test shows only what matters to it."""

from typing import Any

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
