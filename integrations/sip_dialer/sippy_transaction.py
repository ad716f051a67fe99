"""A client transaction (RFC 3261, section 17.1), repeated with credentials where it is challenged (section 22)."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from secrets import token_hex

from sippy.SipAuthorization import SipAuthorization
from sippy.SipHeader import SipHeader
from sippy.SipProxyAuthorization import SipProxyAuthorization

from integrations.sip_dialer import challenges
from integrations.sip_dialer.challenges import Challenge
from integrations.sip_dialer.sippy_dialog import Content, Dialog, SipAccount
from integrations.sip_dialer.sippy_endpoint import Endpoint
from integrations.sip_dialer.sippy_messages import ClientTransactionOfSippy, Request, Response

MOST_ATTEMPTS = 5
"""Without credentials, for a proxy, for the server behind it, and for a stale nonce of either."""
Handle = Callable[[Response, int, str], None]
"""Takes a response, its status code (0: none in time) and its reason phrase."""
ASKED_IN = {401: ("www-authenticate", SipAuthorization), 407: ("proxy-authenticate", SipProxyAuthorization)}
"""By status code: the header with the challenges, and the class of the one with the credentials."""


@dataclass(slots=True)
class Credentials:
    """For one challenge, also in the requests that follow."""

    answer_header: type[SipAuthorization]
    challenge: Challenge
    is_renewed: bool = False
    "Whether this realm had asked before, with another nonce."
    count: int = 0
    "Requests that carried them (nc)."

    def add_to(self, request: Request, account: SipAccount) -> None:
        challenge, qop = self.challenge, self.challenge.qop
        self.count += 1
        username = account.auth_username.replace("\\", "\\\\").replace('"', '\\"')
        header = self.answer_header(
            realm=challenge.realm, nonce=challenge.nonce, uri=str(request.getRURI()), username=username
        )
        header.algorithm = challenge.algorithm
        if qop:
            header.qop, header.nc, header.cnonce = qop, f"{self.count:08x}", token_hex(8)
        if "opaque" in challenge.parameters:
            header.otherparams.append(("opaque", f'"{challenge.parameters["opaque"]}"'))
        body = request.getBody()
        header.genAuthResponse(account.password, request.getMethod(), "" if body is None else str(body))
        request.appendHeader(SipHeader(body=header))


class ClientTransaction:
    """handle: takes each response that is no challenge we can meet, its status code (0: none in time) and its reason phrase.
    heard: called at every response."""

    def __init__(
        self,
        endpoint: Endpoint,
        dialog: Dialog,
        method: str,
        content: Content,
        *,
        handle: Handle,
        heard: Callable[[], None],
        guard: Callable[[], AbstractContextManager[None]],
    ) -> None:
        self._endpoint, self._dialog, self._method, self._content = endpoint, dialog, method, content
        self._handle, self._heard, self._guard = handle, heard, guard
        self._credentials: dict[tuple[int, str], Credentials] = {}
        """By the status code and the realm that asked for them."""
        self._attempts = 0
        self._withdrawn = False
        self._transaction: object = None

    def send(self) -> None:
        self._attempts += 1
        request = self._dialog.request(self._method, self._content)
        for credentials in self._credentials.values():
            credentials.add_to(request, self._dialog.account)
        self._transaction = self._endpoint.send(request, self._on_response)

    @property
    def has_signed_in(self) -> bool:
        """Whether the last request carried credentials."""
        return bool(self._credentials)

    def withdraw(self) -> None:
        """CANCEL, as soon as anything has come (9.1)."""
        self._withdrawn = True
        self._endpoint.transactions.cancelTransaction(self._transaction)

    def _on_response(self, response: Response, transaction: ClientTransactionOfSippy) -> None:
        with self._guard():
            code, phrase = response.getSCode()
            if response is transaction.r408:
                code = 0
            else:
                self._dialog.learn_contact(response)
                self._heard()
            if code in ASKED_IN and not self._withdrawn:
                asked = [each for text in self._asked(response, code) for each in challenges.read(text)]
                if self._meet(asked, code):
                    return
                if not any(each.can_be_met for each in asked):
                    phrase = challenges.describe_unmet(phrase, asked)
            if self._method == "INVITE" and 200 <= code < 300:
                self._endpoint.acknowledge(
                    transaction, lambda: self._dialog.ack(response.getHFBody("cseq").getCSeqNum())
                )
            self._handle(response, code, phrase)

    @staticmethod
    def _asked(response: Response, code: int) -> list[str]:
        """The headers as received: sippy parses no scheme but Digest, and that not in all forms."""
        return [str(header.body) for header in response.getHFs(ASKED_IN[code][0])]

    def _meet(self, asked: list[Challenge], code: int) -> bool:
        """Send the request again with credentials. False when they would be the same as before.

        A nonce is replaced where the server calls it stale, and once even where it does not.
        """
        is_new = False
        realms: dict[str, Challenge] = {}
        for challenge in asked:
            if challenge.can_be_met:
                realms.setdefault(challenge.realm, challenge)  # the server prefers the first of a realm
        for realm, challenge in realms.items():
            before = self._credentials.get((code, realm))
            is_other = before is not None and challenge.nonce != before.challenge.nonce and not before.is_renewed
            if before is None or challenge.is_stale or is_other:
                self._credentials[code, realm] = Credentials(
                    ASKED_IN[code][1], challenge, is_renewed=before is not None
                )
                is_new = True
        if is_new and self._attempts < MOST_ATTEMPTS:
            self.send()
            return True
        return False
