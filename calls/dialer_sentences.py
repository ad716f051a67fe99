"""Texts of our own dialer in a call's `provider_status`, when no server has answered.

They are stored, and returned by the API, in English, like servers' words; staff read them in their own language.
"""

import re
from typing import Final

from calls.sentences import Sentence, _

MISTAKE: Final = _("internal error")
STOPPING: Final = _("the dialer is stopping")
GONE: Final = _("no sign of life")
NOT_ANSWERED: Final = _("no answer within %(seconds)s s")
SILENT: Final = _("no answer from %(server)s by UDP; TCP and TLS are not spoken")
NO_ADDRESS: Final = _("%(server)s: the name has no address")
NO_UDP: Final = _("%(server)s: its SRV records offer SIP by %(transports)s alone, and only UDP is spoken here")
FORBIDDEN: Final = _(
    "%(server)s leads to %(address)s, where no SIP server of others can be. If it is meant, allow it in OUTBOUND_ALLOWED_NETWORKS."
)
UNMET: Final = _("%(answer)s (asks for %(schemes)s; only Digest is supported)")
UNREADABLE: Final = _("%(answer)s (asks for nothing that can be read; only Digest is supported)")

ALL: Final = (MISTAKE, STOPPING, GONE, NOT_ANSWERED, SILENT, NO_UDP, NO_ADDRESS, FORBIDDEN, UNMET, UNREADABLE)
_PLACE = re.compile(r"%\\\((\w+)\\\)s|%\((\w+)\)s")


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(_PLACE.sub(lambda place: f"(?P<{place[1] or place[2]}>.+)", re.escape(text)), re.DOTALL)


_PATTERNS = [(text, _pattern(text)) for text in ALL]


def translate(words: str) -> str:
    """A dialer text in the reader's language; words of a server or provider unchanged."""
    for text, pattern in _PATTERNS:
        if found := pattern.fullmatch(words):
            return Sentence(text, **found.groupdict()).translated()
    return words
