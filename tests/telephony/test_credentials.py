"""Signing in at servers of every kind (RFC 3261, section 22)."""

import re
from collections.abc import Iterator
from hashlib import md5, sha256

import pytest
from telephony.conftest import Dialer
from telephony.switchboard import Answer, Message, Switchboard, in_turn, ok, says

from calls.statuses import Status

OPERATOR, NUMBER = "100", "48225555501"
GOOD = 'Digest realm="pbx", nonce="n"'


@pytest.fixture
def board() -> Iterator[Switchboard]:
    board = Switchboard()
    yield board
    board.stop()


def asks(*challenges: str, code: str = "401 Unauthorized", header: str = "WWW-Authenticate") -> Answer:
    return says(code, headers=[f"{header}: {challenge}" for challenge in challenges])


def values(request: Message, header: str = "Authorization") -> dict[str, str]:
    return {
        name: quoted or plain
        for name, quoted, plain in re.findall(r'(\w+)=(?:"([^"]*)"|([^,"]+))', request.header(header))
    }


def proof(request: Message, *, username: str = "crm", password: str = "secretcrm", digest: object = md5) -> str:
    """What the response must be (RFC 7616, 3.4.1)."""
    said = values(request)

    def h(text: str) -> str:
        return str(digest(text.encode()).hexdigest())  # type: ignore[operator]

    ha1, ha2 = h(f"{username}:{said['realm']}:{password}"), h(f"{request.method}:{said['uri']}")
    middle = f"{said['nc']}:{said['cnonce']}:{said['qop']}:" if "qop" in said else ""
    return h(f"{ha1}:{said['nonce']}:{middle}{ha2}")


@pytest.mark.parametrize(
    "challenges",
    [
        [GOOD],
        ['Bearer authz_server="https://example.com"', GOOD],
        ["NTLM", "Negotiate", 'Basic realm="pbx"', GOOD],
        [f'Bearer scope="sip", {GOOD}'],
        ['Digest Realm="pbx", Nonce="n"'],
        [f"{GOOD},"],
        ['Digest\trealm="pbx",\tnonce="n"'],
        ['Digest realm="pbx", nonce="n", algorithm=md5, qop="auth,auth-int", opaque="o"'],
        ['Digest realm="pbx", nonce="x", algorithm=AKAv2-MD5', GOOD],
    ],
)
def test_the_digest_is_found_among_what_a_server_asks(
    board: Switchboard, dialer: Dialer, challenges: list[str]
) -> None:
    board.answers["INVITE", OPERATOR] = in_turn(asks(*challenges), ok)

    dialer.wait_for(dialer.place(board.port, NUMBER), Status.IN_PROGRESS)

    answered = board.wait_for("INVITE", OPERATOR, count=2)
    assert values(answered)["nonce"] == "n"
    assert values(answered)["response"] == proof(answered)


def test_the_first_known_algorithm_is_the_servers_choice(board: Switchboard, dialer: Dialer) -> None:
    stronger = 'Digest realm="pbx", nonce="s", algorithm=SHA-256, qop="auth"'
    board.answers["INVITE", OPERATOR] = in_turn(asks(stronger, GOOD), ok)

    dialer.wait_for(dialer.place(board.port, NUMBER), Status.IN_PROGRESS)

    answered = board.wait_for("INVITE", OPERATOR, count=2)
    assert values(answered)["response"] == proof(answered, digest=sha256)


@pytest.mark.parametrize(
    ("challenges", "words"),
    [
        (['Bearer authz_server="x"'], "401 Unauthorized (asks for Bearer; only Digest is supported)"),
        (["NTLM", "Negotiate"], "401 Unauthorized (asks for NTLM, Negotiate; only Digest is supported)"),
        ([], "401 Unauthorized (asks for nothing that can be read; only Digest is supported)"),
        (['"'], "401 Unauthorized (asks for nothing that can be read; only Digest is supported)"),
    ],
)
def test_a_challenge_that_cannot_be_met_is_the_servers_refusal(
    board: Switchboard, dialer: Dialer, challenges: list[str], words: str
) -> None:
    board.answers["INVITE"] = asks(*challenges)

    end = dialer.end_of(dialer.place(board.port, NUMBER))

    assert (end.status, end.reason, end.provider_status) == (Status.FAILED, "refused", words)


def test_another_nonce_is_tried_once_more(board: Switchboard, dialer: Dialer) -> None:
    """Servers with several machines behind one name do not know each other's nonces, and do not all say `stale`."""
    board.answers["INVITE", OPERATOR] = in_turn(asks(GOOD), asks('Digest realm="pbx", nonce="m"'), ok)

    dialer.wait_for(dialer.place(board.port, NUMBER), Status.IN_PROGRESS)

    assert [values(m).get("nonce") for m in board.all("INVITE", OPERATOR)[:3]] == [None, "n", "m"]


def test_ever_new_nonces_are_not_followed_for_ever(board: Switchboard, dialer: Dialer) -> None:
    board.answers["INVITE"] = in_turn(*(asks(f'Digest realm="pbx", nonce="{n}"') for n in range(9)))

    end = dialer.end_of(dialer.place(board.port, NUMBER))

    assert (end.reason, end.provider_status) == ("refused", "401 Unauthorized")
    assert len({m.header("CSeq") for m in board.all("INVITE")}) == 3


def test_a_proxy_and_the_server_behind_it_both_ask(board: Switchboard, dialer: Dialer) -> None:
    proxy = asks(
        'Digest realm="proxy", nonce="p", qop="auth"',
        code="407 Proxy Authentication Required",
        header="Proxy-Authenticate",
    )
    board.answers["INVITE", OPERATOR] = in_turn(proxy, asks(GOOD), ok)

    dialer.wait_for(dialer.place(board.port, NUMBER), Status.IN_PROGRESS)

    last = board.wait_for("INVITE", OPERATOR, count=3)
    assert (values(last)["nonce"], values(last, "Proxy-Authorization")["nonce"]) == ("n", "p")
    # the same nonce a second time is counted, or it is taken for a replay (RFC 7616, 3.4)
    assert values(last, "Proxy-Authorization")["nc"] == "00000002"


def test_the_authentication_name_may_be_another_than_the_account(board: Switchboard, dialer: Dialer) -> None:
    board.answers["INVITE", OPERATOR] = in_turn(asks(GOOD), ok)

    dialer.wait_for(dialer.place(board.port, NUMBER, auth_username="auth77"), Status.IN_PROGRESS)

    answered = board.wait_for("INVITE", OPERATOR, count=2)
    assert values(answered)["username"] == "auth77"
    assert values(answered)["response"] == proof(answered, username="auth77")
    assert answered.header("From").startswith("<sip:crm@")
