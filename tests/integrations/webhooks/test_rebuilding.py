"""Reading all deliveries of a configuration again: wherever the job dies, the next one ends it, and what it tells is right."""

import json
from typing import Any

import make
import product_process
import pytest
from django.utils import timezone
from mortal import Mortal

from calls.models import Call, Report
from integrations.models import Rebuilding, WebhookDelivery
from integrations.providers.foundation.events import Delivery
from integrations.webhooks import rebuilding, services
from sips.models import Voip

pytestmark = pytest.mark.django_db(transaction=True)
WRONG = {"fields": {"from": ["to"], "to": ["from"]}}
"""The two sides are swapped."""
CALLS, MOST_STATEMENTS = 3, 300


def filled() -> Voip:
    """With three calls of two deliveries each, whose sides are swapped, and a delivery that nobody can read."""
    voip = make.voip(provider="datera", settings=WRONG)
    for number in range(CALLS):
        said = {"call_id": f"c{number}", "from": f"50150250{number}", "to": "221234567"}
        receive(voip, said | {"event": "call_start"})
        receive(voip, said | {"event": "call_end", "status": "BUSY"})
    receive(voip, {"call_id": "9", "event": "nonsense"})
    return voip


def receive(voip: Voip, said: Any) -> None:
    delivery = Delivery(method="POST", body=json.dumps(said).encode(), received_at=timezone.now())
    services.receive(delivery, provider="datera", secret=voip.webhook_secret, address="192.0.2.1")


def spoil(voip: Voip) -> None:
    """As it was before the settings were corrected, and then they are corrected."""
    Voip.objects.filter(pk=voip.pk).update(settings=WRONG)
    rebuilding.start(voip.pk)
    rebuilding.carry_out(voip.pk)
    Voip.objects.filter(pk=voip.pk).update(settings={})
    rebuilding.start(voip.pk)


def told(voip: Voip) -> tuple[int, int, int, int, bool]:
    state = Rebuilding.objects.get(voip=voip)
    return state.done, state.total, state.changed, state.unreadable, state.finished_at is not None


def sides() -> list[tuple[str, str]]:
    return list(Call.objects.order_by("provider_call_id").values_list("number_from", "number_to"))


RIGHT = [(f"+4850150250{number}", "+48221234567") for number in range(CALLS)]


@pytest.mark.parametrize("how", ["kill", "cut"])
def test_a_job_that_dies_at_any_statement_leaves_nothing_half_done(how: str) -> None:
    voip = filled()
    job = Mortal("integrations.webhooks.rebuilding.carry_out", product_process.environment())
    for statement in range(1, MOST_STATEMENTS, 7):
        spoil(voip)
        died = job.do(how, statement, voip.pk)
        reports = Report.objects.filter(voip=voip).values_list("provider_call_id", "event__number_from")
        for call in Call.objects.all():  # each call is what its reports say: before the correction, or after it
            said = {told for key, told in reports if key == call.provider_call_id}
            assert said == {call.number_from.removeprefix("+48")}
        rebuilding.carry_out(voip.pk)

        assert told(voip) == (2 * CALLS + 1, 2 * CALLS + 1, CALLS, 1, True)
        assert sides() == RIGHT
        if not died:
            return
    raise AssertionError("it took more statements than were tried")


def test_a_replay_resumes_behind_what_was_read(monkeypatch: pytest.MonkeyPatch) -> None:
    voip = filled()
    spoil(voip)
    monkeypatch.setattr(rebuilding, "AT_ONCE", 2)
    third = list(WebhookDelivery.objects.order_by("pk").values_list("pk", flat=True))[2]
    Rebuilding.objects.update(read_to=third, done=3)

    assert rebuilding.carry_out(voip.pk) == 2 * CALLS + 1 - 3


def test_a_restarted_replay_counts_from_zero() -> None:
    """The job of the former settings tells nothing any more of what it reads."""
    voip = filled()
    spoil(voip)
    former = Rebuilding.objects.get(voip=voip)
    rebuilding.start(voip.pk)

    rebuilding._read_some(former, set())

    assert told(voip)[0] == 0


def test_what_was_erased_is_not_counted() -> None:
    voip = filled()
    voip.deliveries.filter(pk=voip.deliveries.latest("pk").pk).update(erased_at=timezone.now())

    spoil(voip)
    rebuilding.carry_out(voip.pk)

    assert told(voip)[:2] == (2 * CALLS, 2 * CALLS)


def test_a_call_that_changes_in_several_steps_has_changed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    voip = filled()
    spoil(voip)
    monkeypatch.setattr(rebuilding, "AT_ONCE", 1)

    rebuilding.carry_out(voip.pk)

    assert told(voip) == (2 * CALLS + 1, 2 * CALLS + 1, CALLS, 1, True)
