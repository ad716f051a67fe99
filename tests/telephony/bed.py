"""A small telephone company on the loopback: kamailio (registrar and proxy with digest) and sipp (telephones, and the network behind them).

    python tests/telephony/bed.py [PORT]    starts it with an operator's telephone, says how to use it, and runs until Ctrl-C

Needs `apt-get install --no-install-recommends kamailio sip-tester`, no root and no service.
"""

import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROGRAMS = ("kamailio", "kamcmd", "sipp")
PATIENCE = 120.0
"""Seconds until what a test waits for counts as not coming; so long because a machine may be busy with other things."""
MODULES = (
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
    "/usr/lib64",
    "/usr/lib",
    "/usr/local/lib64",
    "/usr/local/lib",
)


def missing_programs() -> list[str]:
    return [program for program in PROGRAMS if not _find(program)]


def wait_until(
    condition: Callable[[], bool], *, seconds: float = PATIENCE, what: str | Callable[[], str] = "it"
) -> None:
    """what: is waited for; a function says it together with how things stand at the end."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            named = what if isinstance(what, str) else what()
            raise TimeoutError(f"{named} did not happen within {seconds:g} s")
        time.sleep(0.01)


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class PortTaken(RuntimeError):
    """The program ended at once: somebody took its port between our choosing it and its binding it, or it has another reason."""


def on_a_free_port(start: Callable[[int], None], *, tries: int = 4) -> None:
    """Start on another port where one was taken meanwhile: the tests of other processes choose theirs at the same time."""
    for _ in range(tries - 1):
        try:
            return start(free_port())
        except PortTaken:
            continue
    return start(free_port())


class Sipp:
    """One sipp process playing a scenario.

    A message that the scenario does not expect is passed over, for a request sent once more on a busy machine is one: sipp would end the call and
    answer nothing any more, as no telephone does.
    """

    def __init__(self, scenario: Path, folder: Path, *options: str) -> None:
        self._scenario, self._folder, self._options = scenario, folder, options
        on_a_free_port(self._start)

    def _start(self, port: int) -> None:
        self.port = port
        self._trace = self._folder / f"{self._scenario.stem}-{port}.messages"
        self.process = subprocess.Popen(
            [_find("sipp"), *self._options, "-sf", str(self._scenario), "-i", "127.0.0.1", "-p", str(port),
             "-mp", str(20000 + port % 20000 * 2), "-default_behaviors", "all,-abortunexp", "-nostdin",
             "-trace_msg", "-message_file", str(self._trace)],
            cwd=self._folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            wait_until(self._is_listening, what=f"sipp playing {self._scenario.name}")
        except TimeoutError:
            self.stop()
            raise

    def messages(self) -> str:
        return self._trace.read_text(errors="replace") if self._trace.exists() else ""

    def got(self, start: str) -> int:
        """How many requests or responses beginning like that it received or sent."""
        return len(re.findall(rf"^{re.escape(start)}", self.messages(), re.MULTILINE))

    def stop(self) -> None:
        _stop(self.process)

    def vanish(self) -> None:
        """Die without a word, as a telephone whose battery is empty."""
        self.process.kill()
        self.process.wait(PATIENCE)

    def freeze(self) -> None:
        """Stand still, with its port open, as a telephone whose software hangs."""
        self.process.send_signal(signal.SIGSTOP)

    def _is_listening(self) -> bool:
        """Asked of the kernel: binding the port to see whether it is free would take it from sipp at that moment, and the socket may be another's."""
        if self.process.poll() is not None:
            raise PortTaken(
                f"sipp ended with {self.process.returncode}: the port is taken, or it cannot play the scenario"
            )
        rows = [line.split() for line in Path("/proc/net/udp").read_text().splitlines()]
        sockets = {f"socket:[{row[9]}]" for row in rows if row[1] == f"0100007F:{self.port:04X}"}
        try:
            return any(str(file.readlink()) in sockets for file in Path(f"/proc/{self.process.pid}/fd").iterdir())
        except FileNotFoundError:  # it has closed one of its files, or has ended
            return False


class Bed:
    """The company. Accounts: 100 and 200 (telephones), crm; the password is `secret` and the account. Numbers of four digits and more go to
    the network, where the last two digits choose what happens (see sipp/pstn.xml)."""

    def __init__(self, folder: Path, *, port: int = 0) -> None:
        self._folder = folder
        self._parts: list[Sipp] = []
        self.network = self._play("pstn")
        if port:
            self._start(port)
        else:
            on_a_free_port(self._start)

    def _start(self, port: int) -> None:
        self.port = port
        words = {
            "@PORT@": str(port),
            "@NETWORK_PORT@": str(self.network.port),
            "@FOLDER@": str(self._folder),
            "@MODULES@": _modules(),
        }
        text = re.sub("@[A-Z_]+@", lambda word: words[word.group()], (HERE / "kamailio.cfg").read_text())
        (self._folder / "kamailio.cfg").write_text(text)
        self._log = self._folder / "kamailio.log"
        with self._log.open("wb") as log:
            self._kamailio = subprocess.Popen(
                [_find("kamailio"), "-f", str(self._folder / "kamailio.cfg"), "-DD", "-E", "-m", "128", "-M", "16",
                 "-w", str(self._folder), "-Y", str(self._folder), "-P", str(self._folder / "pid")],
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip
        wait_until(self._answers, what="kamailio")

    def telephone(
        self, account: str = "100", scenario: str = "uas_answer", *, ring_ms: int = 100, code: str = ""
    ) -> Sipp:
        """Start a telephone and register it. code: for uas_reject, such as "486 Busy Here"."""
        telephone = self._play(scenario, "-key", "ring_ms", str(ring_ms), code=code)
        on_a_free_port(lambda port: self._register(account, telephone, port))
        return telephone

    def _register(self, account: str, telephone: Sipp, port: int) -> None:
        registered = subprocess.run(
            [_find("sipp"), f"127.0.0.1:{self.port}", "-sf", str(HERE / "sipp" / "uac_register.xml"), "-s", account, "-au", account,
             "-ap", f"secret{account}", "-i", "127.0.0.1", "-p", str(port), "-key", "contact_port", str(telephone.port), "-m", "1",
             "-nostdin", "-timeout", "30"],
            cwd=self._folder, stdin=subprocess.DEVNULL, capture_output=True, check=False,
        )  # fmt: skip
        if registered.returncode:
            raise PortTaken(f"{account} was not registered ({registered.returncode}):\n{self._log.read_text()}")

    def dialogs(self) -> int:
        """Conversations that the proxy believes are going on."""
        return int(re.findall(r"ongoing: (\d+)", self._ask("dlg.stats_active"))[0])

    def stop(self) -> None:
        for part in self._parts:
            part.stop()
        _stop(self._kamailio)

    def _play(self, scenario: str, *options: str, code: str = "") -> Sipp:
        file = HERE / "sipp" / f"{scenario}.xml"
        if code:
            filled = self._folder / f"{scenario}-{code.split(maxsplit=1)[0]}.xml"
            filled.write_text(file.read_text().replace("SIP/2.0 CODE", f"SIP/2.0 {code}"))
            file = filled
        part = Sipp(file, self._folder, *options)
        self._parts.append(part)
        return part

    def _answers(self) -> bool:
        if self._kamailio.poll() is not None:
            raise PortTaken(f"kamailio ended:\n{self._log.read_text()}")
        return "ongoing" in self._ask("dlg.stats_active")

    def _ask(self, command: str) -> str:
        call = [_find("kamcmd"), "-s", f"unix:{self._folder}/ctl", command]
        return subprocess.run(call, capture_output=True, text=True, check=False).stdout


def _find(program: str) -> str:
    return shutil.which(program) or shutil.which(program, path="/usr/sbin:/usr/bin:/sbin") or ""


def _modules() -> str:
    for folder in MODULES:
        if (Path(folder) / "kamailio" / "modules" / "htable.so").exists():
            return f"{folder}/kamailio/modules/"
    raise RuntimeError("kamailio's modules were not found.")


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(3)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(PATIENCE)


def main() -> None:
    if missing := missing_programs():
        sys.exit(
            f"Not installed: {', '.join(missing)}. Try: apt-get install --no-install-recommends kamailio sip-tester"
        )
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory() as folder:
        bed = Bed(Path(folder), port=int(sys.argv[1]) if sys.argv[1:] else 0)
        try:
            bed.telephone("100")
            sys.stdout.write(
                f"A SIP server listens on 127.0.0.1 port {bed.port}; telephone 100 is registered and answers.\n"
                "Accounts: 100 and 200, with the passwords secret100 and secret200.\n"
                "Numbers: the last two digits choose, 01 answers, 02 busy, 03 rings for ever,\n"
                "04 no such number, 05 no line free, 06 answers and hangs up, 07 rings out, 08 declines,\n"
                "11 declines behind an Asterisk, 12 ends with its dialplan, 13 finds its trunk down.\n"
            )
            sys.stdout.flush()
            signal.pause()
        except KeyboardInterrupt:
            pass
        finally:
            bed.stop()


if __name__ == "__main__":
    main()
