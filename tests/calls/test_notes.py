"""Notes are added, and nothing of them is lost."""

from datetime import UTC, datetime, timedelta
from typing import Any

import make
import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from meeting import meet

from calls import erasure, retention, services
from calls.correlation import _bind
from calls.models import Call, Note, Via
from calls.notes import add_note
from sips.number_search import SoughtNumber

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.fixture
def ewa(db: None) -> User:
    return User.objects.create_user("ewa")


def test_a_note_says_who_wrote_it_about_which_call(ewa: User) -> None:
    call = make.call()

    note = add_note(call, author=ewa, text="Wants an offer")

    assert (note.call, note.author, note.text) == (call, ewa, "Wants an offer")


def test_notes_of_a_deleted_call_are_gone(ewa: User) -> None:
    call = make.call(via=Via.PROVIDER, voip=make.voip(), provider_call_id="1")
    add_note(call, author=ewa, text="Wants an offer")

    services.delete_call(call)

    assert not Note.objects.exists()


def test_a_deleted_call_gets_no_notes(ewa: User) -> None:
    call = make.call(via=Via.PROVIDER, voip=make.voip(), provider_call_id="1")
    services.delete_call(call)

    with pytest.raises(Call.DoesNotExist):
        add_note(call, author=ewa, text="Wants an offer")


def test_notes_and_outcome_move_to_the_request_that_absorbs_the_call(ewa: User) -> None:
    voip, sold = make.voip(), make.outcome("Sold")
    request = make.call(
        voip=voip, via=Via.PROVIDER, reference="vcrm-1", status="DIALING", precedence=20, dialed_at=NOON
    )
    made = make.call(voip=voip, via=Via.PROVIDER, provider_call_id="7", outcome=sold)
    note = add_note(made, author=ewa, text="Wants an offer")

    _bind(request.pk, voip.pk, "7")

    note.refresh_from_db()
    assert (note.call_id, Call.objects.get().outcome) == (request.pk, sold)


@pytest.mark.django_db(transaction=True)
def test_concurrent_notes_are_both_kept() -> None:
    ewa, jan = User.objects.create_user("ewa"), User.objects.create_user("jan")
    call = make.call()

    meet(
        lambda: add_note(call, author=ewa, text="Wants an offer"),
        lambda: add_note(call, author=jan, text="Will pay today"),
        at="INSERT INTO .calls_note",
    )

    assert set(Note.objects.values_list("text", flat=True)) == {"Wants an offer", "Will pay today"}


@pytest.mark.django_db(transaction=True)
def test_a_note_does_not_come_in_behind_the_deletion_of_its_call() -> None:
    ewa = User.objects.create_user("ewa")
    call = make.call(via=Via.PROVIDER, voip=make.voip(), provider_call_id="1")

    met = meet(
        lambda: services.delete_call(call),
        lambda: add_note(call, author=ewa, text="Wants an offer"),
        at="COMMIT",
        refusals=Call.DoesNotExist,
    )

    assert (met.waited, Note.objects.exists()) == (True, False)


def test_erasing_a_person_deletes_the_notes_on_their_calls_and_takes_the_number_out_of_others(ewa: User) -> None:
    theirs, other = make.call(number_from="+48501502503"), make.call(number_from="+48609000111")
    add_note(theirs, author=ewa, text="Wants an offer")
    add_note(other, author=ewa, text="Ring 501 502 503 instead")

    erasure.erase_number(SoughtNumber("+48501502503"))

    assert [note.text for note in Note.objects.all()] == ["Ring … instead"]


def test_notes_are_forgotten_with_the_numbers(ewa: User, settings: Any) -> None:
    settings.CALL_NUMBERS_KEPT = timedelta(days=30)
    now = timezone.now()
    old, new = make.call(start_time=now - timedelta(days=31)), make.call()
    for call in (old, new):
        add_note(call, author=ewa, text="Wants an offer")
    late = add_note(make.call(), author=ewa, text="written long ago")
    Note.objects.filter(pk=late.pk).update(created_at=now - timedelta(days=31))

    retention.erase_old_calls()
    retention.delete_old_notes()

    assert [note.call_id for note in Note.objects.all()] == [new.pk]
