"""What happens by the clock, and when a call ends. Every job may run twice, late or not at all: the sweep finds what is left."""

from procrastinate.contrib.django import app

from autocalls import retention, running, settling
from calls.jobs import AGAIN


@app.task(name="autocalls.run_due", retry=AGAIN)
def run_due() -> int:
    """Deferred for the very moment at which something is promised."""
    return running.run_due()


@app.task(name="autocalls.settle", retry=AGAIN)
def settle(attempt_id: int) -> None:
    settling.settle(attempt_id)


@app.periodic(cron="* * * * * */10")
@app.task(name="autocalls.sweep", queueing_lock="autocalls.sweep")
def sweep(timestamp: int) -> None:
    """What crashes have left is settled, what is due is begun."""
    settling.settle_left()
    running.run_due()


@app.periodic(cron="23 3 * * *")
@app.task(name="autocalls.forget", queueing_lock="autocalls.forget")
def forget(timestamp: int) -> dict[str, int]:
    """What is kept for some days only."""
    return {
        "addresses": retention.erase_old_addresses(),
        "call_backs": retention.erase_old_call_backs(),
        "refusals": retention.delete_old_refusals(),
        "form_tokens": retention.delete_used_form_tokens(),
    }
