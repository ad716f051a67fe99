"""What people change stands in the audit log: who, old and new, and of secrets and persons only that they were changed."""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import make
import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.db import connection, models, transaction

from calls import services
from calls.models import Call, Via
from sips.encryption import EncryptedTextField
from sips.models import Voip
from voipcrm.audit import actors
from voipcrm.audit.actors import Actor, By, acting_as
from voipcrm.audit.entries import Action, AuditEntry, record

MIGRATION: Any = importlib.import_module("voipcrm.migrations.0005_audit")
EWA = Actor(By.ADMIN, user_id=7, who="ewa", address="192.0.2.7")


@contextmanager
def ewa() -> Iterator[None]:
    """A request of hers: after it nobody acts any more."""
    with acting_as(lambda: EWA), transaction.atomic():
        yield


def entry() -> AuditEntry:
    return AuditEntry.objects.get()


pytestmark = pytest.mark.django_db
committed = pytest.mark.django_db(transaction=True)


def test_a_change_records_old_and_new_values() -> None:
    voip = make.voip(name="Office")

    with ewa():
        Voip.objects.filter(pk=voip.pk).update(name="Shop")  # no signal of Django's tells of this

    found = entry()
    assert (found.who, found.user_id, found.by, found.address) == ("ewa", 7, "admin", "192.0.2.7")
    assert (found.action, found.model, found.object_id) == ("changed", "sips.voip", voip.pk)
    assert found.changes == {"name": ["Office", "Shop"]}


@committed
def test_changes_without_an_actor_are_not_recorded() -> None:
    with ewa():
        pass
    voip = make.voip()
    voip.name = "Shop"
    voip.save()

    assert not AuditEntry.objects.exists()


@committed
def test_the_next_transaction_of_a_shared_connection_is_nobodys() -> None:
    voip = make.voip()
    with ewa():
        Voip.objects.update(name="Shop")

    with connection.cursor() as cursor:  # by hand, past whoever tells the database who acts
        cursor.execute("UPDATE sips_voip SET name = 'Other' WHERE id = %s", [voip.pk])

    assert AuditEntry.objects.count() == 1


@committed
def test_a_statement_outside_of_a_transaction_is_recorded() -> None:
    make.voip()

    with acting_as(lambda: EWA):
        assert Voip.objects.update(name="Shop") == 1

    assert entry().changes["name"][1] == "Shop"


def test_a_savepoint_that_is_rolled_back_does_not_forget_who_acts() -> None:
    make.voip()

    with ewa():
        with pytest.raises(RuntimeError), transaction.atomic():
            Voip.objects.update(name="Shop")
            raise RuntimeError
        Voip.objects.update(name="Other")

    assert entry().changes["name"][1] == "Other"


def test_a_rolled_back_change_leaves_no_entry() -> None:
    make.voip()

    with pytest.raises(RuntimeError), ewa():
        Voip.objects.update(name="Shop")
        raise RuntimeError

    assert not AuditEntry.objects.exists()


def test_a_record_that_is_written_twice_in_a_transaction_is_one_entry() -> None:
    make.voip(name="Office", number="+48221234567")

    with ewa():
        Voip.objects.update(name="Shop")
        Voip.objects.update(name="Other", number="")

    assert entry().changes == {"name": ["Office", "Other"], "number": ["+48221234567", ""]}


def test_secret_columns_are_recorded_as_changed_without_values() -> None:
    voip = make.voip()

    with ewa():
        voip.api_key = "very secret"
        voip.save(update_fields=["api_key"])

    assert entry().changes == {"api_key": None}


def test_personal_columns_are_recorded_as_changed_without_values() -> None:
    call = make.call(number_from="+48501502503", description="wants two lamps")

    with ewa():
        Call.objects.filter(pk=call.pk).update(description="wants three", number_from="", kind="incoming")

    assert entry().changes == {"description": None, "number_from": None, "kind": ["", "incoming"]}


def test_a_row_that_is_written_as_it_was_is_no_change() -> None:
    voip = make.voip()

    with ewa():
        Voip.objects.filter(pk=voip.pk).update(name=voip.name)

    assert not AuditEntry.objects.exists()


@committed
def test_additions_and_deletions_are_recorded() -> None:
    with ewa():
        make.voip(name="Shop", api_key="secret")
    with ewa():
        Voip.objects.all().delete()

    gone, added = AuditEntry.objects.order_by("-id")
    assert (added.action, added.changes["name"], added.changes["api_key"]) == ("added", [None, "Shop"], None)
    assert (gone.action, gone.changes["name"], gone.changes["api_key"]) == ("deleted", ["Shop", None], None)


def test_a_deleted_call_that_leaves_its_row_is_deleted() -> None:
    call = make.call(provider_call_id="1", via="provider", number_from="+48501502503")

    with ewa():
        services.delete_call(call)

    assert (entry().action, entry().changes["number_from"]) == ("deleted", None)


@committed
def test_dialing_and_hanging_up_are_recorded() -> None:
    line = make.sip(voip=make.voip(address="pbx.example.com"))
    with ewa():
        call = services.request_call(via=Via.SIP, sip=line.sip, number_to="+48501502503")
    with ewa():
        Call.objects.filter(pk=call.pk).update(hangup_requested_at="2026-03-01T12:00:00Z")

    assert [row.action for row in AuditEntry.objects.filter(model="calls.call").order_by("id")] == ["dialed", "hung_up"]


def test_group_membership_changes_are_recorded() -> None:
    user, group = User.objects.create_user("jan"), Group.objects.create(name="Shift")

    with ewa():
        user.groups.add(group)

    assert (entry().model, entry().object_id) == ("auth.user", user.pk)
    assert entry().changes == {f"groups:{group.pk}": [False, True]}


def test_who_is_deleted_leaves_one_entry() -> None:
    user = User.objects.create_user("jan")
    user.groups.add(Group.objects.create(name="Shift"))

    with ewa():
        user.delete()

    assert (entry().action, entry().changes["username"], entry().changes["password"]) == (
        "deleted",
        ["jan", None],
        None,
    )


def test_an_event_that_changes_no_row_is_recorded_while_somebody_acts() -> None:
    record(Action.EXPORTED, "calls.call")
    with ewa():
        record(Action.EXPORTED, "calls.call")

    assert (entry().who, entry().action) == ("ewa", "exported")


# --- which tables, and what is left out


def triggers() -> dict[str, list[str]]:
    """By table the arguments of its trigger."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, encode(t.tgargs, 'escape') FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE t.tgname = 'voipcrm_audit'"
        )
        return {table: arguments.split("\\000")[:-1] for table, arguments in cursor.fetchall()}


def test_every_audited_table_is_known() -> None:
    assert set(triggers()) == actors.TABLES


READ_ONLY = {"integrations.webhookdelivery", "voipcrm.auditentry"}
"""What people cannot change."""


def test_every_record_that_people_change_in_the_admin_is_audited() -> None:
    shown = {model._meta for model in admin.site._registry}

    assert {options.label_lower for options in shown if options.db_table not in actors.TABLES} == READ_ONLY


SECRET = ("password", "secret", "token", "digest", "hint", "api_key")
OF_PERSONS = (
    "number_from",
    "number_to",
    "customer_number",
    "description",
    "recording_url",
    "client_id",
    "contact_id",
    "note",
    "page_url",
    "text",
)


@pytest.mark.parametrize("table", MIGRATION.RECORDS)
def test_no_secret_and_nobodys_number_is_told(table: str) -> None:
    model_name, unmentioned, untold = triggers()[table]
    model = apps.get_model(model_name)
    left_out = {*unmentioned.split(), *untold.split()}
    personal = model._meta.app_label in ("calls", "autocalls")

    for field in model._meta.concrete_fields:
        is_text = isinstance(field, models.CharField | models.TextField)
        if isinstance(field, EncryptedTextField) or (is_text and any(word in field.column for word in SECRET)):
            assert field.column in left_out, field
        if personal and (field.column in OF_PERSONS or field.column == "number"):
            assert field.column in left_out, field
        if personal and isinstance(field, models.TextField | models.URLField | models.JSONField):
            assert field.column in left_out, field


def test_columns_that_are_left_out_exist() -> None:
    for arguments in triggers().values():
        if len(arguments) == 3:
            columns = {field.column for field in apps.get_model(arguments[0])._meta.concrete_fields}
            assert set(" ".join(arguments[1:]).split()) - {"created_at", "updated_at", "network"} <= columns
