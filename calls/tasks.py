"""What happens by the clock."""

from procrastinate.contrib.django import app

from calls import expiry, services


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
