"""Jobs of call-backs. Each may run twice, late or not at all: a sweep every minute finds what is left."""

from procrastinate.contrib.django import app

from autocalls import retention, running, settling
from integrations.jobs import AGAIN


@app.task(name="autocalls.run_due", retry=AGAIN)
def run_due() -> int:
    """Deferred to the moment at which a call-back is due."""
    return running.run_due()


@app.task(name="autocalls.settle", retry=AGAIN)
def settle(attempt_id: int) -> None:
    settling.settle(attempt_id)


@app.periodic(cron="* * * * * */10")
@app.task(name="autocalls.sweep", queueing_lock="autocalls.sweep")
def sweep(timestamp: int) -> None:
    """Settle what crashes have left, and start what is due."""
    settling.settle_left()
    running.run_due()


@app.periodic(cron="23 3 * * *")
@app.task(name="autocalls.forget", queueing_lock="autocalls.forget")
def forget(timestamp: int) -> dict[str, int]:
    """Retention, at night."""
    return {
        "addresses": retention.erase_old_addresses(),
        "call_backs": retention.erase_old_call_backs(),
        "refusals": retention.delete_old_refusals(),
        "form_tokens": retention.delete_used_form_tokens(),
    }
