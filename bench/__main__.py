"""python -m bench [intake|pages|process|dialing|callback|figures|desks|partitions|failover …] [--quick] [--large]

Measures the product on a database and in a folder of its own, and ends every process it has started. A full run of all parts also writes RESULTS.md.
"""

import argparse
import importlib
import os
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import django
from django.core.management import call_command

from bench.load import Missing
from bench.scale import FULL, QUICK, Scale

PARTS = ("intake", "pages", "process", "dialing", "callback", "figures", "desks", "partitions", "failover")
LARGE = ("large.comparing",)
ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "bench" / "RESULTS.md"


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m bench", description="Measure the product; docs/performance.md says what."
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)}; all of them by default")
    parser.add_argument(
        "--large", action="store_true", help="ten million calls instead: an hour, and 40 GB of the disk"
    )
    parser.add_argument("--quick", action="store_true", help="short rounds and little data: to see that it works")
    chosen = parser.parse_args()
    if unknown := set(chosen.parts) - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    found = []
    with tempfile.TemporaryDirectory(prefix="voipcrm-bench-") as folder:
        Path(folder).chmod(0o711)  # PostgreSQL may run as nobody
        parts = LARGE if chosen.large else chosen.parts or PARTS
        for section in measure(parts, QUICK if chosen.quick else FULL, Path(folder)):
            sys.stdout.write(f"{section}\n")
            sys.stdout.flush()
            found.append(section)
    if parts == PARTS and not chosen.quick:
        RESULTS.write_text("# Results\n\n" + "\n".join(found))


def measure(parts: Sequence[str], scale: Scale, folder: Path) -> Iterator[str]:
    """The results as sections of a page: the machine, then the tables."""
    for name in ("DATABASE_URL", "PYTHONDONTWRITEBYTECODE"):
        os.environ.pop(name, None)
    os.environ |= {"VOIPCRM_DATA_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "voipcrm.settings"}
    os.environ["OUTBOUND_ALLOWED_NETWORKS"] = "127.0.0.1"  # where the telephone company is
    sys.path.append(str(ROOT / "tests"))  # the test bed of telephones
    if parts == LARGE:
        importlib.import_module("bench.large.filling").hurry()
    django.setup()
    database = importlib.import_module("bench.database")
    try:
        yield database.describe()
        call_command("migrate", verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        for part in parts:
            try:
                yield from map(str, importlib.import_module(f"bench.{part}").measure(scale))
            except Missing as problem:
                yield f"## {part}: NOT MEASURED\n\n**{problem} is not installed.**\n"
            database.clear()
    finally:
        database.end()


if __name__ == "__main__":
    main()
