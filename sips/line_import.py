"""Import of lines from a file: first a plan, which is shown; then all of it is carried out, or nothing.

A row is matched to the line of its configuration with its SIP number or, without one, its login. A missing column changes nothing; an empty cell
empties the field, except passwords and yes/no fields. The plan does not even show whether a password differs from the stored one.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from sips import line_history
from sips.line_files import COLUMNS, FileRow, LineFile, title_of
from sips.models import Sip, Voip

TRUTHS: Final = {
    **dict.fromkeys(("1", "true", "yes", "on", "x", "tak", "prawda", "wł."), True),
    **dict.fromkeys(("0", "false", "no", "off", "nie", "fałsz", "wył."), False),
}
FLAGS: Final = ("hands_free", "active")
CHECKED: Final = tuple(column for column in COLUMNS if column not in ("voip", "password"))
BATCH: Final = 200

Action = Literal["add", "change", "none", "error"]


@dataclass(frozen=True, slots=True)
class Change:
    title: str
    before: str
    after: str


@dataclass(slots=True)
class PlannedRow:
    number: int
    line: Sip
    problems: list[str] = field(default_factory=list)
    is_new: bool = False
    changed: list[str] = field(default_factory=list)
    "Columns."
    changes: list[Change] = field(default_factory=list)

    @property
    def action(self) -> Action:
        if self.problems:
            return "error"
        if self.is_new:
            return "add"
        return "change" if self.changed else "none"


@dataclass(frozen=True, slots=True)
class Plan:
    rows: list[PlannedRow]

    def of(self, action: Action) -> list[PlannedRow]:
        return [row for row in self.rows if row.action == action]

    @property
    def digest(self) -> str:
        facts = [(row.number, row.action, row.line.pk, str(row.line.updated_at), row.problems) for row in self.rows]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


class ChangedMeanwhile(Exception):
    """The stored lines have changed since the plan was made; nothing was imported."""


def plan(file: LineFile, *, default: Voip | None = None, may_add: bool = True, locked: bool = False) -> Plan:
    """Plan the import. default: the configuration of rows that name none. may_add: whether the user may add lines. locked: lock the lines until the
    transaction ends."""
    planner = _Planner(file, default, may_add=may_add, locked=locked)
    return Plan([planner.row(row) for row in file.rows])


def carry_out(file: LineFile, *, default: Voip | None, digest: str, user: User) -> Plan:
    """Carry out the plan with that digest completely, or nothing. Raises ChangedMeanwhile, also if the plan has rows that cannot be stored."""
    try:
        with transaction.atomic():
            found = plan(file, default=default, may_add=user.has_perm("sips.add_sip"), locked=True)
            if found.digest != digest or found.of("error"):
                raise ChangedMeanwhile
            _store(found, user)
    except IntegrityError:  # a new line or its configuration has changed meanwhile
        raise ChangedMeanwhile from None
    return found


class _Planner:
    def __init__(self, file: LineFile, default: Voip | None, *, may_add: bool, locked: bool) -> None:
        self._file, self._default, self._may_add = file, default, may_add
        self._voips: dict[str, list[Voip]] = {}
        for voip in Voip.objects.without_secrets():
            for name in (voip.name.casefold(), str(voip.pk)):
                self._voips.setdefault(name, []).append(voip)
        self._by_sip: dict[tuple[int | None, str], list[Sip]] = {}
        self._by_username: dict[tuple[int | None, str], list[Sip]] = {}
        for line in self._lines(locked=locked):
            self._by_sip.setdefault((line.voip_id, line.sip), []).append(line)
            self._by_username.setdefault((line.voip_id, line.username), []).append(line)
        self._seen: dict[object, int] = {}
        "Row numbers, by the line they refer to."

    def _lines(self, *, locked: bool) -> Iterable[Sip]:
        """The lines of the configurations that the file names."""
        named = [voip.pk for row in self._file.rows for voip in self._named(row)]
        lines = Sip.objects.without_secrets().filter(voip__in=set(named)).order_by("pk")
        return lines.select_for_update(no_key=True) if locked else lines

    def _named(self, row: FileRow) -> Sequence[Voip]:
        name = row.cells.get("voip", "")
        if not name:
            return [self._default] if self._default else []
        return self._voips.get(name.removeprefix("#").casefold(), [])

    def row(self, row: FileRow) -> PlannedRow:
        named = self._named(row)
        if len(named) != 1:
            return PlannedRow(row.number, Sip(sip=row.cells.get("sip", "")), [self._which_voip(row, named)])
        line, problem = self._find(row, named[0])
        is_new = line.pk is None
        if is_new and not problem and not self._may_add:
            problem = _("There is no such line, and you may not add lines.")
        planned = PlannedRow(row.number, line, [problem] if problem else [], is_new=is_new)
        if not problem:
            _write(planned, row)
        return planned

    def _which_voip(self, row: FileRow, named: Sequence[Voip]) -> str:
        name = row.cells.get("voip", "")
        if not name:
            return _("Name the configuration, by its name or its id.")
        if not named:
            return _("There is no configuration “%(name)s”.") % {"name": name[:100]}
        ids = ", ".join(str(voip.pk) for voip in named)
        return _("Several configurations are called “%(name)s”; give the id of one: %(ids)s.") % {
            "name": name[:100],
            "ids": ids,
        }

    def _find(self, row: FileRow, voip: Voip) -> tuple[Sip, str]:
        """The line that the row refers to, or a new one, and why that is ambiguous."""
        sip, username = row.cells.get("sip", ""), row.cells.get("username", "")
        new = Sip(voip=voip, sip=sip)
        if not (sip or username):
            return new, _("Give the line's SIP number, or its login.")
        key = (voip.pk, "sip", sip) if sip else (voip.pk, "username", username)
        found = self._by_sip.get((voip.pk, sip), []) if sip else self._by_username.get((voip.pk, username), [])
        if len(found) > 1:
            return new, _("Several lines have this login; give the SIP number as well.")
        line = found[0] if found else new
        if (earlier := self._seen.setdefault(line.pk or key, row.number)) != row.number:
            return new, _("Row %(number)s is about the same line.") % {"number": earlier}
        line.voip = voip
        return line, ""


def _write(planned: PlannedRow, row: FileRow) -> None:
    """Apply the row's cells to the line; returns what changes."""
    line = planned.line
    before = {column: getattr(line, column) for column in CHECKED}
    for column, cell in row.cells.items():
        if column in FLAGS:
            _write_flag(planned, column, cell)
        elif column == "password":
            if cell:
                line.password = cell
        elif column not in ("voip", "sip"):
            setattr(line, column, cell)
    if planned.is_new:
        line.name = line.name or line.sip or line.username
    _check(planned, password="password" in row.cells and bool(row.cells["password"]))
    planned.changed = [column for column in CHECKED if getattr(line, column) != before[column]]
    planned.changes = [
        Change(title_of(column), _shown(before[column]), _shown(getattr(line, column))) for column in planned.changed
    ]
    if row.cells.get("password"):
        stored = _("none") if planned.is_new or not line.password_set else _("set")
        planned.changed.append("password")
        planned.changes.append(Change(title_of("password"), stored, _("a new one")))


def _write_flag(planned: PlannedRow, column: str, cell: str) -> None:
    if not cell:
        return
    if (truth := TRUTHS.get(cell.casefold())) is None:
        planned.problems.append(
            _("%(title)s: write yes or no, not “%(text)s”.") % {"title": capfirst(title_of(column)), "text": cell[:40]}
        )
    else:
        setattr(planned.line, column, truth)


def _check(planned: PlannedRow, *, password: bool) -> None:
    """The validation errors of the line's own page. Uses no database query, and reads no stored password."""
    left_out = {"voip", "id", "created_at", "updated_at"} | (set() if password else {"password"})
    try:
        planned.line.clean_fields(exclude=left_out)
        planned.line.clean()
    except ValidationError as problem:
        for name, sentences in problem.message_dict.items():
            planned.problems += [f"{capfirst(title_of(name))}: {sentence}" for sentence in sentences]


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return str(value)


def _store(found: Plan, user: User) -> None:
    now = timezone.now()
    added, changed = found.of("add"), found.of("change")
    Sip.objects.bulk_create([row.line for row in added], batch_size=BATCH)
    for row in changed:
        row.line.updated_at = now
    for has_password in (False, True):
        some = [row for row in changed if ("password" in row.changed) is has_password]
        columns = sorted({column for row in some for column in row.changed})
        if some:
            Sip.objects.bulk_update([row.line for row in some], [*columns, "updated_at"], batch_size=BATCH)
    line_history.note(user, ((row.line, None if row.is_new else row.changed) for row in (*added, *changed)))
