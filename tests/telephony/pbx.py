"""A PBX with its telephones and the telephone network behind it: one kamailio, two sipps, all on the loopback.

Needs Debian's kamailio and sip-tester. Without them the tests are skipped, on a CI machine (`CI=true`) they fail.
"""

import itertools
import os
import re
import shutil
import socket
import subprocess
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ACCOUNT, PASSWORD = "crm", "secretcrm"
EXTENSIONS = tuple(range(101, 116))
"Registered telephones; their last two digits choose what they do (telephones.xml), as those of numbers in the network do."
FORK = 120
"Two telephones of one account: the first never answers, the second does."
STARTUP_SECONDS = 20
_PROBE = (
    "OPTIONS sip:127.0.0.1:{port} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:{own};branch=z9hG4bK{turn}\r\n"
    "From: <sip:probe@127.0.0.1>;tag=probe\r\nTo: <sip:127.0.0.1:{port}>\r\nCall-ID: probe-{own}-{turn}\r\n"
    "CSeq: {turn} OPTIONS\r\nMax-Forwards: 5\r\nContent-Length: 0\r\n\r\n"
)


def require_telephony() -> None:
    missing = [program for program in ("kamailio", "sipp", "kamcmd") if not shutil.which(program)]
    if missing:
        give_up = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        give_up(f"real telephony needs {', '.join(missing)}: apt-get install --no-install-recommends kamailio sip-tester")


def wait_until(condition: Callable[[], bool], what: str, *, seconds: float = 20) -> None:
    """For what happens soon on a quiet machine and later on a busy one."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {seconds} s")
        time.sleep(0.02)


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Telephones:
    """One sipp playing telephones.xml for any number of calls."""

    def __init__(self, name: str, folder: Path) -> None:
        self._folder, self._name = folder, name
        self._log = folder / f"{name}.msg"
        self._start()
        wait_until(self._is_up, f"sipp playing {name}", seconds=STARTUP_SECONDS)

    def messages(self) -> list[str]:
        """What it received and sent, one SIP message each."""
        text = self._log.read_text(errors="replace") if self._log.exists() else ""
        return [part.partition("\n\n")[2].strip() for part in re.split(r"^-{20,}.*\n", text, flags=re.MULTILINE) if part.strip()]

    def of_number(self, number: str) -> list[str]:
        """The messages of the calls to that number."""
        calls = {call_id(message) for message in self.messages() if message.startswith(f"INVITE sip:{number}@")}
        return [message for message in self.messages() if call_id(message) in calls]

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(10)

    def _start(self) -> None:
        self.port, media_port = free_port(), free_port()
        with (self._folder / f"{self._name}.out").open("ab") as output:
            self._process = subprocess.Popen(
                ["sipp", "-sf", str(HERE / "telephones.xml"), "-i", "127.0.0.1", "-p", str(self.port)]
                + ["-mp", str(media_port), "-nostdin", "-trace_msg", "-message_file", str(self._log)],
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def _is_up(self) -> bool:
        if self._process.poll() is not None:  # sipp also binds ports beside the media port, which may be taken
            self._start()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind(("127.0.0.1", self.port))
            except OSError:
                return True
        return False


class Pbx:
    def __init__(self, folder: Path, *, advertised_port: int | None = None) -> None:
        """`advertised_port`: where it wants to be reached within a call, a lossy line's port for instance."""
        require_telephony()
        self.telephones = Telephones("telephones", folder)
        self.network = Telephones("network", folder)
        self.port = free_port()
        self._socket = folder / "ctl"
        self._log = folder / "kamailio.log"
        (folder / "kamailio.cfg").write_text(self._configuration(advertised_port))
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                ["kamailio", "-f", str(folder / "kamailio.cfg"), "-DD", "-E", "-m", "16", "-M", "4"]
                + ["-w", str(folder), "-Y", str(folder), "-P", str(folder / "pid")],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._turns = itertools.count(1)
        wait_until(self._is_up, "kamailio", seconds=STARTUP_SECONDS)
        for extension in EXTENSIONS:
            self._register(extension, extension)
        self._register(FORK, 103)
        self._register(FORK, 101)

    def dialogs(self) -> int:
        """Dialogs between the first INVITE and the last 200 to a BYE."""
        counts = self._control("dlg.stats_active")
        return sum(int(count) for count in re.findall(r"(?:starting|connecting|answering|ongoing): (\d+)", counts))

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(10)
        self.telephones.stop()
        self.network.stop()

    def _configuration(self, advertised_port: int | None) -> str:
        modules = next(Path("/usr").glob("lib*/**/kamailio/modules"))
        text = (HERE / "kamailio.cfg").read_text()
        if advertised_port is not None:
            text = text.replace("auto_aliases=no", f"auto_aliases=no\nalias=127.0.0.1:{advertised_port}")
            text = text.replace("record_route();", f'record_route_preset("127.0.0.1:{advertised_port}");')
        return (
            text.replace("LISTEN", f"127.0.0.1:{self.port}")
            .replace("NETWORK", f"127.0.0.1:{self.network.port}")
            .replace("MODULES", f"{modules}/")
            .replace("SOCKET", str(self._socket))
        )

    def _register(self, extension: int, contact: int) -> None:
        address = f"sip:{contact}@127.0.0.1:{self.telephones.port}"
        self._control("ul.add", "location", f"s:{extension}", address, "0", "1.0", "s:0", "0", "0", "0")

    def _control(self, *command: str) -> str:
        asked = ["kamcmd", "-s", f"unix:{self._socket}", *command]
        said = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
        assert not said.startswith("error"), said
        return said

    def _is_up(self) -> bool:
        assert self._process.poll() is None, self._log.read_text()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind(("127.0.0.1", 0))
            probe.settimeout(0.1)
            own, turn = probe.getsockname()[1], next(self._turns)
            probe.sendto(_PROBE.format(port=self.port, own=own, turn=turn).encode(), ("127.0.0.1", self.port))
            try:
                return probe.recv(2048).startswith(b"SIP/2.0 200")
            except OSError:
                return False


def call_id(message: str) -> str:
    found = re.search(r"^Call-ID: *(\S+)", message, re.IGNORECASE | re.MULTILINE)
    return found[1] if found else ""


def unfinished(messages: list[str]) -> dict[str, set[str]]:
    """The calls in which an INVITE got a 200 and then no ACK or no BYE with its 200: call id and what is there of it."""
    seen: dict[str, set[str]] = defaultdict(set)
    for message in messages:
        method = re.search(r"^CSeq: *\d+ *(\w+)", message, re.IGNORECASE | re.MULTILINE)
        if method is not None:
            kind = message.split()[1] if message.startswith("SIP/2.0") else "sent"
            seen[call_id(message)].add(f"{method[1]} {kind}")
    return {
        call: facts
        for call, facts in seen.items()
        if "INVITE 200" in facts and not {"ACK sent", "BYE sent", "BYE 200"} <= facts
    }
