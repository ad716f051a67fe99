"""What a browser would send of a form in a page."""

from html.parser import HTMLParser
from typing import Any

from django.test import Client


class _Inputs(HTMLParser):
    """The successful controls of all forms of a page whose method is POST, as HTML 4.10.21 has them."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, list[str]] = {}
        self._select: str | None = None
        self._first: str | None = None
        self._is_multiple = False
        self._area: str | None = None
        self._text = ""
        self._in_form = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name = given.get("name", "")
        if tag == "form":
            self._in_form = given.get("method", "").lower() == "post" and "language" not in given.get("action", "")
        elif not self._in_form or "disabled" in given:
            return
        elif tag == "input" and name:
            kind = given.get("type", "text")
            if kind in {"submit", "button", "image"} or (kind in {"checkbox", "radio"} and "checked" not in given):
                return
            self.found.setdefault(name, []).append(given.get("value", "on" if kind == "checkbox" else ""))
        elif tag == "select":
            self._select = name
            self._is_multiple, self._first = "multiple" in given, None
        elif tag == "option" and self._select:
            if "selected" in given:
                self.found.setdefault(self._select, []).append(given.get("value", ""))
            elif self._first is None:
                self._first = given.get("value", "")
        elif tag == "textarea":
            self._area, self._text = name, ""

    def handle_data(self, text: str) -> None:
        if self._area is not None:
            self._text += text

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            if self._select and self._first is not None and not self._is_multiple:
                self.found.setdefault(self._select, [self._first])
            self._select = None
        elif tag == "textarea" and self._area is not None:
            self.found.setdefault(self._area, []).append(self._text.removeprefix("\r\n").removeprefix("\n"))
            self._area = None


def inputs(html: str) -> dict[str, Any]:
    parser = _Inputs()
    parser.feed(html)
    return dict(parser.found)


def open_form(client: Client, path: str) -> dict[str, Any]:
    """The inputs of the form at this path, ready to be changed and posted there."""
    answer = client.get(path)
    assert answer.status_code == 200
    return inputs(answer.content.decode())
