"""Reads `tests/integrations/exchanges/<provider>/<case>.json`: what we ask an operator in a case, and what we understand of its possible answers.

{
  "does": "dial" | "list",
  "evidence": "documented" | "observed" | "declared",        of the request
  "source": "…",
  "account": {…}, "order": {…} | "span": {"since": …, "until": …},
  "request": {"method", "url", "headers", "body"}  |  "refused": "part of the sentence"  |  "unwanted": true,
  "answers": [{"evidence", "status", "body", and one of
      "call_id": "…"                        accepted
      "events": [{…}], "next": "…" | null   a page
      "refused": "part of the sentence"
      "open": true | "unreadable": true}]   nobody can tell what it means
}
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from integrations import providers
from integrations.providers.foundation.events import Account, DialOrder, OutboundRequest

FOLDER = Path(__file__).parent / "integrations" / "exchanges"


@dataclass(frozen=True)
class Exchange:
    slug: str
    case: str
    content: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.slug}/{self.case}"

    @property
    def account(self) -> Account:
        return Account(time_zone=ZoneInfo("Europe/Warsaw"), **self.content["account"])

    @property
    def order(self) -> DialOrder:
        return DialOrder(**self.content["order"])

    def ask(self) -> OutboundRequest | None:
        """What the adapter asks in this case."""
        adapter = providers.find(self.slug)
        if self.content["does"] == "dial":
            return adapter.dial(self.order, self.account)
        since, until = (datetime.fromisoformat(self.content["span"][end]) for end in ("since", "until"))
        return adapter.list_calls(since, until, self.account)


@dataclass(frozen=True)
class Answer:
    exchange: Exchange
    number: int
    content: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.exchange}/{self.number}-{self.content['status']}"


@cache
def exchanges(slug: str) -> tuple[Exchange, ...]:
    return tuple(
        Exchange(slug, path.stem, json.loads(path.read_text())) for path in sorted((FOLDER / slug).glob("*.json"))
    )


ALL = [exchange for slug in providers.slugs() for exchange in exchanges(slug)]
ANSWERS = [
    Answer(exchange, number, content)
    for exchange in ALL
    for number, content in enumerate(exchange.content.get("answers", ()))
]
