"""Queries a registrar by REGISTER without a Contact, with credentials after a challenge (RFC 3261, 10.2.3)."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sippy.SipURL import SipURL

from integrations.sip_dialer.registrar_findings import BROKEN, NO_RESPONSE, RegistrarAnswer
from integrations.sip_dialer.sippy_dialog import Dialog, SipAccount
from integrations.sip_dialer.sippy_endpoint import Endpoint
from integrations.sip_dialer.sippy_messages import Response
from integrations.sip_dialer.sippy_transaction import ClientTransaction

logger = logging.getLogger("integrations.sip_dialer")

ReportAnswer = Callable[[RegistrarAnswer, str, int], None]
"""Takes the answer, and the address and port that were queried."""


class _Registration(Dialog):
    """Requests to the registrar itself: the request URI is the domain, and From and To are both the account (RFC 3261, 10.2)."""

    def __init__(self, account: SipAccount, *, call_id: str, contact: tuple[str, int]) -> None:
        super().__init__(account, call_id=call_id, user=account.username, contact=contact)
        self._target = SipURL(host=account.host, port=account.port)


class RegistrarQuery:
    def __init__(
        self,
        endpoint: Endpoint,
        account: SipAccount,
        *,
        call_id: str,
        seconds: float,
        report: Callable[[RegistrarAnswer], None],
    ) -> None:
        """report: receives the answer once, in the loop's thread."""
        self._report, self._is_over = report, False
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
        """An exception is logged and ends this query without affecting calls."""
        try:
            yield
        except Exception:
            logger.exception("registrar_query_failed")
            self._answer(RegistrarAnswer(code=BROKEN))

    def _handle(self, response: Response, code: int, words: str) -> None:
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
            self._report(answer)
