"""Collects the static files for `make run`, unless they are those that were collected last: hashing and compressing them takes seconds."""

import hashlib
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command

MANIFEST = "staticfiles.json"


def collect() -> None:
    stamp, current = settings.DATA_DIR / "static.stamp", _fingerprint()
    is_there = (Path(settings.STATIC_ROOT) / MANIFEST).exists()
    if is_there and stamp.exists() and stamp.read_text() == current:
        return
    stamp.unlink(missing_ok=True)  # should this be ended halfway
    call_command("collectstatic", interactive=False, verbosity=0)
    stamp.write_text(current)


def _fingerprint() -> str:
    """Changes with any file, and with the versions of what hashes and compresses them."""
    digest = hashlib.sha256((settings.BASE_DIR / "requirements.txt").read_bytes())
    for finder in get_finders():
        for path, storage in finder.list([]):
            file = Path(storage.path(path))
            digest.update(f"{file} {file.stat().st_mtime_ns} {file.stat().st_size}\n".encode())
    return digest.hexdigest()
