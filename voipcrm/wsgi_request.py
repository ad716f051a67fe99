"""Requests as WSGI has them."""

import sys
from collections.abc import Mapping
from io import BytesIO
from typing import TYPE_CHECKING
from wsgiref.types import WSGIEnvironment

from django.core.handlers.wsgi import WSGIRequest
from django.utils.http import parse_header_parameters

if TYPE_CHECKING:
    from asgiref.typing import HTTPScope


class Utf8Request(WSGIRequest):
    """Reads text as UTF-8 whatever charset is named: Python has codecs that are no charsets (`hex`), with which Django fails before any view."""

    def _set_content_type_params(self, meta: Mapping[str, str]) -> None:
        self.content_type, self.content_params = parse_header_parameters(meta.get("CONTENT_TYPE", ""))


def environ_of(scope: "HTTPScope", body: bytes) -> WSGIEnvironment:
    """The request as PEP 3333 writes it. A name with an underscore is left out: it would pass for the one with a hyphen that a proxy vouches for."""
    path = scope["path"]
    environ: WSGIEnvironment = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": path.encode().decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": (scope["client"] or ("",))[0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.input": BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    environ["SERVER_NAME"], environ["SERVER_PORT"] = map(str, scope["server"] or ("localhost", 80))
    for raw_name, raw_value in scope["headers"]:
        if b"_" in raw_name:
            continue
        name, value = raw_name.decode("latin-1").upper().replace("-", "_"), raw_value.decode("latin-1")
        name = name if name in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{name}"
        joint = "; " if name == "HTTP_COOKIE" else ","
        environ[name] = f"{environ[name]}{joint}{value}" if name in environ else value
    if environ.pop("HTTP_TRANSFER_ENCODING", ""):
        environ["CONTENT_LENGTH"] = str(len(body))
    return environ
