"""Authentication challenges: WWW-Authenticate and Proxy-Authenticate (RFC 7235, section 4.1; RFC 7616 and RFC 8760 for Digest).

Servers write them in many ways: several challenges in one header or in several headers, schemes we do not speak before the one we do, names in
capitals, stray commas, tabs. What cannot be parsed is skipped; parsing never fails.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from calls import dialer_sentences

_WORD = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_PARAMETER = re.compile(rf'({_WORD})[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^",\s]*))')
_SCHEME = re.compile(rf"({_WORD})(?=[ \t,]|$)(?![ \t]*=)")
_PASSED_OVER = re.compile(rf"{_WORD}|.", re.DOTALL)
"""A whole word, so that a long one is looked at once and not from each of its letters on."""

ALGORITHMS = {
    name.upper(): name for name in ("MD5", "MD5-sess", "SHA-256", "SHA-256-sess", "SHA-512-256", "SHA-512-256-sess")
}
"""Those that can be answered, by their name in capitals."""


@dataclass(frozen=True, slots=True)
class Challenge:
    scheme: str
    parameters: dict[str, str] = field(default_factory=dict)
    "By lower-case name; quoted values as they stand between the quotes, as digests are computed."

    @property
    def realm(self) -> str:
        return self.parameters.get("realm", "")

    @property
    def nonce(self) -> str:
        return self.parameters.get("nonce", "")

    @property
    def algorithm(self) -> str | None:
        """In its canonical writing; None where the server names none, which means MD5."""
        named = self.parameters.get("algorithm", "").strip()
        return ALGORITHMS.get(named.upper(), named) if named else None

    @property
    def qop(self) -> str | None:
        """The protection to use of those offered; "" where none of them is known, None where none is offered (RFC 2069)."""
        offered = [each.strip().lower() for each in self.parameters.get("qop", "").split(",") if each.strip()]
        return next((known for known in ("auth", "auth-int") if known in offered), "") if offered else None

    @property
    def is_stale(self) -> bool:
        """The credentials were right, only the nonce is too old."""
        return self.parameters.get("stale", "").lower() == "true"

    @property
    def can_be_met(self) -> bool:
        if self.scheme.lower() != "digest" or not self.nonce or "realm" not in self.parameters or self.qop == "":
            return False
        if self.qop is None:  # the newer algorithms and -sess exist only with it
            return self.algorithm in (None, "MD5")
        return self.algorithm is None or self.algorithm in ALGORITHMS.values()


def read(header: str) -> Iterator[Challenge]:
    """The challenges in one header, in the server's order, which is that of its preference."""
    scheme, parameters, at = "", dict[str, str](), 0
    while at < len(header):
        if found := _PARAMETER.match(header, at):
            name, quoted, plain = found.groups()
            parameters.setdefault(name.lower(), plain if quoted is None else quoted)
        elif found := _SCHEME.match(header, at):
            if scheme:
                yield Challenge(scheme, parameters)
            scheme, parameters = found.group(1), {}
        else:
            found = _PASSED_OVER.match(header, at)
        at = found.end() if found else len(header)
    if scheme:
        yield Challenge(scheme, parameters)


def describe_unmet(answer: str, challenges: list[Challenge]) -> str:
    """A server's answer with what it asks for, where none of that can be met."""
    asked = dict.fromkeys(" ".join(filter(None, (each.scheme, each.algorithm))) for each in challenges)
    if not asked:
        return dialer_sentences.UNREADABLE % {"answer": answer}
    return dialer_sentences.UNMET % {"answer": answer, "schemes": ", ".join(asked)}
