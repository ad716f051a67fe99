"""Queries a registrar by REGISTER without a Contact, repeated with credentials (RFC 3261, 10.2.3)."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sippy.SipURL import SipURL

from integrations.sip_dialer.registrar_findings import BROKEN, NO_RESPONSE, RegistrarAnswer
from integrations.sip_dialer.sippy_dialog import Dialog, SipAccount
from integrations.sip_dialer.sippy_endpoint import Endpoint
from integrations.sip_dialer.sippy_transaction import ClientTransaction

logger = logging.getLogger("integrations.sip_dialer")

TellAnswer = Callable[[RegistrarAnswer, str, int], None]
"""Takes the answer, and the address and port that were asked."""


class _Registration(Dialog):
    """Requests to the registrar itself: it is the domain, and From and To are both the account (RFC 3261, 10.2)."""

    def __init__(self, account: SipAccount, *, call_id: str, contact: tuple[str, int]) -> None:
        super().__init__(account, call_id=call_id, user=account.username, contact=contact)
        self._target = SipURL(host=account.host, port=account.port)


class RegistrarQuestion:
    def __init__(
        self,
        endpoint: Endpoint,
        account: SipAccount,
        *,
        call_id: str,
        seconds: float,
        tell: Callable[[RegistrarAnswer], None],
    ) -> None:
        """tell: takes the one answer; called from the loop's thread."""
        self._tell, self._is_over = tell, False
        dialog = _Registration(account, call_id=call_id, contact=(endpoint.address, endpoint.port))
        self._transaction = ClientTransaction(
            endpoint, dialog, "REGISTER", None, handle=self._handle, heard=lambda: None, guard=self._guard
        )
        self._patience = endpoint.after(seconds, lambda: self._answer(RegistrarAnswer(code=NO_RESPONSE)))

    def ask(self) -> None:
        with self._guard():
            self._transaction.send()

    @contextmanager
    def _guard(self) -> Iterator[None]:
        """An exception ends this query, is logged, and leaves the calls alone."""
        try:
            yield
        except Exception:
            logger.exception("registrar question broke off")
            self._answer(RegistrarAnswer(code=BROKEN))

    def _handle(self, response: Any, code: int, words: str) -> None:
        if NO_RESPONSE < code < 200:
            return
        self._answer(
            RegistrarAnswer(
                code=code,
                words=words,
                has_tried_password=self._transaction.has_signed_in,
                has_telephone=200 <= code < 300 and response.countHFs("contact") > 0,
            )
        )

    def _answer(self, answer: RegistrarAnswer) -> None:
        if not self._is_over:
            self._is_over = True
            self._patience.cancel()
            self._tell(answer)
