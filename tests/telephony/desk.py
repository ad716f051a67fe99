"""The SIP dialer in a thread of its own, for tests in another."""

import importlib
import itertools
import threading
from collections import defaultdict
from types import ModuleType
from typing import TYPE_CHECKING, Any

from calls.statuses import Status
from integrations.sip_dialer.orders import SipOrder, SipReport
from telephony.pbx import ACCOUNT, PASSWORD

if TYPE_CHECKING:
    from integrations.sip_dialer.engine import SipEngine

PATIENCE_SECONDS = 30
_references = itertools.count(1)


class LoopThread:
    """The thread that owns sippy's event loop: it is the first to import the engine, and serves every engine of the test process."""

    def __init__(self) -> None:
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        assert self._ready.wait(PATIENCE_SECONDS)

    def build(self, **settings: Any) -> "Desk":
        desk = Desk(self)
        desk.engine = self.do(self.engine_module.SipEngine, report=desk.take, **settings)
        return desk

    def do(self, action: Any, *details: Any, **named: Any) -> Any:
        """In the loop's thread."""
        return self.dispatcher.callFromThreadSync(lambda: action(*details, **named))

    def stop(self) -> None:
        self.dispatcher.callFromThread(self.dispatcher.breakLoop)
        self._thread.join(PATIENCE_SECONDS)

    def _serve(self) -> None:
        self.engine_module: ModuleType = importlib.import_module("integrations.sip_dialer.engine")
        self.dispatcher: Any = importlib.import_module("sippy.Core.EventDispatcher").ED2
        self._ready.set()
        self.dispatcher.loop()


class Desk:
    """One engine and all it has said."""

    engine: "SipEngine"

    def __init__(self, loop: LoopThread) -> None:
        self.loop = loop
        self._news = threading.Condition()
        self._reports: dict[str, list[SipReport]] = defaultdict(list)

    def take(self, report: SipReport) -> None:
        with self._news:
            self._reports[report.reference].append(report)
            self._news.notify_all()

    def place(self, port: int, operator: object, number: object, **more: Any) -> str:
        """Returns the order's reference."""
        facts: dict[str, Any] = {"server": "127.0.0.1", "username": ACCOUNT, "password": PASSWORD} | more
        reference = str(next(_references))
        order = SipOrder(reference=reference, port=port, operator=str(operator), number=str(number), **facts)
        self.engine.place(order)
        return reference

    def reports(self, reference: str) -> list[SipReport]:
        with self._news:
            return list(self._reports[reference])

    def statuses(self, reference: str) -> list[Status]:
        return [report.status for report in self.reports(reference)]

    def wait_for(self, reference: str, status: Status) -> SipReport:
        return self._wait(reference, lambda report: report.status is status, str(status))

    def end(self, reference: str) -> SipReport:
        """Waits for the order's end."""
        return self._wait(reference, lambda report: report.is_end, "an end")

    def _wait(self, reference: str, fits: Any, what: str) -> SipReport:
        with self._news:
            found = self._news.wait_for(lambda: any(map(fits, self._reports[reference])), PATIENCE_SECONDS)
            assert found, f"no {what} among {self._reports[reference]}"
            return next(filter(fits, self._reports[reference]))
