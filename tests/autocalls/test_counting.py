"""Who waits for whom while requests are counted."""

import threading

import make
import pytest
from django.db import OperationalError, connection, transaction

from autocalls.guard import Origin, hold_counts
from widgets.models import Widget

pytestmark = pytest.mark.django_db(transaction=True)


def someone_else_waits(widget: Widget, number: str, address: str, nonce: str) -> bool:
    """Whether a request on another connection has to wait for those that are being counted now."""
    refused: list[OperationalError] = []

    def count() -> None:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '300ms'")
                hold_counts(widget, number, Origin.of(address), nonce)
        except OperationalError as problem:
            refused.append(problem)
        finally:
            connection.close()

    thread = threading.Thread(target=count)
    thread.start()
    thread.join()
    return bool(refused)


def test_visitors_who_have_nothing_in_common_do_not_wait_for_each_other() -> None:
    shop, other = make.widget(), make.widget()

    with transaction.atomic():
        hold_counts(shop, "+48501502503", Origin.of("192.0.2.1"), "")

        assert not someone_else_waits(other, "+48600700800", "198.51.100.1", "")


@pytest.mark.parametrize("common", ["widget", "number", "address", "form token"])
def test_whoever_is_counted_together_waits(common: str) -> None:
    shop, other = make.widget(), make.widget()
    widget = shop if common == "widget" else other
    number = "+48501502503" if common == "number" else "+48600700800"
    address = "192.0.2.1" if common == "address" else "198.51.100.1"
    nonce = "once" if common == "form token" else "another"

    with transaction.atomic():
        hold_counts(shop, "+48501502503", Origin.of("192.0.2.1"), "once")

        assert someone_else_waits(widget, number, address, nonce)
