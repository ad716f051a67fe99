"""Every story of every provider ends in the same Call: in any order, doubled, and all at once."""

import itertools
import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import make
import pytest
from django.db import connection
from payload_files import Payload, Story, stories

from calls.models import Call
from integrations import providers
from integrations.models import WebhookDelivery
from integrations.webhooks import processing, services
from sips.models import Voip

STORIES = [story for slug in providers.slugs() for story in stories(slug)]
MOST_ORDERS = 20


def configure(story: Story) -> Voip:
    account = story.payloads[0].content.get("account", {})
    own_numbers = {"number": "+48221234567"} | {
        name: account[name] for name in ("api_login", "api_key", "settings") if name in account
    }
    return make.voip(name=str(story), provider=story.slug, **own_numbers)


def deliver(voip: Voip, payload: Payload) -> None:
    services.receive(payload.delivery, provider=voip.provider, secret=voip.webhook_secret, address="127.0.0.1")


def facts(voip: Voip) -> dict[str, Any]:
    return {
        name: value
        for name, value in Call.objects.values().get(voip=voip).items()
        if name not in {"id", "created_at", "updated_at"}
    }


def orders(payloads: Sequence[Payload]) -> list[tuple[Payload, ...]]:
    """Every order of a short story, and a random sample of a long one's, always with the told and the reversed one."""
    if len(payloads) <= 4:
        return list(itertools.permutations(payloads))
    chance = random.Random(len(payloads))
    sampled = [tuple(chance.sample(payloads, k=len(payloads))) for _ in range(MOST_ORDERS)]
    return [tuple(payloads), tuple(reversed(payloads)), *sampled]


@pytest.mark.django_db
@pytest.mark.parametrize("story", STORIES, ids=str)
def test_a_story_ends_as_its_file_says(story: Story) -> None:
    voip = configure(story)

    for payload in story.payloads:
        deliver(voip, payload)

    told = facts(voip)
    assert {
        name: told[name] if told[name] is None or isinstance(told[name], int) else _text(told[name])
        for name in story.expect
    } == story.expect


@pytest.mark.django_db
@pytest.mark.parametrize("story", STORIES, ids=str)
def test_a_story_ends_the_same_in_every_order_and_doubled(story: Story) -> None:
    voip = configure(story)
    ends = []

    for order in orders(story.payloads):
        Call.everything.all().delete()
        WebhookDelivery.objects.all().delete()
        for payload in order + order[:2]:
            deliver(voip, payload)
        ends.append(facts(voip))

    assert all(end == ends[0] for end in ends)
    assert WebhookDelivery.objects.count() == len(story.payloads)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("slug", providers.slugs())
def test_concurrent_deliveries_make_one_call_per_story(slug: str) -> None:
    told = [(story, configure(story)) for story in stories(slug)]
    crowd = [(voip, payload) for story, voip in told for payload in story.payloads] * 3
    random.Random(1).shuffle(crowd)

    def tell(visit: tuple[Voip, Payload]) -> None:
        try:
            deliver(*visit)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(tell, crowd))

    for story, voip in told:
        assert Call.objects.get(voip=voip).status == story.expect["status"]
        assert WebhookDelivery.objects.filter(voip=voip).count() == len(story.payloads)


@pytest.mark.django_db
@pytest.mark.parametrize("slug", providers.slugs())
def test_replaying_everything_changes_nothing(slug: str) -> None:
    for story in stories(slug):
        voip = configure(story)
        for payload in story.payloads:
            deliver(voip, replace(payload))
    before = list(Call.objects.order_by("pk").values())

    list(processing.replay(WebhookDelivery.objects.all()))

    assert list(Call.objects.order_by("pk").values()) == before


def _text(value: Any) -> str | None:
    return None if value is None else value.isoformat() if hasattr(value, "isoformat") else str(value)
