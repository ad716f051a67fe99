"""A page with the button in it, in any of the engines."""

import base64
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from browser.webdriver import Commands

WAIT_SECONDS = 60
KEYS = {
    "Tab": "\ue004",
    "Enter": "\ue007",
    "Escape": "\ue00c",
    "Space": " ",
    "ArrowRight": "\ue014",
    "PageDown": "\ue00f",
}


@dataclass(frozen=True)
class Window:
    """A page in one of the engines, and the button in it."""

    commands: Commands

    def go(self, address: str) -> None:
        self.commands("POST", "/url", {"url": address})

    def run(self, script: str, *given: Any) -> Any:
        """What the script returns; `host`, `root` and `find` are the button's element, its shadow root and a search in it."""
        prelude = (
            "const host = document.querySelector('voipcrm-callback'); const root = host && host.shadowRoot;"
            "const find = (selector) => root && root.querySelector(selector);"
        )
        return self.commands("POST", "/execute/sync", {"script": prelude + script, "args": list(given)})

    def wait(self, condition: str, *given: Any) -> Any:
        """The first true value of this expression."""
        end = time.monotonic() + WAIT_SECONDS
        while not (value := self.run(f"return {condition}", *given)):
            if time.monotonic() > end:
                shown = self.run("return root ? root.querySelector('.root').innerText : document.body.innerText")
                raise AssertionError(f"not within {WAIT_SECONDS} seconds: {condition} {given}; shown: {shown}")
            time.sleep(0.05)
        return value

    def click(self, selector: str) -> None:
        """With the pointer, once it stands still: drivers' own clicks do not scroll within a dialog."""
        self.wait("find(arguments[0]) && find(arguments[0]).getClientRects().length", selector)
        self.run("find(arguments[0]).scrollIntoView({ block: 'nearest' })", selector)
        where = (
            "(({ x, y, width, height }) => [Math.round(x + width / 2), Math.round(y + height / 2)])"
            "(find(arguments[0]).getBoundingClientRect())"
        )
        before = None
        while (at := self.wait(where, selector)) != before:
            before = at
            time.sleep(0.1)
        move = {"type": "pointerMove", "x": at[0], "y": at[1], "origin": "viewport", "duration": 0}
        press = [{"type": kind, "button": 0} for kind in ("pointerDown", "pointerUp")]
        mouse = {"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": [move, *press]}
        self.commands("POST", "/actions", {"actions": [mouse]})

    def tab_to(self, selector: str) -> None:
        """By the Tab key alone; how many stops lie between differs, as Firefox stops at what scrolls."""
        for _stop in range(5):
            self.press("Tab")
            if self.run("return root.activeElement && root.activeElement.matches(arguments[0])", selector):
                return
        raise AssertionError(f"not within 5 stops: {selector}")

    def press(self, *keys: str) -> None:
        """Keys by their names, or texts, one after the other."""
        strokes = [stroke for key in keys for stroke in ([KEYS[key]] if key in KEYS else key)]
        actions = [{"type": kind, "value": stroke} for stroke in strokes for kind in ("keyDown", "keyUp")]
        self.commands("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    def shows(self, text: str) -> None:
        self.wait("find('dialog[open]') && find('dialog').innerText.includes(arguments[0])", text)

    def picture(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self.commands("GET", "/screenshot")))
