"""A product at work for programs of strangers: a web server, a worker, and the simulated provider, all on the loopback."""

import threading
from collections.abc import Iterator
from typing import Any

import make
import pytest
from django.contrib.auth.models import User
from pytest_django.live_server_helper import LiveServer
from telephony.processes import Processes

from integrations.management.commands.simulated_provider import deliver
from integrations.outbound.addresses import parse_allowed
from integrations.simulated_provider import serve
from voipcrm.models import ApiToken


@pytest.fixture
def simulated_provider(settings: Any) -> Iterator[str]:
    settings.OUTBOUND_ALLOWED = parse_allowed(["127.0.0.1"])
    server = serve(0, deliver, time_factor=0)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join(5)


@pytest.fixture
def product_at_work(
    live_server: LiveServer, simulated_provider: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[dict[str, str]]:
    """What leads a program to it, as environment variables."""
    monkeypatch.setenv("PUBLIC_URL", live_server.url)  # for the worker, which tells the operator where to report
    voip = make.voip(provider="simulator", api_url=simulated_provider, number="+48221234567")
    make.sip(voip=voip, sip="101")
    user = User.objects.create_superuser("program")
    with Processes() as processes:
        processes.start("worker")
        yield {
            "VOIPCRM_URL": live_server.url,
            "VOIPCRM_TOKEN": ApiToken.objects.issue(user, name="program")[1],
            "WIDGET_TOKEN": make.widget(voip=voip).token,
        }
