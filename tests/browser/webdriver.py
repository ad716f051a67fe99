"""The three engines behind one small interface: the commands of W3C WebDriver (https://www.w3.org/TR/webdriver2/).

Chromium and WebKitGTK come with a driver that speaks it over HTTP. Debian's Firefox comes without one (geckodriver), but speaks the same commands
over a socket of its own, Marionette, into which geckodriver would only translate; so nothing has to be downloaded for any of them.
"""

import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import Any, ClassVar, Protocol

from loopback import listening_port

START_SECONDS = 60
"""A browser may take so long to start on a busy machine."""


class WebDriverError(Exception):
    """The browser's own word: its error and message."""


class Commands(Protocol):
    """Carries one command to a browser and its answer back. Raises WebDriverError."""

    def __call__(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any: ...


class OverHttp:
    """A driver program at a port of this machine; `path` is relative to the session."""

    def __init__(self, port: int, capabilities: dict[str, Any]) -> None:
        self._address = f"http://127.0.0.1:{port}/session"
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        asked = {"capabilities": {"alwaysMatch": capabilities}}
        made = _until(lambda: self("POST", "", asked), (urllib.error.URLError, ConnectionError), START_SECONDS)
        self._address += f"/{made['sessionId']}"

    def __call__(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        content = json.dumps(body or {}).encode() if method == "POST" else None
        request = urllib.request.Request(
            self._address + path, content, {"Content-Type": "application/json"}, method=method
        )
        try:
            with self._opener.open(request, timeout=START_SECONDS) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as problem:
            told = json.load(problem)["value"]
            raise WebDriverError(f"{told['error']}: {told['message']}") from problem


class OverMarionette:
    """Firefox's socket: `LENGTH:[0, id, command, parameters]` there, `LENGTH:[1, id, error, result]` back."""

    NAMES: ClassVar = {
        ("POST", "/url"): "Navigate",
        ("POST", "/execute/sync"): "ExecuteScript",
        ("POST", "/actions"): "PerformActions",
        ("GET", "/screenshot"): "TakeScreenshot",
    }
    """The WebDriver commands that are used here."""

    def __init__(self, port: int, capabilities: dict[str, Any]) -> None:
        self._socket = _until(
            lambda: socket.create_connection(("127.0.0.1", port), START_SECONDS), OSError, START_SECONDS
        )
        self._number = 0
        self._read()  # it introduces itself
        self.close = self._socket.close
        self._send("NewSession", {"capabilities": {"alwaysMatch": capabilities}})

    def __call__(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        return self._send(self.NAMES[method, path], body or {})

    def _send(self, name: str, parameters: dict[str, Any]) -> Any:
        self._number += 1
        message = json.dumps([0, self._number, f"WebDriver:{name}", parameters]).encode()
        self._socket.sendall(b"%d:%b" % (len(message), message))
        _kind, _number, error, result = self._read()
        if error:
            raise WebDriverError(f"{error['error']}: {error['message']}")
        return result["value"] if set(result) == {"value"} else result

    def _read(self) -> Any:
        length = b""
        while (byte := self._socket.recv(1)) != b":":
            length += byte
        content = b""
        while len(content) < int(length):
            content += self._socket.recv(int(length) - len(content))
        return json.loads(content)


def _until(attempt: Any, problems: Any, seconds: float) -> Any:
    """What the attempt gives, once it no longer raises these."""
    end = time.monotonic() + seconds
    while True:
        try:
            return attempt()
        except problems:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


@contextmanager
def _program(command: list[str], environment: dict[str, str]) -> Iterator[None]:
    """Runs it with all that it starts, and ends all of them."""
    running = subprocess.Popen(
        command,
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL)
        running.wait()


@contextmanager
def _screen() -> Iterator[str]:
    """A screen that nobody sees; the name of its display."""
    command = ["Xvfb", "-displayfd", "1", "-screen", "0", "1280x900x24", "-nolisten", "tcp"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as screen:
        assert screen.stdout
        try:
            yield f":{screen.stdout.readline().strip()}"
        finally:
            screen.terminate()


@contextmanager
def chromium(home: Path, *, dark: bool) -> Iterator[Commands]:
    port = listening_port()
    colors = ["--force-dark-mode"] if dark else []
    sandbox = [] if os.geteuid() else ["--no-sandbox"]  # chromium refuses to sandbox for root
    arguments = [
        "--headless=new",
        "--window-size=1280,900",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        *colors,
        *sandbox,
    ]
    with _program(["chromedriver", f"--port={port}"], {"HOME": str(home)}):
        yield OverHttp(port, {"goog:chromeOptions": {"args": arguments}})


@contextmanager
def firefox(home: Path, *, dark: bool) -> Iterator[Commands]:
    port = listening_port()
    settings = {"marionette.port": port, "layout.css.prefers-color-scheme.content-override": 0 if dark else 1}
    lines = [f'user_pref("{name}", {json.dumps(value)});' for name, value in settings.items()]
    (home / "user.js").write_text("\n".join(lines))
    command = ["firefox-esr", "--headless", "--no-remote", "--profile", str(home), "--marionette"]
    with _program(command, {"HOME": str(home)}), closing(OverMarionette(port, {})) as commands:
        yield commands


@contextmanager
def webkit(home: Path, *, dark: bool) -> Iterator[Commands]:
    port = listening_port()
    browser = next(Path("/usr/lib").glob("*/webkit2gtk-4.*/MiniBrowser"))
    with _screen() as display, ExitStack() as running:
        environment = {
            "HOME": str(home),
            "DISPLAY": display,
            "GDK_BACKEND": "x11",
            "GTK_THEME": "Adwaita:dark" if dark else "Adwaita",
            "LIBGL_ALWAYS_SOFTWARE": "1",
            "NO_AT_BRIDGE": "1",  # there is no session bus
            "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1",  # a container has no user namespaces; pages are our own
        }
        running.enter_context(_program(["WebKitWebDriver", f"--port={port}"], environment))
        yield OverHttp(port, {"webkitgtk:browserOptions": {"binary": str(browser), "args": ["--automation"]}})


ENGINES = {"chromium": chromium, "firefox": firefox, "webkit": webkit}
PROGRAMS = {
    "chromium": {"chromedriver": "chromium-driver"},
    "firefox": {"firefox-esr": "firefox-esr"},
    "webkit": {"WebKitWebDriver": "webkit2gtk-driver", "Xvfb": "xvfb"},
}
"""What must be there, each with the Debian package it comes with."""
