"""What a delivery's fields and words mean, for providers without public documents: each configuration may name its own. `.reading`
reads by it.

The settings of a configuration, all parts optional:

    {
        "fields": {"call_id": ["moje_id"]},        the names to look under, first one first, instead of ours
        "events": {"koniec": "call_end"},          the provider's word for an event, besides ours; or a result, "ended", "ignored"
        "statuses": {"ODEBRANE": "ANSWERED"},      the provider's word for how far a call is or how it ended, or "ended"
        "directions": {"przych": "incoming"},      the provider's word for a direction, besides ours
        "answer_needs_line": true,                 whether an incoming call is answered only where the telephone that picked up is named
        "units": {"talk_seconds": "milliseconds"}, what a plain number counts
        "formats": {"event_time": ["%d/%m/%Y"]},   how times are written, as for Python's strptime
        "numbers": "international",                numbers have their country code, but no plus
        "charset": "windows-1250",                 of what is not UTF-8
        "each": "dane.polaczenia"                  the list of which each element is an event
    }
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar

from calls.sentences import Sentence, _
from calls.statuses import Kind, Status, parse_kind, parse_status
from integrations.providers.foundation.charsets import CHARSETS, known_charset
from integrations.providers.foundation.decoding import field_name
from integrations.providers.foundation.pbx_words import (
    ANSWERED_EVENT,
    CANDIDATES,
    DIRECTIONS,
    ENDED,
    IGNORED_EVENT,
)
from integrations.providers.foundation.provider import InvalidSettings, provider_word
from integrations.providers.foundation.times import UNITS

LONGEST_WORD = 255
TIMES = ("event_time", "started_at", "answered_at", "ended_at")
LENGTHS = ("talk_seconds", "duration")
SETTINGS = (
    "fields",
    "events",
    "statuses",
    "directions",
    "answer_needs_line",
    "units",
    "formats",
    "numbers",
    "charset",
    "each",
)
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldMap:
    events: Mapping[str, str]
    "From the provider's word (`provider_word`) to the name of an event."
    statuses: Mapping[str, Status]
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: CANDIDATES)
    directions: Mapping[str, Kind] = field(default_factory=lambda: DIRECTIONS)
    others: frozenset[str] = frozenset()
    "Settings that are the provider's own and none of ours."
    answer_needs_line: bool | None = None
    """Whether an incoming call counts as answered only where the delivery names the telephone that picked up. None: in events of a queue alone,
    which an exchange picks up itself."""
    translated: frozenset[str] = frozenset()
    "Words for a result that the configuration translates: what an administrator decided is not concluded otherwise."
    endings: frozenset[str] = frozenset()
    "Words that say no more than that the call has ended."
    taught: frozenset[str] = frozenset()
    "The fields that the configuration names itself."
    units: Mapping[str, str] = field(default_factory=dict)
    formats: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    are_international: bool = False
    "Whether numbers are written with their country code and without a plus. Else they are read by the rules of the configuration's country."
    charset: str = ""
    each: str = ""

    def configured(self, settings: Mapping[str, object]) -> "FieldMap":
        """This map with a configuration's settings applied. Raises InvalidSettings, naming the culprit and the cure."""
        known = (*SETTINGS, *sorted(self.others))
        for key in settings:
            if key not in known:
                raise InvalidSettings(key, _("no such setting; use one of: %(known)s."), known=", ".join(known))
        if self.others.issuperset(settings):
            return self
        names = {name: self._names(name, value) for name, value in _section(settings, "fields").items()}
        words = _words(settings, "statuses", _status_or_ended)
        translated = {word: status for word, status in words.items() if status is not None}
        return replace(
            self,
            fields={**self.fields, **names},
            events={**self.events, **_words(settings, "events", self._event)},
            statuses={**self.statuses, **translated},
            translated=frozenset(translated),
            endings=frozenset(word for word, status in words.items() if status is None),
            taught=frozenset(names),
            answer_needs_line=_yes_or_no(settings, "answer_needs_line", default=self.answer_needs_line),
            directions={**self.directions, **_words(settings, "directions", parse_kind)},
            units=_units(settings),
            formats=_formats(settings),
            are_international=_are_international(settings),
            charset=_charset(settings),
            each=_path(settings, "each"),
        )

    def _names(self, name: str, value: object) -> tuple[str, ...]:
        if name not in self.fields:
            raise InvalidSettings(
                f"fields.{name}", _("no such field; use one of: %(known)s."), known=", ".join(self.fields)
            )
        names = [value] if isinstance(value, str) else value
        if (
            not isinstance(names, list)
            or not names
            or not all(isinstance(each, str) and each.strip() for each in names)
        ):
            raise InvalidSettings(
                f"fields.{name}", _('give the field names to look under as a list, such as ["call_id"].')
            )
        return tuple(field_name(each) for each in names)

    def _event(self, text: str) -> str:
        own = {*self.events.values(), ANSWERED_EVENT, ENDED, IGNORED_EVENT}
        if text in own:
            return text
        try:
            return parse_status(text).value
        except ValueError:
            choices = ", ".join([*sorted(own), *Status.values])
            template = _("“%(text)s” is not an event; use one of: %(known)s.")
            raise ValueError(Sentence(template, text=text, known=choices)) from None


def _section(settings: Mapping[str, object], key: str) -> Mapping[str, object]:
    section = settings.get(key, {})
    if not isinstance(section, Mapping) or not all(isinstance(name, str) for name in section):
        raise InvalidSettings(key, _("must be an object."))
    return section


def _words(settings: Mapping[str, object], key: str, parse: Callable[[str], T]) -> dict[str, T]:
    """A section that translates the provider's words into ours. parse: raises ValueError with a sentence."""
    words: dict[str, T] = {}
    for word, ours in _section(settings, key).items():
        if not isinstance(ours, str):
            raise InvalidSettings(f"{key}.{word}", _("must be a text."))
        try:
            words[provider_word(word)] = parse(ours)
        except ValueError as error:
            raise InvalidSettings(f"{key}.{word}", error.args[0]) from error
    return words


def _status_or_ended(text: str) -> Status | None:
    """None for `ended`. Raises ValueError."""
    try:
        return None if text == ENDED else parse_status(text)
    except ValueError:
        template = _("“%(text)s” is not a status; use one of: %(known)s.")
        raise ValueError(Sentence(template, text=text, known=", ".join([*Status.values, ENDED]))) from None


def _yes_or_no(settings: Mapping[str, object], key: str, *, default: bool | None) -> bool | None:
    value = settings.get(key, default)
    if value is not None and not isinstance(value, bool):
        raise InvalidSettings(key, _("must be true or false."))
    return value


def _units(settings: Mapping[str, object]) -> dict[str, str]:
    units = _section(settings, "units")
    for name, unit in units.items():
        if name not in LENGTHS:
            raise InvalidSettings(
                f"units.{name}", _("no such length; use one of: %(known)s."), known=", ".join(LENGTHS)
            )
        if unit not in UNITS:
            raise InvalidSettings(f"units.{name}", _("no such unit; use one of: %(known)s."), known=", ".join(UNITS))
    return {name: str(unit) for name, unit in units.items()}


def _formats(settings: Mapping[str, object]) -> dict[str, tuple[str, ...]]:
    formats = {}
    for name, value in _section(settings, "formats").items():
        if name not in TIMES:
            raise InvalidSettings(f"formats.{name}", _("no such time; use one of: %(known)s."), known=", ".join(TIMES))
        given = (value,) if isinstance(value, str) else tuple(value) if isinstance(value, list) else ()
        if not given or not all(map(_is_format, given)):
            template = _("write date and clock as for strptime: %(example)s.")
            raise InvalidSettings(f"formats.{name}", template, example='"%d/%m/%Y %H:%M:%S"')
        formats[name] = given
    return formats


def _is_format(text: object) -> bool:
    """Whether a moment written so can be read again."""
    moment = datetime(2026, 11, 23, 14, 5)  # any moment will do, of which no two parts are alike
    if not isinstance(text, str):
        return False
    try:
        return datetime.strptime(moment.strftime(text), text).replace(tzinfo=None) == moment
    except ValueError:
        return False


def _are_international(settings: Mapping[str, object]) -> bool:
    given = settings.get("numbers", "national")
    if given not in ("national", "international"):
        raise InvalidSettings("numbers", _("must be national or international."))
    return bool(given == "international")


def _charset(settings: Mapping[str, object]) -> str:
    given = settings.get("charset", "")
    charset = known_charset(given) if isinstance(given, str) and given else ""
    if given != "" and not charset:
        raise InvalidSettings(
            "charset", _("no such charset; use one of: %(known)s."), known=", ".join(sorted(CHARSETS))
        )
    return charset


def _path(settings: Mapping[str, object], key: str) -> str:
    value = settings.get(key, "")
    if not isinstance(value, str):
        raise InvalidSettings(key, _('give the dotted name of a list, such as "data.calls".'))
    return field_name(value)
