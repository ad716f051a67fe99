"""Validates a provider's call id."""

import re

from calls.sentences import Sentence, _
from integrations.providers.foundation.field_values import is_placeholder
from integrations.providers.foundation.provider import Unreadable

LONGEST_CALL_ID = 255
LONGEST_SHOWN = 255
_NO_IDS = frozenset({"false", "true", "unknown", "anonymous", "-1", ""})
_TEMPLATE = re.compile(r"<[^<>]*>|\[\[.*\]\]|@[A-Za-z_]\w*", re.ASCII | re.DOTALL)
"""Unfilled placeholders besides those of `is_placeholder`: an id never looks like these, although a login may."""


def check_call_id(text: str, *, missing: str) -> str:
    """The text if it can be a call's id; otherwise raise Unreadable, with `missing` as the message when it is empty.

    Constants are no ids: `null`, `0`, `false`, an unfilled placeholder. Calls of two people must never share a row.
    """
    if not text:
        raise Unreadable(missing)
    if not is_id(text):
        raise Unreadable(
            Sentence(
                _("“%(id)s” is no id of a call: every call would have the same. %(missing)s"),
                id=text[:LONGEST_SHOWN],
                missing=Sentence(missing),
            )
        )
    if len(text) > LONGEST_CALL_ID:
        raise Unreadable(Sentence(_("The call's id is longer than %(most)s characters."), most=str(LONGEST_CALL_ID)))
    return text


def is_id(text: str) -> bool:
    if is_placeholder(text) or _TEMPLATE.fullmatch(text) or text.lower() in _NO_IDS:
        return False
    return any(character.isalnum() and character != "0" for character in text)
