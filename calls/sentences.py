"""Messages for staff that are stored and translated when they are read.

They are stored as the English text with its values, one per line: `["“%(word)s” is …", {"word": "RINGIN"}]`; one without values as plain text.
`translate_stored` translates them into the reader's language.
"""

import json
from typing import Self

from django.utils.translation import gettext, gettext_noop

_ = gettext_noop
"""Marks a text for translation, in modules that do not depend on Django."""


class Sentence(str):
    """A translatable message. Its text must be marked for translation; a value may be a Sentence itself."""

    text: str
    values: dict[str, str]

    def __new__(cls, text: str, /, **values: str) -> Self:
        """text: with a placeholder `%(name)s` for each value; a Sentence is returned unchanged."""
        if isinstance(text, cls):
            return text
        sentence = super().__new__(cls, text % values if values else text)
        sentence.text, sentence.values = text, values
        return sentence

    def translated(self) -> str:
        message = gettext(self.text)
        places = {name: _translated(value) for name, value in self.values.items()}
        return message % places if places else message

    def as_json(self) -> list[object]:
        places = {
            name: value.as_json() if isinstance(value, Sentence) else value for name, value in self.values.items()
        }
        return [self.text, places]


def translate(text: str) -> str:
    """In the reader's language; a text without a translation as it is."""
    return text.translated() if isinstance(text, Sentence) else gettext(text) if text else ""


def _translated(value: str) -> str:
    """A value that is no Sentence is often a provider's word, which is not translated."""
    return value.translated() if isinstance(value, Sentence) else value


def store(*texts: str) -> str:
    """One per line, duplicates removed."""
    lines = (json.dumps(each.as_json(), ensure_ascii=False) if isinstance(each, Sentence) else each for each in texts)
    return "\n".join(dict.fromkeys(filter(None, lines)))


def translate_stored(stored: str) -> str:
    """The result of `store`, in the reader's language, one per line."""
    return "\n".join(_translate_line(line) for line in stored.split("\n"))


def _translate_line(line: str) -> str:
    try:
        return _read(json.loads(line)).translated()
    except (ValueError, TypeError, KeyError, RecursionError):  # no sentence with places
        return translate(line)


def _read(stored: object) -> Sentence:
    """Raises ValueError, TypeError or KeyError for what is no stored sentence."""
    match stored:
        case [str(text), dict(places)]:
            values = {name: value if isinstance(value, str) else _read(value) for name, value in places.items()}
            return Sentence(text, **values)
    raise ValueError("no stored sentence")
