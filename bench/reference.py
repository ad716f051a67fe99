"""What the intake is compared with: the strongest server of its kind that does the same durable work, and nothing else.

FastAPI and asyncpg, on the same granian with as many processes, uvloop, a pool, prepared statements. A request looks up the configuration by the
digest of its secret, reads the event, and runs the product's own statement: insert the delivery once, merge the call forward, mark the delivery
processed. It leaves out what the product does besides: allow-lists, signatures, numbers in any notation, other providers, requested calls,
call-backs, request ids, logs, metrics, security headers.

Environment: BENCH_DATABASE, the database's address; BENCH_STATEMENT, a file of `bench.durable.write_numbered`.
"""

import hashlib
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
from fastapi import FastAPI, HTTPException, Request

from bench.story import read

LOOK_UP = "SELECT id FROM sips_voip WHERE webhook_digest = $1 AND provider = $2 AND active"
STORE = json.loads(Path(os.environ["BENCH_STATEMENT"]).read_text())


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    # By default asyncpg prepares texts of more than 15 KiB anew each time they are run.
    kept = {"min_size": 8, "max_size": 8, "max_cacheable_statement_size": 0}
    async with asyncpg.create_pool(os.environ["BENCH_DATABASE"], **kept) as app.state.pool:
        yield


app = FastAPI(lifespan=lifespan)


@app.post("/voip/webhooks/{provider}/{secret}/")
async def webhook(provider: str, secret: str, request: Request) -> dict[str, str]:
    received_at, body = datetime.now(UTC), await request.body()
    digest = hashlib.sha256(secret.encode()).hexdigest()
    async with app.state.pool.acquire() as connection:
        voip_id = await connection.fetchval(LOOK_UP, digest, provider)
        if voip_id is None:
            raise HTTPException(404)
        values = read(body, voip_id=voip_id, received_at=received_at)
        await connection.fetchrow(STORE["sql"], *[values[name] for name in STORE["parameters"]])
    return {"status": "ok"}
