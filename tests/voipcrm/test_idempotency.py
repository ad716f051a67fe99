"""A POST with an Idempotency-Key is carried out once, whatever it makes or changes."""

from datetime import UTC, datetime, timedelta

import make
import pytest
import time_machine
from django.contrib.auth.models import User
from django.utils import timezone
from resources import AUTOCALL, CALL, RESOURCES, SIP, Resource, at_fault
from rest_framework.test import APIClient

from calls.models import Call
from voipcrm.idempotency import forget_old_keys
from voipcrm.models import ApiToken, IdempotencyKey

pytestmark = pytest.mark.django_db
KEY = {"Idempotency-Key": "click-17"}


@pytest.mark.parametrize("resource", RESOURCES, ids=str)
def test_a_repeated_request_creates_nothing_and_answers_with_the_record(alice: APIClient, resource: Resource) -> None:
    body = resource.body

    first, again = (alice.post(resource.list, body, headers=KEY) for _ in range(2))

    assert (first.status_code, again.status_code) == (201, 200)
    assert ("Idempotent-Replayed" in first, again["Idempotent-Replayed"]) == (False, "true")
    assert first.json() == again.json()


def test_a_call_is_requested_once(alice: APIClient) -> None:
    make.office()
    body = {"sip": "101", "number_to": "+48501502503"}

    ids = {alice.post("/voip/calls/make_call.json", body, headers=KEY).json()["id"] for _ in range(3)}

    assert ids == {Call.objects.get().pk}


def test_a_token_is_rotated_once(alice: APIClient) -> None:
    address = f"/voip/widgets/{make.widget().pk}/rotate_token.json"

    tokens = {alice.post(address, headers=KEY).json()["token"] for _ in range(2)}

    assert len(tokens) == 1


@pytest.mark.parametrize(
    ("path", "body"), [(SIP.list, {"name": "Other"}), ("/voip/voips.json", {"name": "Desk"})], ids=["body", "path"]
)
def test_another_request_with_the_same_key_is_refused(alice: APIClient, path: str, body: dict[str, str]) -> None:
    alice.post(SIP.list, {"name": "Desk"}, headers=KEY)

    answer = alice.post(path, body, headers=KEY)

    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")


def test_a_refused_request_is_not_remembered(alice: APIClient) -> None:
    refused = alice.post(SIP.list, {"name": ""}, headers=KEY)
    made = alice.post(SIP.list, {"name": "Desk"}, headers=KEY)

    assert (refused.status_code, made.status_code) == (400, 201)


def test_keys_are_each_user_s_own(alice: APIClient) -> None:
    carol = User.objects.create_superuser("carol")
    _token, secret = ApiToken.objects.issue(carol, name="test")
    other = APIClient(headers={"Authorization": f"Bearer {secret}"})

    assert alice.post(CALL.list, {"status": "BUSY"}, headers=KEY).status_code == 201
    assert other.post(CALL.list, {"status": "BUSY"}, headers=KEY).status_code == 201


def test_a_replay_tells_the_record_as_it_is_now_or_that_it_was_deleted(alice: APIClient) -> None:
    body = AUTOCALL.body
    made = alice.post(AUTOCALL.list, body, headers=KEY).json()
    alice.patch(AUTOCALL.one(made["id"]), {"status": "canceled"})

    assert alice.post(AUTOCALL.list, body, headers=KEY).json()["status"] == "canceled"
    alice.delete(AUTOCALL.one(made["id"]))
    answer = alice.post(AUTOCALL.list, body, headers=KEY)
    assert (answer.status_code, answer.json()["code"]) == (404, "deleted")


@time_machine.travel(datetime(2026, 3, 2, 12, tzinfo=UTC), tick=False)
def test_a_key_is_good_for_exactly_a_day(alice: APIClient) -> None:
    day, moment = timezone.now() + timedelta(days=1), timedelta(microseconds=1)
    alice.post(SIP.list, {"name": "Desk"}, headers=KEY)

    with time_machine.travel(day, tick=False):
        assert forget_old_keys() == 0
        assert alice.post(SIP.list, {"name": "Desk"}, headers=KEY).status_code == 200
    with time_machine.travel(day + moment, tick=False):
        assert alice.post(SIP.list, {"name": "Desk"}, headers=KEY).status_code == 201
    with time_machine.travel(day + day.resolution + timedelta(days=1, seconds=1), tick=False):
        assert (forget_old_keys(), IdempotencyKey.objects.count()) == (1, 0)


@pytest.mark.parametrize("key", ["x" * 256, "a\x01b"])
def test_a_key_that_cannot_be_kept_is_an_error_that_names_it(alice: APIClient, key: str) -> None:
    answer = alice.post(SIP.list, {"name": "Desk"}, HTTP_IDEMPOTENCY_KEY=key)

    assert (answer.status_code, at_fault(answer)) == (400, ["Idempotency-Key"])


def test_nothing_of_the_body_is_kept(alice: APIClient) -> None:
    alice.post(SIP.list, {"name": "Desk", "password": "hunter2"}, headers=KEY)
    [kept] = IdempotencyKey.objects.values_list("key", "digest", "object_id")

    alice.post(SIP.list, {"name": "Desk", "password": "hunter3"}, HTTP_IDEMPOTENCY_KEY="other")

    assert "hunter2" not in str(kept)
    assert len(set(IdempotencyKey.objects.values_list("digest", flat=True))) == 2
