"""How many calls may be placed before the server has answered those placed before.

A server that falls behind gets more of the same by every retransmission, and then answers nobody (congestion collapse). Calls that wait here stay in
the queue instead, where another dialer may take them, and those that wait too long expire there without anybody being rung late.
"""

import threading

MOST_UNHEARD = 64
"""Calls at one configuration's server to which nothing at all has come back. A server that answers within 10 ms has one of them at 100 calls a
second."""


class Pacing:
    def __init__(self, most: int = MOST_UNHEARD) -> None:
        self.most = most
        self._unheard: dict[int, set[str]] = {}
        self._configurations: dict[str, int] = {}
        self._changed = threading.Condition()

    def room(self, voip_id: int, *, seconds: float) -> int:
        """How many calls may be placed; waits so long for the first."""
        with self._changed:
            self._changed.wait_for(lambda: self._room(voip_id) > 0, seconds)
            return max(0, self._room(voip_id))

    def rooms(self) -> dict[int, int]:
        """How many calls may be placed, by configuration where any is unheard of."""
        with self._changed:
            return {voip_id: max(0, self.most - len(unheard)) for voip_id, unheard in self._unheard.items() if unheard}

    def placed(self, voip_id: int, reference: str) -> None:
        with self._changed:
            self._configurations[reference] = voip_id
            self._unheard.setdefault(voip_id, set()).add(reference)

    def heard(self, reference: str) -> None:
        """Anything has come back, or the call is over. Any number of times, from any thread."""
        if reference not in self._configurations:
            return
        with self._changed:
            voip_id = self._configurations.pop(reference, None)
            if voip_id is not None:
                self._unheard[voip_id].discard(reference)
                self._changed.notify_all()

    def _room(self, voip_id: int) -> int:
        return self.most - len(self._unheard.get(voip_id, ()))
