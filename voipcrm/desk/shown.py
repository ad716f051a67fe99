"""What the templates of the desk are given."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest
from django.utils import timezone

from calls.models import Note
from sips import phone_numbers
from sips.countries import DEFAULT_COUNTRY
from sips.number_writing import drop_invisible
from sips.staff_lines import lines_of, sees_all_lines
from voipcrm.backoffice.reader_links import may_view
from voipcrm.backoffice.submissions import new_token
from voipcrm.desk import actions, attempts, open_desks, pulse, sentences, strip
from voipcrm.desk.caller_card import Card, caller_card
from voipcrm.desk.faults import faults
from voipcrm.desk.fragments import row_html
from voipcrm.desk.lines import ReadersLines, readers_lines
from voipcrm.desk.live import LiveCall, live_calls
from voipcrm.desk.to_do import LOOKED_BACK, MOST_SHOWN, Entry, to_do

PARTS = ("live", "to_do", "card", "strip")


@dataclass(frozen=True, slots=True)
class Row:
    """A thing to do as this reader sees it."""

    entry: Entry
    facts: tuple[sentences.Fact, ...]
    is_going_on: bool
    may_change: bool


@dataclass(frozen=True, slots=True)
class Columns:
    since: str
    "The mark of how the desk is now."
    changed: frozenset[str]
    "Which of the PARTS are not as they were."
    context: Mapping[str, object]


def shown_page(request: HttpRequest, written: str) -> dict[str, object]:
    """All of it. `written` is the number whose card is open, in any writing."""
    lines = readers_lines(request)
    number = _read(written, lines)
    columns = columns_since(request, number)
    tokens = {name: new_token() for name in ("dial_once", "note_once", "outcome_once", "card_once")}
    typed = "" if phone_numbers.is_e164(number) else written
    return {"lines": lines, "typed": typed, "since": columns.since, **columns.context, **tokens}


def columns_since(request: HttpRequest, number: str, since: str = "") -> Columns:
    """The columns, and which parts of them have changed since that mark."""
    user = request.user
    seen = pulse.snapshot()
    live, entries = live_calls(user), to_do(user)
    rows = _rows(user, entries)
    card = caller_card(user, number) if number else None
    found, problems = strip.strip() if strip.may_see(user) else None, faults(user)
    concern = _concern(user, entries)
    open_desks.remember(request, seen.slot, concern)
    digests = [pulse.digest_of(*part) for part in ([live], [rows, len(entries), problems], [_marks(card)], [found])]
    former = dict(zip(PARTS, since.split(".")[1:], strict=False))
    return Columns(
        since=".".join([seen.pulse(concern), *digests]),
        changed=frozenset(part for part, digest in zip(PARTS, digests, strict=True) if former.get(part) != digest),
        context={
            "live": live,
            "live_rows": lambda: _live_rows(request, live),
            "rows": rows,
            "entry_rows": lambda: _entry_rows(request, rows),
            "faults": problems,
            "rest_count": len(entries) - len(rows),
            "open_count": sum(not entry.is_others for entry in entries) + len(problems),
            "card": card,
            "strip": found,
            "may": rights_of(user),
        },
    )


def _live_rows(request: HttpRequest, live: Sequence[LiveCall]) -> list[str]:
    may_change = rights_of(request.user)["change_call"]
    return [row_html(request, "desk/live_row.html", call=call, may_change=may_change) for call in live]


def _entry_rows(request: HttpRequest, rows: Sequence[Row]) -> list[str]:
    may_call = rights_of(request.user)["call"]
    return [row_html(request, "desk/to_do_row.html", row=row, entry=row.entry, may_call=may_call) for row in rows]


def _concern(user: Any, entries: Sequence[Entry]) -> pulse.Concern:
    return pulse.Concern(
        user_id=user.pk,
        all_lines=sees_all_lines(user),
        lines=frozenset(lines_of(user)),
        numbers=frozenset(entry.number for entry in entries),
    )


def _rows(user: User | AnonymousUser, entries: Sequence[Entry]) -> list[Row]:
    shown = entries[:MOST_SHOWN]
    numbers = [entry.number for entry in shown]
    tried, busy = attempts.attempts(numbers, since=timezone.now() - LOOKED_BACK), attempts.in_call(numbers)
    return [
        Row(
            entry=entry,
            facts=_facts(entry, sentences.of_attempt(tried[entry.number]) if entry.number in tried else None),
            is_going_on=entry.number in busy,
            may_change=actions.may_change(user, entry) and not entry.is_others,
        )
        for entry in shown
    ]


def _facts(entry: Entry, attempt: sentences.Fact | None) -> tuple[sentences.Fact, ...]:
    """With the attempt to call back, unless the customer has called again since."""
    missed = [fact.moment for fact in entry.known if fact.rank in (sentences.MISSED, sentences.FAILED)]
    return (*entry.known, attempt) if attempt and missed and attempt.moment > max(missed) else entry.known


def rights_of(user: User | AnonymousUser) -> dict[str, bool]:
    return {
        "call": user.has_perm("calls.add_call"),
        "change_call": user.has_perm("calls.change_call"),
        "note": user.has_perm("calls.add_note") and may_view(user, Note),
    }


def _read(written: str, lines: ReadersLines) -> str:
    """The number in the writing in which calls are stored, read in the country of the reader's line."""
    line = lines.chosen or next(iter(lines.offered), None)
    country = line.voip.country if line and line.voip else DEFAULT_COUNTRY
    return drop_invisible(phone_numbers.called(written, country)) if written else ""


def _marks(card: Card | None) -> list[Any]:
    """What changes on a card."""
    if card is None:
        return []
    calls: list[Any] = [
        (
            call.pk,
            call.status,
            call.duration,
            call.outcome_id,
            call.recording_url,
            [note.pk for note in call.notes.all()],
        )
        for call in card.calls
    ]
    call_backs = [(row.pk, row.status, row.promised_at) for row in card.call_backs]
    follow_ups = [(row.pk, row.state, row.assignee_id, row.due_at) for row in card.follow_ups]
    return [*calls, *call_backs, *follow_ups, card.name]
