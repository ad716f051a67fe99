"""What sippy says, in our log and without what authenticates.

By itself sippy writes messages to a file of its own and problems to standard output.
"""

import logging
import re
import sys
from typing import Any

from sippy import Network_server, SipTransactionManager, Udp_server
from sippy.Core import EventDispatcher

logger = logging.getLogger("integrations.sip_dialer")

_CREDENTIALS = re.compile(r"^((?:proxy-)?authorization[ \t]*:).*(?:\r?\n[ \t].*)*", re.IGNORECASE | re.MULTILINE)


def redact(message: str) -> str:
    """A SIP message without the digest responses, from which a weak password could be guessed."""
    return _CREDENTIALS.sub(r"\1 …", message)


class Trace:
    """Takes the place of sippy's logger: every message, at DEBUG."""

    def write(self, *parts: Any, **_options: Any) -> None:
        if logger.isEnabledFor(logging.DEBUG):
            logger.debug("%s", redact("".join(map(str, parts))))


def _log_exception(said: str, *_file: Any, extra: Any = None, **_options: Any) -> None:
    """For sippy's `dump_exception`, which is called where one is being handled."""
    if said.startswith("can't parse"):  # anybody may send us anything: that is no fault here, and one line each
        logger.warning("%s: %s", said, redact(repr(sys.exception())))
        return
    logger.error("%s%s", said, f": {redact(str(extra))}" if extra else "", exc_info=True)  # noqa: LOG014


def tame() -> None:
    """Send to our log what sippy would print. Its modules hold the printing function by name."""
    for module in (EventDispatcher, Network_server, SipTransactionManager, Udp_server):
        module.dump_exception = _log_exception
