"""A second server to compare the intake with: one as such services are usually written, with the product's duties.

FastAPI and SQLAlchemy's ORM with asyncpg, on the same granian. A request looks up its configuration, checks the sender's address, reads the event
with numbers in E.164, stores the delivery once, finds the line and whose number it is, makes or locks the call, moves it forward, stores the report,
and commits: several statements in one transaction. Each request has an id, a line in the access log, counters, and the security headers.

Environment: BENCH_DATABASE, the database's address.
"""

import hashlib
import ipaddress
import os
import time
import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import phonenumbers
import structlog
from fastapi import FastAPI, HTTPException, Request, Response
from prometheus_client import Counter, Histogram
from sqlalchemy import create_engine, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.ext.automap import automap_base

from bench.story import read

DATABASE = os.environ["BENCH_DATABASE"].removeprefix("postgresql://")
Tables = automap_base()
Tables.prepare(autoload_with=create_engine(f"postgresql+psycopg://{DATABASE}"))
Voip, Sip, Call = (Tables.classes[name] for name in ("sips_voip", "sips_sip", "calls_call"))
Delivery, Report = (Tables.classes[name] for name in ("integrations_webhookdelivery", "calls_report"))
sessions = async_sessionmaker(create_async_engine(f"postgresql+asyncpg://{DATABASE}", pool_size=8, max_overflow=0))

REQUESTS = Counter("http_requests", "Answered requests", ["method", "status"])
SECONDS = Histogram("http_request_seconds", "How long they took", ["method"])
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}
FORWARD = ("status", "precedence", "provider_status", "kind", "kind_precedence", "number_from", "number_to")
structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso"),
        structlog.processors.JSONRenderer(),
    ]
)
access = structlog.get_logger()
app = FastAPI()


@app.middleware("http")
async def every_request(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
    began, request_id = time.perf_counter(), uuid.uuid4().hex
    with structlog.contextvars.bound_contextvars(request_id=request_id):
        response = await answer(request)
        took = time.perf_counter() - began
        response.headers.update(HEADERS | {"X-Request-ID": request_id})
        REQUESTS.labels(request.method, str(response.status_code)).inc()
        SECONDS.labels(request.method).observe(took)
        access.info("request", method=request.method, status=response.status_code, milliseconds=round(took * 1000, 1))
    return response


@app.post("/voip/webhooks/{provider}/{secret}/")
async def webhook(provider: str, secret: str, request: Request) -> dict[str, str]:
    received_at, body = datetime.now(UTC), await request.body()
    digest = hashlib.sha256(secret.encode()).hexdigest()
    async with sessions() as session, session.begin():
        voip = await session.scalar(select(Voip).filter_by(webhook_digest=digest, provider=provider, active=True))
        if voip is None:
            raise HTTPException(404)
        sender = ipaddress.ip_address(request.client.host if request.client else "0.0.0.0")
        if voip.webhook_ips and not any(sender in ipaddress.ip_network(network) for network in voip.webhook_ips):
            raise HTTPException(403)
        row = read(body, voip_id=voip.id, received_at=received_at)
        row |= {side: in_e164(row[side], voip.country) for side in ("number_from", "number_to")}
        delivery = await session.scalar(once(row))
        if delivery is not None:
            await report(session, delivery, row)
    return {"status": "ok"}


def in_e164(number: str, country: str) -> str:
    parsed = phonenumbers.parse(number, country)
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def once(row: dict[str, Any]) -> Any:
    """Store a delivery unless it is known; returns its id."""
    names = (
        "provider", "fingerprint", "event", "method", "query", "body", "received_at", "processed_at", "error", "notes", "provider_call_id",
    )  # fmt: skip
    row = {name: row[name] for name in names} | {"voip_id": row["voip"], "headers": {}}
    return insert(Delivery).values(row).on_conflict_do_nothing().returning(Delivery.id)


async def report(session: AsyncSession, delivery: int, row: dict[str, Any]) -> None:
    key = {"voip_id": row["voip"], "provider_call_id": row["provider_call_id"]}
    line = await session.scalar(select(Sip).filter_by(voip_id=row["voip"], sip=row["line"]))
    ours = await session.scalar(select(Voip.id).filter_by(number=row["number_to"]).limit(1))
    found = select(Call).filter_by(**key).with_for_update()
    call = await session.scalar(found)
    if call is None:  # or another delivery is just making it
        await session.execute(insert(Call).values(**key, **new_call(row)).on_conflict_do_nothing())
        call = await session.scalar(found)
        assert call is not None
    if row["precedence"] >= call.precedence:
        for name in FORWARD:
            setattr(call, name, row[name])
    call.answered_at = call.answered_at or row["answered_at"]
    call.ended_at, call.duration = call.ended_at or row["ended_at"], call.duration or row["talk_seconds"]
    call.customer_number = row["number_from"] if ours else row["number_to"]
    call.sip_id, call.updated_at = (line.id if line else None), row["now"]
    stored = {"event": {"id": row["provider_call_id"]}, "received_at": row["received_at"], "stored_at": row["now"]}
    session.add(Report(**key, delivery_id=delivery, **stored))


def new_call(row: dict[str, Any]) -> dict[str, Any]:
    texts = (
        "reason", "recording_url", "description", "reference", "held_by", "customer_number",
        "status", "provider_status", "kind", "number_from", "number_to",
    )  # fmt: skip
    empty = dict.fromkeys(texts, "")
    zero = dict.fromkeys(
        ("precedence", "sip_precedence", "kind_precedence", "customer_precedence", "ended_precedence"), 0
    )
    times = {"start_time": row["started_at"], "created_at": row["now"], "updated_at": row["now"]}
    return empty | zero | times | {"via": "provider", "identity_set": False, "customer_first": False}
