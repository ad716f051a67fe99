"""Two who change one configuration or line at the same moment: every lock of the app is met by two transactions."""

from collections.abc import Callable
from typing import Any

import make
import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import transaction
from meeting import COMMIT, meet
from rest_framework.test import APIClient

from calls.models import Call, Via
from calls.services import request_call
from sips import line_files, line_import
from sips.lines import CannotDial
from sips.models import Sip, Voip
from sips.services import VoipInUse, delete_voip, switch_lines

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    ("made", "address", "table", "one", "other"),
    [
        (make.sip, "sips", "sips_sip", {"name": "Anna"}, {"caller_id": "+48221234567"}),
        (make.voip, "voips", "sips_voip", {"name": "Warsaw"}, {"address": "pbx.example.com"}),
        (make.widget, "widgets", "widgets_widget", {"name": "Blog"}, {"slot_minutes": 20}),
    ],
    ids=["line", "configuration", "widget"],
)
def test_two_edits_through_the_api_keep_what_both_have_changed(
    alice: APIClient, made: Callable[[], Any], address: str, table: str, one: dict[str, Any], other: dict[str, Any]
) -> None:
    row = made()
    page = f"/voip/{address}/{row.pk}.json"

    met = meet(lambda: alice.patch(page, one), lambda: alice.patch(page, other), at=f'^UPDATE "{table}"')

    assert (met.waited, met.first.status_code, met.second.status_code) == (True, 200, 200)
    row.refresh_from_db()
    assert {name: getattr(row, name) for name in one | other} == one | other


def test_what_is_deleted_during_an_edit_does_not_come_back(alice: APIClient) -> None:
    page = f"/voip/sips/{make.sip().pk}.json"

    met = meet(lambda: alice.patch(page, {"name": "Anna"}), lambda: alice.delete(page), at='^UPDATE "sips_sip"')

    assert (met.waited, met.second.status_code, Sip.objects.count()) == (True, 204, 0)


def test_a_password_that_is_changed_while_all_are_encrypted_anew_is_not_overwritten() -> None:
    line = make.sip(password="old")

    def change() -> None:
        line.password = "new"
        line.save(update_fields=["password"])

    met = meet(lambda: call_command("rotate_encryption_keys"), change, at='^UPDATE "sips_sip"')

    assert (met.waited, Sip.objects.get().password) == (True, "new")


def dial() -> Call:
    return request_call(via=Via.SIP, sip="100", number_to="+48501502503")


def test_a_configuration_by_which_a_call_is_just_being_asked_for_is_kept() -> None:
    voip = make.sip().voip
    assert voip is not None

    def dial_with_more() -> Call:
        with transaction.atomic():
            return dial()

    met = meet(dial_with_more, lambda: delete_voip(voip), at=COMMIT, refusals=VoipInUse)

    assert (met.waited, type(met.second)) == (True, VoipInUse)
    assert Call.objects.get().voip == voip


def test_no_call_is_asked_for_by_a_configuration_that_is_being_deleted() -> None:
    voip = make.sip().voip
    assert voip is not None

    met = meet(lambda: delete_voip(voip), dial, at='^DELETE FROM "sips_voip"', refusals=CannotDial)

    assert (met.waited, type(met.second)) == (True, CannotDial)
    assert not Voip.objects.exists()
    assert not Call.objects.exists()


def test_a_line_that_is_being_imported_is_edited_afterwards() -> None:
    line = make.sip(voip=make.voip(name="Office"), sip="101", name="Anna")
    file = line_files.read(b"configuration,SIP number,name\nOffice,101,Ewa")
    digest, user = line_import.plan(file).digest, User.objects.create_superuser("setter")

    met = meet(
        lambda: line_import.carry_out(file, default=None, digest=digest, user=user),
        lambda: Sip.objects.filter(pk=line.pk).update(name="Jan"),
        at='^UPDATE "sips_sip"',
    )

    assert (met.waited, Sip.objects.get().name) == (True, "Jan")


def test_a_line_is_switched_off_by_one_of_two() -> None:
    make.sip()

    def switch() -> int:
        return len(switch_lines(Sip.objects.all(), on=False))

    met = meet(switch, switch, at='^UPDATE "sips_sip"')

    assert (met.waited, met.first, met.second) == (True, 1, 0)


def test_switching_a_line_is_a_change_that_pollers_see() -> None:
    line = make.sip()

    switch_lines(Sip.objects.all(), on=False)

    assert Sip.objects.get().updated_at > line.updated_at
