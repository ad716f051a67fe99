"""The demo: what there is to do on its desk, and the calls that come in while somebody looks."""

import json
import random
import threading
from datetime import UTC, datetime, timedelta

import make
import pytest
from django.contrib.auth.models import User
from django.test import Client
from staff import sign_in

from autocalls.models import Autocall, Status
from calls.models import Call, FollowUp
from integrations.models import WebhookDelivery
from voipcrm import demo, demo_pulse
from voipcrm.desk.to_do import to_do

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def small_demo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "CALLS", 2)
    demo.create()
    demo.create_staff(lambda name: f"of {name}")


def deliver(story: demo_pulse.Story | None) -> Call:
    assert story is not None
    for webhook in story.webhooks:
        assert Client().post(story.path, webhook.body, content_type="application/json").status_code == 200
    found: Call = Call.objects.get(provider_call_id=json.loads(story.webhooks[0].body)["id"])
    return found


def told_by(seed: int, *, now: datetime = NOW) -> demo_pulse.Story | None:
    return demo_pulse.next_story(random.Random(seed), now)


def test_the_demo_has_call_backs_in_every_lasting_state() -> None:
    assert set(Autocall.objects.values_list("status", flat=True)) == set(Status) - {Status.CALLING}


def test_the_operator_has_something_to_do() -> None:
    anna = User.objects.get(username="anna")

    entries = to_do(anna)

    assert any("3" in fact for entry in entries for fact in entry.facts)  # who has tried three times
    assert {entry.is_mine for entry in entries} == {True, False}
    assert sign_in(anna).get("/admin/desk/").status_code == 200


def test_a_call_comes_in_as_a_provider_tells_it() -> None:
    call = deliver(told_by(1))

    assert (call.kind, call.voip, call.start_time) == ("incoming", demo.configurations()[0], NOW)
    assert call.sip is not None and call.status


def test_a_colleague_returns_what_was_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_pulse, "SHARE_OF_RETURNS", 1)
    desk = demo.configurations()[0]
    missed = make.call(
        voip=desk, kind="incoming", status="NO ANSWER", number_from="+48501502503", customer_number="+48501502503",
        start_time=NOW - timedelta(minutes=10), provider_call_id=f"{demo_pulse.PREFIX}1",
    )  # fmt: skip

    returned = deliver(told_by(1))

    assert (returned.kind, returned.number_to, returned.status) == ("outgoing", "+48501502503", "ANSWERED")
    assert missed not in Call.objects.unreturned()


def test_old_demo_calls_are_deleted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_pulse, "MOST_KEPT", 1)
    others = set(Call.everything.values_list("pk", flat=True))
    noted, old, new = (deliver(told_by(seed)) for seed in (1, 2, 3))
    make.note(call=noted)

    assert demo_pulse.prune() == 1

    kept = set(Call.everything.values_list("pk", flat=True)) - others
    assert kept == {noted.pk, new.pk}
    assert not WebhookDelivery.objects.filter(provider_call_id=old.provider_call_id).exists()
    assert WebhookDelivery.objects.filter(provider_call_id=new.provider_call_id).exists()


def test_a_telephone_that_is_in_use_does_not_ring() -> None:
    desk = demo.configurations()[0]
    first, *others = desk.sips.order_by("pk")
    for line in others:
        make.call(voip=desk, sip=line, kind="incoming", status="IN PROGRESS")

    assert {deliver(told_by(seed)).sip for seed in (1, 2)} == {first}

    make.call(voip=desk, sip=first, kind="incoming", status="RINGING")
    assert told_by(3) is None


def test_without_demo_configurations_no_call_is_made() -> None:
    demo.remove()

    assert told_by(1) is None
    assert not FollowUp.objects.exists()


def test_a_story_is_told_at_its_pace_until_it_is_over() -> None:
    over, told = threading.Event(), []
    story = demo_pulse.Story(
        "/there",
        [demo_pulse.TimedWebhook(0, b"1"), demo_pulse.TimedWebhook(0, b"2"), demo_pulse.TimedWebhook(3600, b"3")],
    )

    def tell(address: str, body: bytes) -> None:
        told.append((address, body))
        if body == b"2":
            over.set()

    demo_pulse._play("http://127.0.0.1:1", story, tell, over)

    assert told == [("http://127.0.0.1:1/there", b"1"), ("http://127.0.0.1:1/there", b"2")]
