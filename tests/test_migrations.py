"""A database of before the migrations were squashed is recognised: nothing of it is made anew, and all that it holds stays.

Migrations that replace others name them (`replaces`); a database in which all of those were applied is where the new ones lead.
"""

from collections.abc import Iterator
from typing import Any

import make
import pytest
from django.apps import apps
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from calls.events import CallEvent
from calls.reports import report
from calls.statuses import Status
from integrations.models import WebhookDelivery

pytestmark = pytest.mark.django_db(transaction=True)
APPS = ("sips", "calls", "widgets", "integrations", "autocalls", "voipcrm")
OF_BEFORE = 50
"""Migrations that there were before."""
RESULT = CallEvent(provider_call_id="p-1", status=Status.BUSY, number_from="+48501502503", number_to="+48221234567")


def everything() -> dict[str, list[Any]]:
    """All rows of all our tables."""
    models = [model for app in APPS for model in apps.get_app_config(app).get_models()]
    return {model._meta.label: [*model._base_manager.order_by("pk").values_list()] for model in models}


def replaced() -> dict[tuple[str, str], list[tuple[str, str]]]:
    found = MigrationExecutor(connection).loader.disk_migrations
    return {key: list(migration.replaces) for key, migration in found.items() if migration.replaces}


@pytest.fixture
def of_before() -> Iterator[None]:
    """The test's database as it was recorded then: under the names of the migrations that were replaced."""
    recorder = MigrationRecorder(connection)
    for (app, name), olds in replaced().items():
        recorder.record_unapplied(app, name)
        for each in olds:
            recorder.record_applied(*each)
    yield
    for olds in replaced().values():
        for each in olds:
            recorder.record_unapplied(*each)


def fill() -> None:
    voip = make.voip(api_key="secret")
    line = make.sip(voip=voip, password="secret")
    report(RESULT, voip=voip, received_at=timezone.now())
    WebhookDelivery.objects.create(voip=voip, fingerprint="1", body=b"{}", received_at=timezone.now())
    over = make.autocall(status="done", finished_at=timezone.now(), widget=make.widget(voip=voip), reason="answered")
    over.calls_made.create(number=1, sip=line, outcome="answered", settled_at=timezone.now())


@pytest.mark.usefixtures("of_before")
def test_a_database_of_before_keeps_all_that_it_holds() -> None:
    fill()
    before = everything()
    executor = MigrationExecutor(connection)

    assert executor.migration_plan(executor.loader.graph.leaf_nodes()) == []
    executor.migrate(executor.loader.graph.leaf_nodes())

    assert everything() == before
    assert set(replaced()) <= set(MigrationRecorder(connection).applied_migrations())


def test_each_migration_of_before_is_replaced_by_one_new_one() -> None:
    """Else a database of today would be taken for a half-finished one."""
    olds = [each for olds in replaced().values() for each in olds]

    assert len(olds) == len(set(olds)) == OF_BEFORE
