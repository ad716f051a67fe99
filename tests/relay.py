"""A way to the database that can be cut, as when the server is restarted under its clients."""

import socket
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from django.db import connection


def database_url(host: str = "") -> str:
    """The address of the test's database for another process; host: of a relay in front of it."""
    kept = connection.settings_dict
    login = f"{quote(kept['USER'])}:{quote(kept['PASSWORD'])}" if kept["PASSWORD"] else quote(kept["USER"])
    return f"postgresql://{login}@:{_port()}/{kept['NAME']}?host={quote(host or _host(), safe='')}"


def _host() -> str:
    kept = connection.settings_dict
    return str(kept["HOST"] or kept["OPTIONS"].get("host", ""))


def _port() -> int:
    return int(connection.settings_dict["PORT"] or 5432)


class Relay:
    """Passes on what comes to a socket of its own, in the folder `host`, until it is cut and after it is mended."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self.host = self._folder.name
        self._path = Path(self.host) / f".s.PGSQL.{_port()}"
        self._open: set[socket.socket] = set()
        self.mend()

    def mend(self) -> None:
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self._path))
        self._listener.listen()
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def cut(self) -> None:
        """Nobody gets through any more, and everybody's connection is closed."""
        self._path.unlink()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for end in list(self._open):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self.cut()
        self._folder.cleanup()

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                near, _address = listener.accept()
                far = _connect()
                for here, there in ((near, far), (far, near)):
                    self._open.add(here)
                    threading.Thread(target=self._pass_on, args=(here, there), daemon=True).start()

    def _pass_on(self, here: socket.socket, there: socket.socket) -> None:
        with suppress(OSError):
            while piece := here.recv(65536):
                there.sendall(piece)
        with suppress(OSError):
            there.shutdown(socket.SHUT_RDWR)
        self._open.discard(here)
        here.close()


def _connect() -> socket.socket:
    if not _host().startswith("/"):
        return socket.create_connection((_host() or "localhost", _port()))
    there = socket.socket(socket.AF_UNIX)
    there.connect(f"{_host()}/.s.PGSQL.{_port()}")
    return there
