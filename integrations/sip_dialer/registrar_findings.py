"""The result of a line test, as a word and a sentence, from the registrar's answer.

The query is a REGISTER without a Contact (RFC 3261, 10.2.3): the registrar lists the registered contacts and changes nothing, so the line's
telephone stays registered; and it asks for the password first, which is to be tested. OPTIONS would prove less: most servers answer it to
everybody, many also for accounts that do not exist. No telephone rings.
"""

from dataclasses import dataclass

from calls.sentences import Sentence, _
from integrations.connection_tests import Finding

NO_RESPONSE = 0
BROKEN = -1
"""In place of a code: an error of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrarAnswer:
    code: int
    "Of the last response; NO_RESPONSE where none came in time."
    words: str = ""
    has_tried_password: bool = False
    has_telephone: bool = False
    "Whether anything is registered with the account."


ACCEPTED = _("The server accepts the login, and a telephone is registered with it.")
NOT_REGISTERED = _("The server accepts the login. No telephone is registered with it now, so this line would not ring.")
NOT_ASKED = _("The server answers, but did not ask for the password, so the password was not tried.")
WRONG_PASSWORD = _(
    "The server refuses the login or the password (%(said)s). Compare both with the provider's page; some servers want another authentication name."
)
NOT_ALLOWED = _(
    "The server refuses before it asks for the password (%(said)s): the account is blocked there, or it allows other addresses than ours."
)
UNKNOWN = _("The server knows no such account (%(said)s): correct the SIP login or the server's address.")
UNMET = _("The server wants another way of signing in than we know: %(said)s.")
SILENT = _(
    "The server did not answer within %(seconds)s seconds: the address or port is wrong, a firewall is between, or it speaks SIP by TCP or TLS "
    "alone. Only UDP is spoken here."
)
TCP_ONLY = _(
    "The server does not answer by UDP, but something listens at its port by TCP: it seems to speak SIP by TCP alone. "
    "Only UDP is spoken here; ask the provider for it."
)
NO_ADDRESS = _("The server's name leads nowhere: %(host)s has no address. Correct the server address.")
ONLY_TCP_OFFERED = _(
    "The server's name, %(host)s, offers SIP by %(offered)s alone, and only UDP is spoken here. Ask the provider for another server."
)
FORBIDDEN = _(
    "The server's name, %(host)s, leads to a machine where no SIP server of others can be, so nothing was sent. "
    "If it is meant, allow it in OUTBOUND_ALLOWED_NETWORKS."
)
UNREACHABLE = _("The server cannot be reached from here: %(said)s.")
NO_REGISTRAR = _(
    "The server answers, but nobody can register there (%(said)s), so the password was not tried. A trunk may work all the same: place a call."
)
REDIRECTED = _("The server sends us elsewhere (%(said)s), and that is not followed: correct the server address.")
REFUSED = _("The server refuses the request (%(said)s).")
IN_TROUBLE = _("The server has a fault or is overloaded (%(said)s). Try again later, then ask the provider.")
INCOMPLETE = _("The configuration's server address, or the line's login or password, has been removed.")
FAILED = _("The test itself failed; the dialer's log tells why.")


def of_answer(answer: RegistrarAnswer, *, seconds: float) -> Finding:
    code = answer.code
    if code == BROKEN:
        return Finding("test_failed", Sentence(FAILED))
    if code == NO_RESPONSE:
        return Finding("no_answer", Sentence(SILENT, seconds=f"{seconds:g}"))
    if 200 <= code < 300:
        return _accepted(answer)
    word, text = _refused(answer)
    return Finding(word, Sentence(text, said=f"{code} {answer.words}".strip()[:200]))


def _accepted(answer: RegistrarAnswer) -> Finding:
    if not answer.has_tried_password:
        return Finding("password_not_asked", Sentence(NOT_ASKED), passed=True)
    if answer.has_telephone:
        return Finding("accepted", Sentence(ACCEPTED), passed=True)
    return Finding("accepted_no_telephone", Sentence(NOT_REGISTERED), passed=True)


def _refused(answer: RegistrarAnswer) -> tuple[str, str]:
    if answer.code in (401, 403, 407) and answer.has_tried_password:
        return "wrong_password", WRONG_PASSWORD
    by_class = {3: ("redirected", REDIRECTED), 5: ("server_trouble", IN_TROUBLE)}
    return BY_CODE.get(answer.code) or by_class.get(answer.code // 100, ("refused", REFUSED))


BY_CODE = {
    401: ("unknown_authentication", UNMET),
    403: ("not_allowed", NOT_ALLOWED),
    404: ("unknown_account", UNKNOWN),
    405: ("no_registrar", NO_REGISTRAR),
    407: ("unknown_authentication", UNMET),
    410: ("unknown_account", UNKNOWN),
    501: ("no_registrar", NO_REGISTRAR),
    604: ("unknown_account", UNKNOWN),
}
