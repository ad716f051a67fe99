"""The SIP network of the tests for the dialer, and when its telephones were rung."""

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from telephony.bed import Bed, Sipp, missing_programs

from bench.load import Missing
from sips.models import Sip, Voip

_MESSAGE = re.compile(r"^-{20,} (\S+ \S+)$", re.MULTILINE)
_RUNG = re.compile(r"\A\s*UDP message received.*?^INVITE sip:.*?^Call-ID: (\S+?)\r?$", re.MULTILINE | re.DOTALL)


@contextmanager
def company() -> Iterator[tuple[Bed, Sipp, Sip]]:
    """A SIP server, a telephone on line 100 that answers at once, and that line. Raises Missing."""
    if missing := missing_programs():
        raise Missing(" and ".join(missing))
    with tempfile.TemporaryDirectory(prefix="voipcrm-bed-") as folder:
        bed = Bed(Path(folder))
        try:
            telephone = bed.telephone("100", ring_ms=10)
            voip = Voip.objects.create(name="PBX", address="127.0.0.1", port=str(bed.port))
            login = {"sip": "100", "username": "100", "password": "secret100"}
            yield bed, telephone, Sip.objects.create(name="Operator", voip=voip, **login)
        finally:
            bed.stop()


def rung_at(telephone: Sipp) -> dict[str, float]:
    """When the first INVITE of each call came to the telephone, in seconds of `time.time`, by Call-ID; by sipp's own clock and trace."""
    _start, *parts = _MESSAGE.split(telephone.messages())
    rung: dict[str, float] = {}
    for at, message in zip(parts[::2], parts[1::2], strict=True):
        if found := _RUNG.match(message):
            rung.setdefault(found[1], datetime.fromisoformat(at).timestamp())
    return rung
