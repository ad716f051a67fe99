"""Reads the recorded, documented, observed or declared webhook requests of `tests/integrations/payloads/<provider>/<case>.json`,
and the stories that some of them tell together (`stories/<name>.json`)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from enum import IntEnum
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from integrations.providers.foundation.events import Account, CallEvent, Delivery

FOLDER = Path(__file__).parent / "integrations" / "payloads"
RECEIVED_AT = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Payload:
    slug: str
    case: str
    content: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.slug}/{self.case}"

    @property
    def expect(self) -> list[dict[str, str | None]]:
        """For every event the fields that matter, as `as_text` writes them."""
        return list(self.content["expect"])

    @property
    def account(self) -> Account:
        return Account(time_zone=ZoneInfo("Europe/Warsaw"), **self.content.get("account", {}))

    @property
    def delivery(self) -> Delivery:
        content = self.content
        headers = {name.lower(): value for name, value in content["headers"].items()}
        if content["content_type"]:
            headers["content-type"] = content["content_type"]
        return Delivery(
            method=content["method"],
            body=content["body"].encode(),
            received_at=RECEIVED_AT,
            headers=headers,
            query=content["query"],
            event=content["event"],
            urls=tuple(content.get("urls", ())),
        )


@dataclass(frozen=True)
class Story:
    slug: str
    name: str
    payloads: tuple[Payload, ...]
    expect: Mapping[str, Any]
    "Fields of the Call that must result, whatever the order of the deliveries."

    def __str__(self) -> str:
        return f"{self.slug}/{self.name}"


@cache
def payloads(slug: str) -> tuple[Payload, ...]:
    return tuple(Payload(slug, path.stem, _read(path)) for path in sorted((FOLDER / slug).glob("*.json")))


@cache
def stories(slug: str) -> tuple[Story, ...]:
    by_case = {payload.case: payload for payload in payloads(slug)}
    contents = {path.stem: _read(path) for path in sorted((FOLDER / slug / "stories").glob("*.json"))}
    return tuple(
        Story(slug, name, tuple(by_case[case] for case in content["deliveries"]), content["expect"])
        for name, content in contents.items()
    )


def as_text(event: CallEvent) -> dict[str, str | None]:
    return {field.name: _text(getattr(event, field.name)) for field in fields(event)}


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, IntEnum):
        return value.name
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text())
    return content
