"""The newcomer's one command, run as he runs it: in a folder of its own, with its own server, until a signal comes."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import make
import pytest
from django.conf import settings

from voipcrm import embedded_postgres
from voipcrm.management.commands.quickstart import _lead_demo_to_operator

PATIENCE = 30.0  # seconds for a start on a busy machine
SAID = re.compile(
    r"voipcrm +(?P<address>http://\S+)\n *login +(?P<login>\S+)\n *password +(?P<password>.+)\n *API token +(?P<token>vcrm_\w+)\n"
)


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A folder whose path is short enough for a socket."""
    folder = Path(tempfile.mkdtemp(prefix="Quickstart-")).resolve()
    yield folder
    embedded_postgres.stop(folder)
    shutil.rmtree(folder)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def quickstart(data_dir: Path, port: int) -> Iterator[tuple[subprocess.Popen[bytes], dict[str, str]]]:
    """The running command, and what it said of how to get in."""
    environment = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "PUBLIC_URL"}}
    environment |= {"VOIPCRM_DATA_DIR": str(data_dir), "PORT": str(port)}
    output = data_dir / "output.log"
    with output.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "quickstart", "--no-demo"],
            cwd=settings.BASE_DIR,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield process, _wait_until_it_serves(process, output, port)
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait(PATIENCE)


def _wait_until_it_serves(process: subprocess.Popen[bytes], output: Path, port: int) -> dict[str, str]:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        said = SAID.search(output.read_text())
        if said and _status(port, "/healthz", token="") == 200:
            return said.groupdict()
        time.sleep(0.1)
    raise AssertionError(f"quickstart does not serve: {output.read_text()[-2000:]}")


def _status(port: int, path: str, *, token: str) -> int:
    """0 while nobody listens."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers={"Authorization": f"Bearer {token}"})
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return int(response.status)
    except urllib.error.HTTPError as problem:
        return problem.code
    except OSError:
        return 0


def processes_of(data_dir: Path) -> list[str]:
    """The processes that were started with this folder, and its database server's."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            environment = (process / "environ").read_bytes().split(b"\0")
            is_ours = f"VOIPCRM_DATA_DIR={data_dir}".encode() in environment
            if is_ours or (process / "cwd").resolve().is_relative_to(data_dir):
                found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:  # it ended while being looked at, or belongs to somebody else
            continue
    return [command for command in found if command]  # one that has ended but was not waited for has none


@pytest.mark.timeout(120)
def test_it_serves_keeps_its_password_and_leaves_nothing_running(data_dir: Path) -> None:
    port = free_port()

    with quickstart(data_dir, port) as (first, said):
        assert said["address"] == f"http://127.0.0.1:{port}/admin/"
        assert said["login"] == "admin"
        assert _status(port, "/voip/calls.json", token=said["token"]) == 200
        assert _status(port, "/voip/calls.json", token="vcrm_wrong") == 401
        assert processes_of(data_dir)
        first.send_signal(signal.SIGTERM)
        assert first.wait(PATIENCE) == 0
    assert processes_of(data_dir) == []

    with quickstart(data_dir, port) as (_second, again):
        assert again == said
        assert _status(port, "/voip/calls.json", token=said["token"]) == 200
    assert processes_of(data_dir) == []


@pytest.mark.django_db
def test_the_demo_and_nothing_else_is_led_to_its_operator() -> None:
    desk = make.voip(provider="simulator", api_url="http://127.0.0.1:8001")
    others = [make.voip(provider="simulator", api_url="https://sim.example.com"), make.voip(provider="telecube")]

    port = _lead_demo_to_operator()

    for voip in (desk, *others):
        voip.refresh_from_db()
    assert desk.api_url == f"http://127.0.0.1:{port}"
    assert [voip.api_url for voip in others] == ["https://sim.example.com", ""]


@pytest.mark.django_db
def test_an_empty_desk_has_no_operator() -> None:
    assert _lead_demo_to_operator() == 0
