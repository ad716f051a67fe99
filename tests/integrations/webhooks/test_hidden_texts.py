"""Every reading of bytes in which a telephone number may be found."""

import base64
import gzip
import json
import re
import zlib
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.webhooks.hidden_texts import HIDING, texts_in
from sips.number_search import SoughtNumber

ANNA = SoughtNumber("+48501502503")
WRITTEN = ("+48501502503", "501 502 503", "(48) 501-502-503", "0048501502503")
AROUND = ('{"from": "%s", "to": "100"}', "call=1&caller=%s&x=y", "<a>%s</a>")


def base64_of(text: bytes) -> bytes:
    return b"data=" + base64.b64encode(text)


WAYS: dict[str, Callable[[str], bytes]] = {
    "plain": str.encode,
    "url-encoded": lambda text: quote(text, safe="").encode(),
    "url-encoded twice": lambda text: quote(quote(text, safe=""), safe="").encode(),
    "every character url-encoded": lambda text: "".join(f"%{ord(c):02x}" for c in text).encode(),
    "json escapes": lambda text: "".join(f"\\u{ord(c):04x}" for c in text).encode(),
    "xml entities": lambda text: "".join(f"&#x{ord(c):x};" for c in text).encode(),
    "utf-16 with a mark": lambda text: text.encode("utf-16"),
    "utf-16-be": lambda text: text.encode("utf-16-be"),
    "utf-16-le": lambda text: text.encode("utf-16-le"),
    "utf-32": lambda text: text.encode("utf-32"),
    "gzip": lambda text: gzip.compress(text.encode()),
    "zlib": lambda text: zlib.compress(text.encode()),
    "gzip after something": lambda text: b"--part\r\n\r\n" + gzip.compress(text.encode()),
    "base64": lambda text: base64_of(text.encode()),
    "base64 for addresses": lambda text: b"x=" + base64.urlsafe_b64encode(b"~~" + text.encode()),
    "base64 without its end": lambda text: base64_of(text.encode()).rstrip(b"="),
    "base64 in lines": lambda text: base64.encodebytes(b"-" * 50 + text.encode()),
    "base64 of base64": lambda text: base64_of(base64_of(text.encode())),
    "base64 of gzip": lambda text: base64_of(gzip.compress(text.encode())),
    "base64 of utf-16": lambda text: base64_of(text.encode("utf-16")),
    "zero-width marks": lambda text: "\N{ZERO WIDTH SPACE}".join(text).encode(),
    "word joiners escaped in json": lambda text: json.dumps("\N{WORD JOINER}".join(text)).encode(),
    "soft hyphens in latin-1": lambda text: "\N{SOFT HYPHEN}".join(text).encode("latin-1"),
    "named entities": lambda text: "&shy;".join(text).encode(),
    "arabic digits": lambda text: text.translate({48 + n: 0x660 + n for n in range(10)}).encode(),
    "full-width digits": lambda text: text.translate({c: c + 0xFEE0 for c in range(0x21, 0x7F)}).encode(),
    "mathematical digits in json": lambda text: json.dumps(
        text.translate({48 + n: 0x1D7CE + n for n in range(10)})
    ).encode(),
    "url-encoded arabic digits": lambda text: quote(text.translate({48 + n: 0x660 + n for n in range(10)})).encode(),
    "digits in circles": lambda text: text.translate({48: 0x24EA} | {49 + n: 0x2460 + n for n in range(9)}).encode(),
}


def as_postgresql_escapes(content: bytes) -> str:
    """What `encode(…, 'escape')` makes of it."""
    return "".join(
        rf"\{byte:03o}" if byte in (0, *range(128, 256)) else chr(byte) for byte in content.replace(b"\\", b"\\\\")
    )


@pytest.mark.parametrize("way", WAYS)
def test_a_number_is_found_however_it_is_hidden(way: str) -> None:
    for around in AROUND:
        for written in WRITTEN:
            content = WAYS[way](around % written)

            assert any(ANNA.is_in(text, "PL") for text in texts_in(content)), content
            escaped = as_postgresql_escapes(content)
            assert re.search(f"{ANNA.pattern}|{HIDING}", escaped), escaped


@pytest.mark.parametrize("way", WAYS)
def test_another_number_is_not_taken_for_it(way: str) -> None:
    for written in ("+48501502504", "+44501502503", "5015025031", "1501502503"):
        content = WAYS[way](AROUND[0] % written)

        assert not any(ANNA.is_in(text, "PL") for text in texts_in(content)), content


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_read(content: bytes) -> None:
    assert all(isinstance(text, str) for text in texts_in(content))


@settings(deadline=None)
@given(
    before=st.binary(max_size=9),
    number=st.integers(500_000_000, 539_999_999),
    separator=st.sampled_from(["", " ", "-"]),
)
def test_the_database_notices_a_number_in_base64_wherever_it_begins(before: bytes, number: int, separator: str) -> None:
    written = separator.join(re.findall("...", str(number)))

    assert re.search(HIDING, base64.b64encode(before + written.encode()).decode())


def test_a_decompression_bomb_is_not_expanded() -> None:
    bomb = gzip.compress(b"0" * 100_000_000)

    assert max(map(len, texts_in(bomb))) <= 4 * 1024 * 1024
