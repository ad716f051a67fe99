"""How servers ask who we are, in all the writings they use."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.sip_dialer.challenges import Challenge, describe_unmet, read

GOOD = 'Digest realm="pbx", nonce="n"'


@pytest.mark.parametrize(
    ("header", "schemes"),
    [
        (f'Bearer authz_server="https://example.com/a", {GOOD}', ["Bearer", "Digest"]),
        (f"Negotiate, {GOOD}", ["Negotiate", "Digest"]),
        (f"Negotiate YIIabc==, {GOOD}", ["Negotiate", "Digest"]),
        (f'NTLM realm="x", targetname="y", version=4, {GOOD}', ["NTLM", "Digest"]),
        (f'Basic realm="a, Digest realm", {GOOD}', ["Basic", "Digest"]),
        ('Digest realm="pbx",nonce="n",algorithm=SHA-256,qop="auth",' + GOOD, ["Digest", "Digest"]),
        ("Nonsense", ["Nonsense"]),
        ("", []),
        ('"', []),
        (",=, ,,", []),
    ],
)
def test_challenges_are_told_apart(header: str, schemes: list[str]) -> None:
    assert [challenge.scheme for challenge in read(header)] == schemes


@pytest.mark.parametrize("header", ["a" * 60_000 + "\N{LATIN SMALL LETTER E WITH ACUTE}", "=" * 60_000, 'a="' * 20_000])
def test_a_long_header_holds_nobody_up(header: str) -> None:
    """Read from each of its letters on, the first of these would take minutes, and one datagram is enough for it."""
    assert not any(challenge.can_be_met for challenge in read(header))


@given(
    st.lists(
        st.sampled_from(["Digest", "Basic", "realm", "nonce", "=", '"', "\\", ",", " ", "\t", "a", "é", "\0"])
    ).map("".join)
)
def test_any_header_is_read_without_failing(header: str) -> None:
    for challenge in read(header):
        assert challenge.scheme
        challenge.can_be_met  # noqa: B018 - it is what is asked of each of them


@pytest.mark.parametrize(
    "header",
    [
        GOOD,
        'Digest Realm="pbx", NONCE="n"',
        'DIGEST realm="pbx",nonce="n",',
        ',Digest realm="pbx",, nonce="n" ,,',
        'Digest\trealm="pbx",\tnonce="n"',
        "Digest realm=pbx, nonce=n",
        'Digest realm = "pbx" , nonce = "n"',
        'Digest nonce="n", realm="pbx", domain="sip:a sip:b"',
    ],
)
def test_a_good_challenge_is_read_in_every_writing(header: str) -> None:
    (challenge,) = read(header)

    assert (challenge.realm, challenge.nonce, challenge.can_be_met) == ("pbx", "n", True)


@pytest.mark.parametrize(
    ("more", "algorithm", "qop"),
    [
        ("", None, None),
        (", algorithm=md5", "MD5", None),
        (', algorithm="MD5"', "MD5", None),
        (', ALGORITHM=sha-256, QOP="auth"', "SHA-256", "auth"),
        (', qop="auth-int, AUTH"', None, "auth"),
        (", qop=auth-int", None, "auth-int"),
        (', qop=""', None, None),
    ],
)
def test_algorithm_and_protection_are_read(more: str, algorithm: str | None, qop: str | None) -> None:
    (challenge,) = read(GOOD + more)

    assert (challenge.algorithm, challenge.qop, challenge.can_be_met) == (algorithm, qop, True)


@pytest.mark.parametrize(
    "header",
    [
        'Digest nonce="n"',
        'Digest realm="pbx"',
        'Digest realm="pbx", nonce=""',
        f"{GOOD}, algorithm=AKAv1-MD5",
        f"{GOOD}, algorithm=SHA-256",
        f'{GOOD}, qop="auth-conf"',
        'Basic realm="pbx", nonce="n"',
        'Digest realm="pbx, nonce=n',
    ],
)
def test_a_challenge_that_cannot_be_met_is_recognised(header: str) -> None:
    assert not any(challenge.can_be_met for challenge in read(header))


def test_quoted_values_stay_as_they_stand() -> None:
    (challenge,) = read(r'Digest realm="a \"b\", c", nonce="n", stale=TRUE')

    assert (challenge.realm, challenge.is_stale) == (r"a \"b\", c", True)


def test_a_challenge_is_read_in_time_that_grows_with_its_length_alone() -> None:
    assert len(list(read('Digest realm="' * 5_000))) >= 1
    assert list(read("=" * 60_000)) == []


def test_an_unmet_challenge_is_described() -> None:
    asked = [Challenge("Bearer"), Challenge("Digest", {"algorithm": "AKAv1-MD5"})]
    assert describe_unmet("401 Unauthorized", asked) == (
        "401 Unauthorized (asks for Bearer, Digest AKAv1-MD5; only Digest is supported)"
    )
