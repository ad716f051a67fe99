"""A request and its repetitions with credentials (RFC 3261, section 22)."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from integrations.sip_dialer.sippy_dialog import Dialog
from integrations.sip_dialer.sippy_endpoint import Endpoint

MOST_ATTEMPTS = 4
"""Without credentials, for a proxy, for the server behind it, and for a nonce that had grown old."""


class Exchange:
    """handle: takes each response that is no challenge we can meet, its code (0 when none came in time) and its words.
    heard: called when anything came at all."""

    def __init__(
        self,
        endpoint: Endpoint,
        dialog: Dialog,
        method: str,
        description: str | None,
        *,
        handle: Callable[[Any, int, str], None],
        heard: Callable[[], None],
        guard: Callable[[], AbstractContextManager[None]],
    ) -> None:
        self._endpoint, self._dialog, self._method, self._description = endpoint, dialog, method, description
        self._handle, self._heard, self._guard = handle, heard, guard
        self._challenges: dict[tuple[str, str], tuple[Any, str | None]] = {}
        self._attempts = 0
        self._withdrawn = False
        self._transaction: Any = None

    def send(self) -> None:
        self._attempts += 1
        request = self._dialog.request(self._method, self._description, self._challenges.values())
        self._transaction = self._endpoint.send(request, self._on_response)

    def withdraw(self) -> None:
        """CANCEL, as soon as anything has come (9.1)."""
        self._withdrawn = True
        self._endpoint.transactions.cancelTransaction(self._transaction)

    def _on_response(self, response: Any, transaction: Any) -> None:
        with self._guard():
            code, words = response.getSCode()
            if response is transaction.r408:
                code = 0
            else:
                self._dialog.learn_contact(response)
                self._heard()
            if code in (401, 407) and not self._withdrawn and self._meet(response, code):
                return
            if self._method == "INVITE" and 200 <= code < 300:
                self._endpoint.acknowledge(
                    transaction, lambda: self._dialog.ack(response.getHFBody("cseq").getCSeqNum())
                )
            self._handle(response, code, words)

    def _meet(self, response: Any, code: int) -> bool:
        """Send the request again with what was asked for. False when there is nothing better to say than what was said."""
        header = "www-authenticate" if code == 401 else "proxy-authenticate"
        for challenge in response.getHFBodys(header):
            is_supported, qop = challenge.supportedAlgorithm()
            if not is_supported:
                continue
            key = (header, challenge.getRealm())
            is_stale = any(name == "stale" and value.lower() == "true" for name, value in challenge.otherparams)
            if self._attempts >= MOST_ATTEMPTS or (key in self._challenges and not is_stale):
                return False
            self._challenges[key] = (challenge, qop)
            self.send()
            return True
        return False
