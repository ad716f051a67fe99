"""One PBX and one dialer for all tests of a process: calls do not disturb each other."""

from collections.abc import Iterator

import pytest

from telephony.desk import Desk, LoopThread
from telephony.far_end import FarEnd
from telephony.pbx import Pbx, unfinished, wait_until


@pytest.fixture(scope="session")
def loop_thread() -> Iterator[LoopThread]:
    thread = LoopThread()
    yield thread
    thread.stop()


@pytest.fixture(scope="session")
def desk(loop_thread: LoopThread) -> Iterator[Desk]:
    built = loop_thread.build()
    yield built
    built.engine.stop()


@pytest.fixture(scope="session")
def pbx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pbx]:
    """Whatever the tests did: in the end no dialog hangs, and every INVITE that got a 200 got its ACK and its BYE."""
    running = Pbx(tmp_path_factory.mktemp("pbx"))
    yield running
    try:
        wait_until(lambda: running.dialogs() == 0, "no dialog left")
        wait_until(lambda: not unfinished(running.telephones.messages()), "every telephone released")
        wait_until(lambda: not unfinished(running.network.messages()), "every number released")
    finally:
        running.stop()


@pytest.fixture
def far_end() -> Iterator[FarEnd]:
    played = FarEnd()
    yield played
    played.close()
