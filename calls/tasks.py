"""What happens by the clock."""

from procrastinate.contrib.django import app

from calls import erasure, expiry, retention, services


@app.periodic(cron="* * * * *")
@app.task(name="calls.expire_stale_calls", queueing_lock="calls.expire_stale_calls", pass_context=False)
def expire_stale_calls(timestamp: int) -> int:
    return expiry.expire_stale_calls()


@app.periodic(cron="17 3 * * *")
@app.task(
    name="calls.forget_old_idempotency_keys", queueing_lock="calls.forget_old_idempotency_keys", pass_context=False
)
def forget_old_idempotency_keys(timestamp: int) -> int:
    return services.forget_old_idempotency_keys()


@app.periodic(cron="29 3 * * *")
@app.task(name="calls.erase_old_calls", queueing_lock="calls.erase_old_calls", pass_context=False)
def erase_old_calls(timestamp: int) -> dict[str, int]:
    """People whose calls were long ago, and numbers that could not be erased when they should have been."""
    return {"old": retention.erase_old_calls(), "awaited": erasure.erase_awaited_numbers()}
