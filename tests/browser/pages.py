"""Web sites of other people: pages on an origin of their own, into which the button is embedded."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TEXT = "<h1>A shop</h1><p id='words'>We sell lamps.</p><input id='search'><a href='#more'>More</a>"


@dataclass
class Site:
    """A web site on the loopback."""

    origin: str
    pages: dict[str, tuple[str, dict[str, str]]] = field(default_factory=dict)

    def add(self, html: str, *, path: str = "", **headers: str) -> str:
        """The address of a page with this source."""
        path = path or f"/{len(self.pages)}"
        self.pages[path] = (html, {name.replace("_", "-"): value for name, value in headers.items()})
        return self.origin + path


@contextmanager
def site() -> Iterator[Site]:
    """Serves whatever pages it is given."""

    class Endpoint(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            html, headers = opened.pages.get(self.path.partition("?")[0], ("", {}))
            self.send_response(200 if html else 404)
            for name, value in {"Content-Type": "text/html; charset=utf-8", **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(html.encode())

        def log_message(self, *_args: Any) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
    opened = Site(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield opened
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def line(server: str, token: str, **attributes: str) -> str:
    """The one line that embeds the button."""
    more = "".join(f' data-{name.replace("_", "-")}="{value}"' for name, value in attributes.items())
    return f'<script src="{server}/voip/widget.js" data-widget-token="{token}"{more} async></script>'


def page(*parts: str, head: str = "", attributes: str = "", body: str = TEXT) -> str:
    """A page; what is given first stands at the end of its body."""
    title = "<meta charset='utf-8'><meta name='viewport' content='width=device-width'><link rel='icon' href='data:,'>"
    return (
        f"<!doctype html><html lang='en' {attributes}><head>{title}<title>Shop</title>{head}</head>"
        f"<body>{body}{''.join(parts)}</body></html>"
    )
