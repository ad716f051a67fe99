"""Answers to a server's digest challenges (RFC 3261 section 22, RFC 8760)."""

from secrets import token_hex
from typing import Any

from sippy.SipHeader import SipHeader

MOST_ROUNDS = 5
"Challenges to one request before we believe that there will be another for ever."

_CHALLENGE_HEADERS = {401: "www-authenticate", 407: "proxy-authenticate"}


class Credentials:
    """A login at work on one request: what was asked so far, by the registrar, by proxies on the way, or by each of them."""

    def __init__(self, username: str, password: str) -> None:
        self._username = username
        self._password = password
        self._challenges: dict[tuple[str, str], tuple[Any, str | None]] = {}
        self._uses: dict[str, int] = {}
        self._rounds = 0

    def learn(self, response: Any) -> bool:
        """Take over the challenges of a 401 or 407. False when asking again would change nothing: the login itself was refused."""
        self._rounds += 1
        name = _CHALLENGE_HEADERS[response.scode]
        fresh: dict[tuple[str, str], tuple[Any, str | None]] = {}
        for challenge in response.getHFBodys(name):
            place = (name, challenge.getRealm())
            supported, protection = challenge.supportedAlgorithm()
            if supported and (place not in self._challenges or _is_stale(challenge)):
                fresh.setdefault(place, (challenge, protection))
        self._challenges |= fresh
        return bool(fresh) and self._rounds <= MOST_ROUNDS

    def headers(self, *, method: str, uri: str, body: str) -> list[Any]:
        return [
            SipHeader(body=self._answer(challenge, protection, method=method, uri=uri, body=body))
            for challenge, protection in self._challenges.values()
        ]

    def _answer(self, challenge: Any, protection: str | None, *, method: str, uri: str, body: str) -> Any:
        answer = challenge.aclass(realm=challenge.realm, nonce=challenge.nonce, uri=uri, username=self._username)
        answer.algorithm = challenge.algorithm
        if protection is not None:
            uses = self._uses[challenge.nonce] = self._uses.get(challenge.nonce, 0) + 1
            answer.qop, answer.nc, answer.cnonce = protection, f"{uses:08x}", token_hex(8)
        if challenge.opaque is not None:
            answer.otherparams.append(("opaque", f'"{challenge.opaque}"'))
        answer.genAuthResponse(self._password, method, body)
        return answer


def _is_stale(challenge: Any) -> bool:
    """The password was right, only the nonce has aged."""
    return any(name.lower() == "stale" and value.strip('" ').lower() == "true" for name, value in challenge.otherparams)
