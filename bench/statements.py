"""Runs inside the product: takes one call in through it and notes every statement it executes, as a script for pgbench. Prints the script as JSON.

What differs between calls (id, caller, the delivery's digest) becomes a variable; all else stays as the product sent it.
"""

import json
import re
import sys
from collections.abc import Mapping
from typing import Any
from unittest.mock import patch

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from psycopg import sql

from bench.stories import EVENTS, Sent, tell_one
from integrations import services
from integrations.events import Delivery

CALL_ID, CALLER = "one.of.many", "512345678"

PREPARE = r"""\if :prepared
\else
PREPARE intake AS {statement};
\set prepared 1
\set call 0
\set step 3
\endif
\set step (:step + 1) % {steps}
\if :step = 0
\set call :call + 1
\set caller 500000000 + 1013 * random(1, 50000)
\endif
{look_up};
"""
STEP = r"""\if :step = {step}
EXECUTE intake ({arguments});
\endif
"""


def record(secret: str) -> str:
    """The script: one run of it is one delivery, four runs of a client are a call."""
    executed: list[tuple[str, Mapping[str, Any]]] = []
    fetch_one = services.fetch_one

    def note(statement: str, parameters: Mapping[str, Any]) -> tuple[Any, ...] | None:
        executed.append((statement, parameters))
        return fetch_one(statement, parameters)

    tale = [tell_one(event, call_id=CALL_ID, caller=CALLER, extension="101", result="ANSWERED") for event in EVENTS]
    with patch.object(services, "fetch_one", note), CaptureQueriesContext(connection) as queries:
        for sent in tale:
            services.receive(_delivery(sent), provider="telecube", secret=secret, address="127.0.0.1")
    look_up = next(query["sql"] for query in queries if "sips_voip" in query["sql"])
    statement, names = _number(executed[0][0])
    script = PREPARE.format(statement=statement, steps=len(tale), look_up=look_up)
    for step, (sent, (_statement, parameters)) in enumerate(zip(tale, executed, strict=True)):
        arguments = [_render(name, parameters[name], sent) for name in names]
        script += STEP.format(step=step, arguments=", ".join(arguments))
    return script


def _delivery(sent: Sent) -> Delivery:
    headers = {"content-type": "application/json", "user-agent": "telecube"}
    return Delivery(method="POST", body=sent.body.encode(), received_at=timezone.now(), headers=headers, event=sent.event)


def _number(statement: str) -> tuple[str, list[str]]:
    """The statement with $1, $2 … for its named parameters, and their names in that order."""
    names: list[str] = []

    def replace(match: re.Match[str]) -> str:
        if match[0] == "%%":
            return "%"
        if match[1] not in names:
            names.append(match[1])
        return f"${names.index(match[1]) + 1}"

    return re.sub(r"%%|%\((\w+)\)s", replace, statement), names


def _render(name: str, value: object, sent: Sent) -> str:
    """A parameter as text of a pgbench script, where `:name` is a variable also between quotes."""
    if name == "fingerprint":
        return f"encode(sha256(convert_to({_literal(sent.event + sent.body)}, 'UTF8')), 'hex')"
    if isinstance(value, bytes):
        return f"convert_to({_literal(value.decode())}, 'UTF8')"
    return _literal(value)


def _literal(value: object) -> str:
    connection.ensure_connection()
    text = sql.Literal(value).as_string(connection.connection)
    return text.replace(CALL_ID, ":client_id.:call").replace(CALLER, ":caller")


if __name__ == "__main__":
    print(json.dumps(record(sys.argv[1])))
