"""Two deliveries of a new call, one of them sent twice at once, can wait for each other: each has what the other needs."""

from concurrent.futures import ThreadPoolExecutor

import make
import pytest
from django.db import connection, transaction
from django.utils import timezone
from meeting import waits

from calls.models import Call, Report
from integrations.models import WebhookDelivery
from integrations.providers.foundation.events import Delivery
from integrations.webhooks import services
from integrations.webhooks.storing import fingerprint
from sips.models import Voip

BODY = b'{"event": "call.ringing", "id": "op-1", "from": "+48501502503"}'


def deliver(voip: Voip, delivery: Delivery) -> None:
    try:
        services.receive(delivery, provider=voip.provider, secret=voip.webhook_secret, address="127.0.0.1")
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_the_victim_of_a_deadlock_is_stored_on_retry() -> None:
    voip = make.voip(provider="simulator")
    delivery = Delivery(method="POST", body=BODY, received_at=timezone.now())
    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL deadlock_timeout = '1min'")  # so that the delivery is the one to find it out
            make.call(voip=voip, provider_call_id="op-1")
            behind = threads.submit(deliver, voip, delivery)
            assert waits(behind)
            WebhookDelivery.objects.create(voip=voip, fingerprint=fingerprint(delivery), received_at=timezone.now())
            transaction.set_rollback(True)
        behind.result(60)

    assert (WebhookDelivery.objects.count(), Report.objects.count(), Call.objects.count()) == (1, 1, 1)
