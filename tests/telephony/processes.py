"""The product's own processes, on the database of the test."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Self

import product_process
import pytest
from django.db import connection
from telephony.bed import PATIENCE, missing_programs, wait_until

from integrations.models import Dialer

ROOT = Path(__file__).resolve().parents[2]


def require_programs() -> None:
    """Without the programs of the test bed a test is skipped, on a CI it fails."""
    if missing := missing_programs():
        reason = f"{', '.join(missing)} not installed: apt-get install --no-install-recommends kamailio sip-tester"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)


class Processes:
    """What a test has started; it ends with the `with` block, also where one does not come up.

    folder: of the socket of a relay in front of the database.
    """

    def __init__(self, folder: str = "") -> None:
        self._folder = folder
        self._started: list[subprocess.Popen[bytes]] = []

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        """Start a command of manage.py."""
        own = {"SIP_NUMBER_RING_SECONDS": "5", "OUTBOUND_ALLOWED_NETWORKS": "127.0.0.1"}
        environment = os.environ | product_process.environment(self._folder) | own
        process = subprocess.Popen([sys.executable, "manage.py", *command], cwd=ROOT, env=environment)
        self._started.append(process)
        return process

    def start_dialer(self) -> subprocess.Popen[bytes]:
        """Start a SIP dialer, and return once it is ready."""
        known = Dialer.objects.count()
        process = self.start("sip_dialer")
        wait_until(lambda: Dialer.objects.count() > known, what="the dialer's first heartbeat")
        return process

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_failure: object) -> None:
        for process in self._started:
            process.kill()
            process.wait(PATIENCE)
        connection.close()
