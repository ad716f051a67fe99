"""A way to the database that can be cut, as when the server is restarted under its clients."""

import socket
import tempfile
import threading
from contextlib import suppress
from pathlib import Path

import product_process


class Relay:
    """Passes on what comes to a socket of its own, in the folder `host`, until it is cut and after it is mended."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self.host = self._folder.name
        self._path = Path(self.host) / f".s.PGSQL.{product_process.port()}"
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
    if not product_process.host().startswith("/"):
        return socket.create_connection((product_process.host() or "localhost", product_process.port()))
    there = socket.socket(socket.AF_UNIX)
    there.connect(f"{product_process.host()}/.s.PGSQL.{product_process.port()}")
    return there
