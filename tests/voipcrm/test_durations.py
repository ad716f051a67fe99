from datetime import timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured

from voipcrm.durations import kept_for


@pytest.mark.parametrize(
    ("days", "kept"), [("90", timedelta(days=90)), (" 1 ", timedelta(days=1)), ("", None), ("0", None)]
)
def test_days_are_read_and_none_is_for_ever(days: str, kept: timedelta | None) -> None:
    assert kept_for("X_DAYS", days) == kept


@pytest.mark.parametrize("days", ["-1", "1.5", "ten", "36501", "٣", "1e3"])
def test_what_is_no_number_of_days_stops_the_start_and_is_named(days: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="X_DAYS"):
        kept_for("X_DAYS", days)
