"""One call's fault stays that call's."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, Protocol, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

logger = logging.getLogger(__name__)


class Breakable(Protocol):
    def broke(self) -> None:
        """End the call: something in here went wrong."""


B = TypeVar("B", bound=Breakable)


def shielded(method: Callable[Concatenate[B, P], T]) -> Callable[Concatenate[B, P], T | None]:
    """For whatever sippy calls: it would print the fault and leave the telephones as they are."""

    @wraps(method)
    def run(own: B, /, *details: P.args, **named: P.kwargs) -> T | None:
        try:
            return method(own, *details, **named)
        except Exception:
            logger.exception("a SIP call failed inside the dialer")
            own.broke()
            return None

    return run
