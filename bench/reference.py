"""The reference for intake: FastAPI and asyncpg storing the same delivery in the same tables, one plain statement per step, as good code of
that kind does. It does somewhat less than the product: it looks up no line and no client, and puts +48 before a number instead of parsing it.
"""

import hashlib
import json
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import uvicorn
from fastapi import FastAPI, HTTPException, Request
from uvicorn.supervisors import Multiprocess

CONNECTIONS = 8
PROGRESS = {"queue_start": ("QUEUED", 10), "call_start": ("RINGING", 30), "queue_hangup": ("NO ANSWER", 73)}
RESULTS = {"ANSWERED": 84, "NO ANSWER": 83, "BUSY": 82, "FAILED": 80}

LOOK_UP = "SELECT id FROM sips_voip WHERE webhook_digest = $1 AND provider = $2 AND active"
STORE = """
INSERT INTO integrations_webhookdelivery (voip_id, fingerprint, event, method, headers, query, body, received_at, error, provider_call_id)
VALUES ($1, $2, $3, 'POST', $4, '', $5, $6, '', $7) ON CONFLICT (voip_id, fingerprint) DO NOTHING RETURNING id"""
LOCK = "SELECT id, precedence FROM calls_call WHERE voip_id = $1 AND provider_call_id = $2 AND provider_call_id <> '' FOR UPDATE"
CREATE = """
INSERT INTO calls_call (voip_id, provider_call_id, status, precedence, provider_status, kind, number_from, number_to, customer_number, start_time,
    ended_at, duration, via, created_at, updated_at, reason, recording_url, description, sip_precedence)
VALUES ($1, $2, $3, $4, $5, 'incoming', $6, $7, $6, $8, $9, $10, 'provider', $8, $8, '', '', '', 0)
ON CONFLICT (voip_id, provider_call_id) WHERE provider_call_id <> '' DO NOTHING RETURNING id"""
ADVANCE = """
UPDATE calls_call SET status = $2, precedence = $3, provider_status = $4, ended_at = COALESCE($5, ended_at), duration = COALESCE($6, duration),
    start_time = LEAST(start_time, $7), updated_at = $8 WHERE id = $1"""
DONE = "UPDATE integrations_webhookdelivery SET processed_at = $2 WHERE id = $1"


@asynccontextmanager
async def lifespan(application: FastAPI) -> AsyncIterator[None]:
    async with asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=CONNECTIONS, max_size=CONNECTIONS) as pool:
        application.state.pool = pool
        yield


app = FastAPI(lifespan=lifespan)


@app.get("/healthz")
async def healthz() -> dict[str, str]:
    return {"status": "ok"}


@app.post("/voip/webhooks/{provider}/{secret}/{event}")
async def webhook(provider: str, secret: str, event: str, request: Request) -> dict[str, str]:
    body = await request.body()
    said = json.loads(body)
    now = datetime.now(UTC)
    fingerprint = hashlib.sha256(event.encode() + b"\0" + body).hexdigest()
    headers = json.dumps({name: request.headers[name] for name in ("content-type", "user-agent") if name in request.headers})
    async with request.app.state.pool.acquire() as connection:
        voip_id = await connection.fetchval(LOOK_UP, hashlib.sha256(secret.encode()).hexdigest(), provider)
        if voip_id is None:
            raise HTTPException(404)
        async with connection.transaction():
            delivery_id = await connection.fetchval(STORE, voip_id, fingerprint, event, headers, body, now, said["call_id"])
            if delivery_id is not None:
                await merge(connection, voip_id, event, said, now)
                await connection.execute(DONE, delivery_id, now)
    return {"status": "ok"}


async def merge(connection: asyncpg.Connection, voip_id: int, event: str, said: dict[str, Any], now: datetime) -> None:
    """Move the call forward, never back."""
    status, precedence = (said["status"], RESULTS[said["status"]]) if event == "call_end" else PROGRESS[event]
    duration = said.get("billsec")
    ended_at = now if event in ("call_end", "queue_hangup") else None
    start_time = now - timedelta(seconds=duration or 0)
    row = await connection.fetchrow(LOCK, voip_id, said["call_id"])
    if row is None:
        numbers = (f"+48{said['caller']}", said["called"])
        facts = (status, precedence, event, *numbers, start_time, ended_at, duration)
        if await connection.fetchval(CREATE, voip_id, said["call_id"], *facts) is not None:
            return
        row = await connection.fetchrow(LOCK, voip_id, said["call_id"])
    if precedence > row["precedence"]:
        await connection.execute(ADVANCE, row["id"], status, precedence, event, ended_at, duration, start_time, now)


def serve(*, port: int, workers: int) -> None:
    """What uvicorn's command line does, but on a socket that says it speaks TCP: only then does asyncio switch off Nagle's algorithm, and an
    answer does not wait 40 ms for the client's acknowledgement of its first half.
    """
    config = uvicorn.Config("bench.reference:app", workers=workers, log_level="warning")
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    Multiprocess(config, sockets=[listener]).run()


if __name__ == "__main__":
    serve(port=int(sys.argv[1]), workers=int(sys.argv[2]))
