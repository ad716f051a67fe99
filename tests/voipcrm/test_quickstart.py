"""The newcomer's one command, run as he runs it: in a folder of its own, with its own server, until a signal comes."""

import os
import re
import shutil
import signal
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
from loopback import listening_port
from telephony.bed import wait_until

from voipcrm import embedded_postgres
from voipcrm.management.commands.quickstart import _assign_provider_port

PATIENCE = 600.0
"""Seconds for a start, of which 148 were measured with twelve other processes at work on two CPUs. One that fails ends at once."""
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


@contextmanager
def quickstart(data_dir: Path, port: int) -> Iterator[tuple[subprocess.Popen[bytes], dict[str, str]]]:
    """The running command, and what it said of how to get in."""
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
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


def processes_of(data_dir: Path) -> dict[int, str]:
    """The processes that were started with this folder, and its database server's: their commands by their ids, in order."""
    found = {}
    for process in sorted(Path("/proc").glob("[0-9]*"), key=lambda folder: int(folder.name)):
        try:
            environment = (process / "environ").read_bytes().split(b"\0")
            is_ours = f"VOIPCRM_DATA_DIR={data_dir}".encode() in environment
            if is_ours or (process / "cwd").resolve().is_relative_to(data_dir):
                found[int(process.name)] = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:  # it ended while being looked at, or belongs to somebody else
            continue
    return {
        pid: command for pid, command in found.items() if command
    }  # one that has ended but was not waited for has none


def commands(data_dir: Path, part: str) -> list[int]:
    """The ids of those processes in whose command that is found."""
    return [pid for pid, command in processes_of(data_dir).items() if part in command]


@pytest.mark.timeout(2 * PATIENCE)
def test_quickstart_serves_keeps_its_password_and_leaves_nothing_running(data_dir: Path) -> None:
    port = listening_port()

    with quickstart(data_dir, port) as (first, said):
        assert said["address"] == f"http://127.0.0.1:{port}/admin/"
        assert said["login"] == "admin"
        assert _status(port, "/voip/calls.json", token=said["token"]) == 200
        assert _status(port, "/voip/calls.json", token="vcrm_wrong") == 401
        assert processes_of(data_dir)
        first.send_signal(signal.SIGTERM)
        assert first.wait(PATIENCE) == 0
    assert processes_of(data_dir) == {}

    with quickstart(data_dir, port) as (_second, again):
        assert again == said
        assert "worker started" not in _output(data_dir).partition("web started")[0]
        assert _status(port, "/voip/calls.json", token=said["token"]) == 200
    assert processes_of(data_dir) == {}


@pytest.mark.timeout(2 * PATIENCE)
def test_what_dies_is_started_again_and_manage_py_works_beside_it(data_dir: Path) -> None:
    port = listening_port()
    environment = os.environ | {"VOIPCRM_DATA_DIR": str(data_dir), "PORT": str(port)}

    with quickstart(data_dir, port) as (_process, said):
        wait_until(lambda: bool(commands(data_dir, "manage.py worker")), seconds=PATIENCE)
        (worker,), granian = commands(data_dir, "manage.py worker"), commands(data_dir, "bin/granian")
        for pid in (worker, granian[-1]):  # granian's own process is the first of its, the others serve
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda: len(set(commands(data_dir, "bin/granian")) - {granian[-1]}) == 3, seconds=PATIENCE)
        os.kill(granian[0], signal.SIGKILL)
        wait_until(lambda: _output(data_dir).count("web started") == 2, seconds=PATIENCE)
        wait_until(lambda: _output(data_dir).count("worker started") == 2, seconds=PATIENCE)
        wait_until(lambda: _status(port, "/voip/calls.json", token=said["token"]) == 200, seconds=PATIENCE)

        beside = [sys.executable, "manage.py", "create_api_token", "admin", "--name", "beside"]
        secret = subprocess.check_output(beside, cwd=settings.BASE_DIR, env=environment, text=True).strip()
        assert _status(port, "/voip/calls.json", token=secret) == 200

        again = [sys.executable, "manage.py", "quickstart"]
        second = subprocess.run(
            again, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, check=False
        )
        assert (second.returncode, second.stdout) == (1, "")
        assert f"voipcrm already runs on {data_dir}: http://127.0.0.1:{port}, process " in second.stderr
        assert "Traceback" not in second.stderr

    assert processes_of(data_dir) == {}


def _output(data_dir: Path) -> str:
    return (data_dir / "output.log").read_text()


@pytest.mark.django_db
def test_the_demo_and_nothing_else_is_led_to_its_provider() -> None:
    desk = make.voip(provider="simulator", api_url="http://127.0.0.1:8001")
    others = [make.voip(provider="simulator", api_url="https://sim.example.com"), make.voip(provider="telecube")]

    port = _assign_provider_port()

    for voip in (desk, *others):
        voip.refresh_from_db()
    assert desk.api_url == f"http://127.0.0.1:{port}"
    assert [voip.api_url for voip in others] == ["https://sim.example.com", ""]


@pytest.mark.django_db
@pytest.mark.parametrize("given", ["10000\t20000\n", "1024 65000", "", None])
def test_its_port_is_none_that_a_client_is_given(
    given: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.voip(provider="simulator", api_url="http://127.0.0.1:8001")
    told = tmp_path / "ip_local_port_range"
    if given is not None:
        told.write_text(given)
    monkeypatch.setattr("voipcrm.management.commands.quickstart.PORTS_OF_CLIENTS", told)
    lowest, highest = map(int, given.split()) if given else (32_768, 65_535)

    assert not any(lowest <= _assign_provider_port() <= highest for _try in range(20))


@pytest.mark.django_db
def test_an_empty_desk_has_no_operator() -> None:
    assert _assign_provider_port() == 0
