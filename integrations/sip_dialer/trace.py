"""The SIP messages on the wire, for whoever must see them: without credentials and media keys. Off unless asked for."""

import re
from collections.abc import Callable

_CREDENTIALS = re.compile(
    r"^((?:proxy-)?authorization[ \t]*:)[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*", re.IGNORECASE | re.MULTILINE
)
_MEDIA_KEY = re.compile(r"^(a=crypto:[^\r\n]*?inline:|k=)[^\r\n]*", re.IGNORECASE | re.MULTILINE)


def redact(message: str) -> str:
    """A SIP message with the digest of the password and the keys of the media blanked out."""
    return _MEDIA_KEY.sub(r"\1[redacted]", _CREDENTIALS.sub(r"\1 [redacted]", message))


class Trace:
    """What sippy calls its logger."""

    def __init__(self, sink: Callable[[str], None] | None) -> None:
        self._sink = sink

    def write(self, *parts: str, **_when: object) -> None:
        if self._sink is not None:
            self._sink(redact("".join(parts)))
