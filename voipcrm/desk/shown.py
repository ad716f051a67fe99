"""What the templates of the desk are given."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest

from calls.models import Note
from sips import phone_numbers
from sips.countries import DEFAULT_COUNTRY
from sips.number_writing import drop_invisible
from voipcrm.backoffice.reader_links import may_view
from voipcrm.backoffice.submissions import new_token
from voipcrm.desk import pulse, strip
from voipcrm.desk.caller_card import Card
from voipcrm.desk.changes import Concern, Snapshot, digest_of
from voipcrm.desk.faults import faults, may_mend
from voipcrm.desk.fragments import row_html
from voipcrm.desk.kept import SLOTS
from voipcrm.desk.lines import ReadersLines, readers_lines
from voipcrm.desk.live import LiveCall, shown_to
from voipcrm.desk.open_desks import NEW, Mark, Open, is_unchanged, known_until, remember
from voipcrm.desk.parts import Parts
from voipcrm.desk.readers import Reader
from voipcrm.desk.rows import Row

PARTS = ("live", "to_do", "card", "strip")


@dataclass(frozen=True, slots=True)
class Columns:
    since: str
    "The mark of how the desk is now."
    changed: frozenset[str]
    "Which of the PARTS are not as they were."
    context: Mapping[str, object]


def shown_page(request: HttpRequest, reader: Reader | None, written: str) -> dict[str, object]:
    """All of it. `written` is the number whose card is open, in any writing."""
    lines = readers_lines(request)
    number = _read(written, lines)
    columns = columns_of(request, Parts(request.user, pulse.fresh_snapshot(), number, is_fresh=True), NEW, reader)
    tokens = {name: new_token() for name in ("dial_once", "note_once", "outcome_once", "card_once")}
    typed = "" if phone_numbers.is_e164(number) else written
    return {"lines": lines, "typed": typed, "since": columns.since, **columns.context, **tokens}


def columns_since(request: HttpRequest, reader: Reader | None, number: str, since: str) -> Columns | None:
    """The columns, and which parts of them have changed since that mark, in no case as they were before it, whichever process made it.

    None: nothing has happened to the desk that this process remembers.
    """
    mark = Mark.read(since)
    seen = pulse.snapshot(after=mark.at)
    if reader is not None and is_unchanged(request, reader, number, mark, seen):
        return None
    parts = Parts(request.user, seen, number, is_fresh=False, known_until=known_until(request, reader, number))
    return columns_of(request, parts, mark, reader)


def columns_of(request: HttpRequest, parts: Parts, mark: Mark, reader: Reader | None) -> Columns:
    user = request.user
    named, tasks, card = parts.live(), parts.tasks(), parts.card()
    live = shown_to(user, named, parts.own.concern.lines)
    found, problems = strip.strip() if strip.may_see(user) else None, faults(user)
    may = rights_of(user)
    shown = ([live, may["change_call"]], [tasks.digest, problems, may["call"]], [_marks(card)], [found])
    digests = tuple(digest_of(*part) for part in shown)
    if reader is not None:
        _remember(request, reader, parts.concern(named, tasks, card), parts.seen, digests)
    former = dict(zip(PARTS, mark.digests, strict=False))
    return Columns(
        since=str(Mark(parts.seen.at, digests)),
        changed=frozenset(part for part, digest in zip(PARTS, digests, strict=True) if former.get(part) != digest),
        context={
            "live": live,
            "live_rows": lambda: _live_rows(request, live),
            "rows": tasks.rows,
            "entry_rows": lambda: _entry_rows(request, tasks.rows),
            "faults": problems,
            "rest_count": tasks.count - len(tasks.rows),
            "open_count": tasks.open_count + len(problems),
            "card": card,
            "strip": found,
            "may": may,
        },
    )


def _remember(request: HttpRequest, reader: Reader, concern: Concern, seen: Snapshot, digests: tuple[str, ...]) -> None:
    looks = 1 if strip.may_see(reader.user) or may_mend(reader.user) else SLOTS
    shown = Open(reader, concern, digests, seen.notes_on(concern.card), order=seen.order, until=seen.slot + looks)
    remember(request, concern.card, shown)


def _live_rows(request: HttpRequest, live: Sequence[LiveCall]) -> list[str]:
    may_change = rights_of(request.user)["change_call"]
    return [row_html(request, "desk/live_row.html", call=call, may_change=may_change) for call in live]


def _entry_rows(request: HttpRequest, rows: Sequence[Row]) -> list[str]:
    may_call = rights_of(request.user)["call"]
    return [row_html(request, "desk/to_do_row.html", row=row, entry=row.entry, may_call=may_call) for row in rows]


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


def _marks(card: Card | None) -> list[object]:
    """What changes on a card."""
    if card is None:
        return []
    calls = [
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
