"""(h) More than one machine: Debian's PostgreSQL as a primary with its standby, PgBouncer, and processes that are killed.

Each is measured by a process of its own, as Django's settings lead to one database.
"""

import importlib
import os
import secrets
import signal
import subprocess
import sys
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from pathlib import Path

import clusters
import django
from django.core.management import call_command

from bench.load import Missing
from bench.scale import Scale

SCENARIOS = ("synchronous", "asynchronous", "pgbouncer", "killed_processes")


def measure(scale: Scale) -> Iterator[str]:
    if clusters.find_programs() is None:
        raise Missing("postgresql")
    for scenario in SCENARIOS:
        command = [sys.executable, "-m", "bench.failover", scenario, str(scale.seconds)]
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as child:
            try:
                table, _nothing = child.communicate()
            finally:
                child.terminate()  # it ends what it has started
        yield table if child.returncode == 0 else f"## {scenario}: NOT MEASURED\n\n**It failed.**\n"


def main(scenario: str, seconds: int) -> None:
    programs = clusters.find_programs()
    assert programs is not None
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with clusters.running(programs) as servers:
        primary = servers.primary()
        replicated = scenario in ("synchronous", "asynchronous")
        standby = servers.standby_of(primary) if replicated else None
        if standby and scenario == "synchronous":
            primary.wait_for("standby")
        os.environ |= {
            "DATABASE_URL": clusters.address([primary, *([standby] if standby else [])]),
            "SECRET_KEY": secrets.token_urlsafe(50),
            "ENCRYPTION_KEYS": urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        }
        django.setup()
        call_command("migrate", verbosity=0)
        scenarios = importlib.import_module("bench.scenarios")
        if standby:
            sys.stdout.write(f"{scenarios.fail_over(scenario, primary, standby, seconds)}\n")
        else:
            sys.stdout.write(f"{getattr(scenarios, scenario)(seconds)}\n")


if __name__ == "__main__":
    Path(os.environ["VOIPCRM_DATA_DIR"]).mkdir(exist_ok=True)
    main(sys.argv[1], int(sys.argv[2]))
