from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from bench.intake import tell
from bench.story import read
from calls import report_values
from integrations import providers
from integrations.providers.foundation.events import Account, Delivery

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize("place", range(4))
def test_the_reference_stores_of_a_delivery_what_the_product_stores(place: int) -> None:
    body = tell("call-1", "502503")[place]
    delivery = Delivery(method="POST", body=body, received_at=NOW)
    (event,) = providers.find("simulator").parse(delivery, Account(time_zone=ZoneInfo("UTC")))

    said = report_values.parameters(event, voip_id=7, country="PL", received_at=NOW, now=NOW)

    assert {name: read(body, voip_id=7, received_at=NOW)[name] for name in said} == said
