"""sippy's messages and problems in our log, without credentials. By itself it writes to a file of its own and to standard output."""

import logging
import re
import sys

from sippy import Network_server, SipMsg, SipRequest, SipTransactionManager, SipURL, Udp_server
from sippy.Core import EventDispatcher

from integrations.sip_dialer import sippy_shortcuts
from integrations.sip_dialer.quota import Quota

logger = logging.getLogger("integrations.sip_dialer")

_CREDENTIALS = re.compile(r"^((?:proxy-)?authorization[ \t]*:).*(?:\r?\n[ \t].*)*", re.IGNORECASE | re.MULTILINE)


def redact(message: str) -> str:
    """A SIP message without the digest responses, from which a weak password could be guessed."""
    return _CREDENTIALS.sub(r"\1 …", message)


class Trace:
    """Takes the place of sippy's logger: every message, at DEBUG."""

    def write(self, *parts: object, **_options: object) -> None:
        if logger.isEnabledFor(logging.DEBUG):
            logger.debug("%s", redact("".join(map(str, parts))))


_refused, _broken = Quota(10), Quota(10)


def log_refused(problem: str, source: object) -> None:
    """A datagram from there was rejected: one line, as the fault is not ours."""
    held_back = _refused.take()
    if held_back is not None:
        logger.warning("datagram from %s refused: %s%s", source, problem, _more(held_back))


def _log_exception(message: str, *_file: object, extra: object = None, **_options: object) -> None:
    """Replaces sippy's `dump_exception`, which is called while an exception is handled."""
    if message.startswith("can't parse"):
        log_refused(redact(repr(sys.exception())), message.rpartition(" ")[2])
        return
    held_back = _broken.take()
    if held_back is not None:
        shown = f": {redact(str(extra))}" if extra else ""
        logger.error("%s%s%s", message, shown, _more(held_back), exc_info=True)  # noqa: LOG014 - called where an exception is being handled


def _more(held_back: int) -> str:
    return f" ({held_back} more in the minute before)" if held_back else ""


def _print(*parts: object, **_options: object) -> None:
    """Replaces `print` in sippy's modules."""
    if logger.isEnabledFor(logging.DEBUG):
        logger.debug("sippy: %s", redact(" ".join(map(str, parts))))


def tame() -> None:
    """Redirect sippy's printing functions, which its modules hold by name, to our log. Also make it return addresses unchanged, without decoding and
    encoding their escapes (RFC 3261, 19.1.4: a reserved character is not equivalent to its escape)."""
    for module in (EventDispatcher, Network_server, SipTransactionManager, Udp_server):
        module.dump_exception = _log_exception
    for module in (EventDispatcher, SipMsg, SipRequest, SipTransactionManager, SipURL):
        module.print = _print
    SipURL.quote = SipURL.unquote = lambda text, *_safe: text
    sippy_shortcuts.take()
