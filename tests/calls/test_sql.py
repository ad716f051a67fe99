from datetime import timedelta

import make
import pytest
from django.db import connection
from django.utils import timezone

from calls.sql import Statement, fetch_one
from integrations.providers.foundation.events import Delivery
from integrations.providers.simulator import tell_story
from integrations.webhooks.services import receive


def test_names_become_numbers_and_one_name_is_one_parameter() -> None:
    statement = Statement("SELECT %(b)s, %(a)s WHERE %(b)s LIKE '+%%'")

    assert statement.text == "SELECT $1, $2 WHERE $1 LIKE '+%'"
    assert statement.names == ("b", "a")


@pytest.mark.django_db
def test_values_are_found_by_name_and_others_are_passed_over() -> None:
    statement = Statement("SELECT %(first)s::text, %(second)s::integer")

    assert fetch_one(statement, {"second": 2, "first": "one", "third": 3}) == ("one", 2)


@pytest.mark.django_db
def test_storing_a_delivery_is_planned_once_and_not_each_time() -> None:
    """A plan made anew for each delivery takes PostgreSQL several times as long as the work itself."""
    voip = make.voip(provider="simulator")
    began = timezone.now() - timedelta(minutes=5)
    for number in range(20):
        story = tell_story(call_id=f"sim-{number}", started_at=began, number_from="+48501502503", number_to="100")
        delivery = Delivery(method="POST", body=story[0], received_at=timezone.now())
        receive(delivery, provider="simulator", secret=voip.webhook_secret, address="127.0.0.1")

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT max(generic_plans) FROM pg_prepared_statements WHERE statement LIKE '%gate AS%calls_call%'"
        )
        assert cursor.fetchone()[0] >= 10
