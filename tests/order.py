"""The order in which tests are begun: first those that take or wait for long, so that no worker is left alone with one at the end.

Within each of these places, and after them, the order is pytest-randomly's. What is in one folder stays together, so that a worker starts its
browser once.
"""

from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
FIRST = (
    "voipcrm/test_quickstart.py",
    "clients",
    "browser/test_engines.py",
    "browser/test_back_office_accessibility.py",
    "browser",
    "integrations/webhooks/test_killed_workers.py",
    "telephony",
    "voipcrm/test_embedded_postgres.py",
    "voipcrm/test_fuzz.py",
)


def rank(test: pytest.Item) -> int:
    """Of the first place in which it lies."""
    return _rank(test.path)


@cache
def _rank(path: Path) -> int:
    places = (number for number, place in enumerate(FIRST) if path.is_relative_to(TESTS / place))
    return next(places, len(FIRST))
