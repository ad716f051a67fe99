"""The durable work of a webhook as plain SQL, for the servers that the product is compared with."""

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from psycopg import sql

from bench.story import read
from integrations.webhooks.storing import STORE_AND_REPORT as STORE
from sips.models import Voip


def write_numbered(file: Path) -> None:
    """The product's statement with `$1`, `$2` …, and the names of these parameters, as JSON."""
    file.write_text(json.dumps({"sql": STORE.text, "parameters": STORE.names}))


def write_for_pgbench(file: Path, *, voip: Voip, story: Sequence[bytes]) -> None:
    """A transaction script: the deliveries of one call, each looked up and stored by itself; `:call` makes the call another one each time."""
    look_up = "SELECT id FROM sips_voip WHERE webhook_digest = {} AND provider = {} AND active"
    found = sql.SQL(look_up).format(voip.webhook_digest, voip.provider).as_string(None)
    lines = [r"\set call random(1, 1000000000000000)"]
    for number, body in enumerate(story):
        values = read(body, voip_id=voip.pk, received_at=datetime.now(UTC))
        written = {name: sql.Literal(value).as_string(None) for name, value in values.items()}
        written |= {
            "provider_call_id": ":call::text",
            "call_ids": "ARRAY[:call::text]",
            "fingerprint": f"(:call::text || '-{number}')",
        }
        ordered = [written[name] for name in STORE.names]
        lines += [f"{found};", f"{_insert(ordered)};"]
    file.write_text("\n".join(lines))


def _insert(values: Sequence[str]) -> str:
    """The product's statement on one line, with the values in it."""
    return " ".join(re.sub(r"\$(\d+)", lambda place: values[int(place[1]) - 1], STORE.text).split())
