"""What can be a provider's id of a call."""

import re

from calls.sentences import Sentence, _
from integrations.providers.foundation.field_values import is_placeholder
from integrations.providers.foundation.provider import Unreadable

LONGEST_CALL_ID = 255
LONGEST_SHOWN = 255
_NO_IDS = frozenset({"false", "true", "unknown", "anonymous", "-1", ""})
_TEMPLATE = re.compile(r"<[^<>]*>|\[\[.*\]\]|@[A-Za-z_]\w*", re.ASCII | re.DOTALL)
"""What was not filled in, besides `is_placeholder`: an id has no such look, though a login may."""


def check_call_id(text: str, *, missing: str) -> str:
    """The text if it can be a call's id; otherwise raise Unreadable, with `missing` as the message when it is empty.

    What all calls would share is no id: `null`, `0`, `false`, a template that was not filled in. Two persons must never be one call.
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
    """Whether it can tell one call from another."""
    if is_placeholder(text) or _TEMPLATE.fullmatch(text) or text.lower() in _NO_IDS:
        return False
    return any(character.isalnum() and character != "0" for character in text)
