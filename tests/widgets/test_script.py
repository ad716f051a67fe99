"""The script's address, and what the script may not be: large, or in need of anything."""

import gzip
import re

import pytest
from django.test import Client

from widgets import script

ADDRESS = "/voip/widget.js"
LARGEST = 15 * 1024
"""Bytes on the wire."""


@pytest.fixture
def source() -> str:
    return script.SOURCE.read_text()


def test_the_script_is_served_from_its_source_to_pages_of_any_origin(client: Client) -> None:
    answer = client.get(ADDRESS, HTTP_ORIGIN="https://shop.example.com")

    assert (answer.status_code, answer.content) == (200, script.SOURCE.read_bytes())
    assert answer["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert "Set-Cookie" not in answer


def test_browsers_keep_it_for_a_day_and_longer_while_the_server_is_down(client: Client) -> None:
    kept = client.get(ADDRESS)["Cache-Control"]

    assert kept == "public, max-age=86400, stale-while-revalidate=604800, stale-if-error=2592000"


@pytest.mark.parametrize("encoding", ["", "gzip, deflate, br"])
def test_a_cached_script_is_answered_304(client: Client, encoding: str) -> None:
    etag = client.get(ADDRESS)["ETag"]

    known = client.get(ADDRESS, HTTP_IF_NONE_MATCH=etag, HTTP_ACCEPT_ENCODING=encoding)
    old = client.get(ADDRESS, HTTP_IF_NONE_MATCH='W/"older"')

    assert (known.status_code, known.content) == (304, b"")
    assert known["Cache-Control"] == old["Cache-Control"]
    assert old.status_code == 200


def test_the_script_is_gzipped_where_it_is_accepted(client: Client) -> None:
    answer = client.get(ADDRESS, HTTP_ACCEPT_ENCODING="gzip")

    assert answer["Content-Encoding"] == "gzip"
    assert gzip.decompress(answer.content) == script.SOURCE.read_bytes()
    assert "Accept-Encoding" in answer["Vary"]


def test_the_script_is_small(client: Client) -> None:
    assert len(client.get(ADDRESS, HTTP_ACCEPT_ENCODING="gzip").content) <= LARGEST


def test_a_head_request_has_the_same_headers_and_a_post_is_refused(client: Client) -> None:
    head = client.head(ADDRESS)

    assert (head.status_code, head.content) == (200, b"")
    assert head["ETag"] == client.get(ADDRESS)["ETag"]
    assert client.post(ADDRESS).status_code == 405


@pytest.mark.parametrize(
    "forbidden",
    [r"\beval\b", r"new Function", "innerHTML", "outerHTML", "insertAdjacent", r"document\.write", "localStorage", r"\.cookie",
     r"\bfetch\(", "JSON\\.", "https?://(?!HOST|www.w3.org)", r"import\b", r"\.prototype\b"],
)  # fmt: skip
def test_the_script_avoids_forbidden_features(source: str, forbidden: str) -> None:
    code = re.sub(r"/\*.*?\*/|//.*", "", source, flags=re.DOTALL) if "http" not in forbidden else source

    assert not re.findall(forbidden, code)


def test_whether_modules_may_load_it_does_not_depend_on_who_asked_first(client: Client) -> None:
    """A cache that kept the answer to a plain script element gives it to a module as well."""
    plain, module = client.get(ADDRESS), client.get(ADDRESS, HTTP_ORIGIN="https://shop.example.com")

    assert plain["Access-Control-Allow-Origin"] == module["Access-Control-Allow-Origin"] == "*"
