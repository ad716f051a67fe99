"""What the served application does with a request before any middleware sees it."""

import io
from collections.abc import Callable
from typing import Any

import make
import pytest
from django.contrib.auth.models import User

from sips.models import Sip
from voipcrm.models import ApiToken

NO_CHARSETS = ("hex", "zlib", "bz2", "undefined", "idna", "rot13", "utf-16", "latin-1", "unknown")


def serve(
    product: Callable[..., Any], method: str, address: str, *, charset: str, body: bytes = b"", **environ: str
) -> str:
    """The status line of the answer."""
    path, _, query = address.partition("?")
    told: list[str] = []
    answer = product(
        {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "REMOTE_ADDR": "127.0.0.1",
            "CONTENT_TYPE": f"application/json; charset={charset}",
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": io.BytesIO(body),
            "wsgi.url_scheme": "http",
            **environ,
        },
        lambda status, *_headers: told.append(status),
    )
    answer.close()
    return told[0]


@pytest.mark.parametrize("charset", NO_CHARSETS)
def test_a_query_is_read_whatever_charset_is_named(product: Callable[..., Any], charset: str) -> None:
    address = f"/voip/widget_data.json?widget_token={make.widget(token='żółw').token}"

    assert serve(product, "GET", address.encode().decode("latin-1"), charset=charset) == "200 OK"


@pytest.mark.parametrize("charset", NO_CHARSETS)
def test_a_body_is_utf_8_whatever_charset_is_named(product: Callable[..., Any], charset: str) -> None:
    _token, secret = ApiToken.objects.issue(User.objects.create_superuser("root"), name="crm")

    told = serve(
        product,
        "POST",
        "/voip/sips.json",
        charset=charset,
        body='{"name": "Łódź"}'.encode(),
        HTTP_AUTHORIZATION=f"Bearer {secret}",
    )

    assert (told, Sip.objects.get().name) == ("201 Created", "Łódź")


@pytest.mark.parametrize("charset", NO_CHARSETS)
def test_a_webhook_is_stored_whatever_charset_is_named(product: Callable[..., Any], charset: str) -> None:
    voip = make.voip()

    told = serve(product, "POST", f"/voip/webhooks/telecube/{voip.webhook_secret}?x=1", charset=charset, body=b"{}")

    assert (told, voip.deliveries.count()) == ("200 OK", 1)
