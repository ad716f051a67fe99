import pytest

from voipcrm.desk import faults, open_desks, parts, pulse, readers, strip


@pytest.fixture(autouse=True)
def nothing_known() -> None:
    """What the desks of a process share for some seconds is of another test."""
    pulse.forget()
    parts.forget()
    strip.forget()
    faults.forget()
    open_desks.forget()
    readers.forget()
