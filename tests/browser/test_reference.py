"""The reference for people at /voip/docs/: what “Try it out” suggests can be sent as it stands."""

from typing import Any

import make
import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from sips.models import Sip
from voipcrm.models import ApiToken

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def reference(browser: Browser, live_server: LiveServer, transactional_db: None) -> Any:
    """Signed in with the token of somebody who may do everything."""
    token = ApiToken.objects.issue(User.objects.create_superuser("reader"), name="test")[1]
    context = browser.new_context(viewport={"width": 1200, "height": 2000})
    page = context.new_page()
    page.goto(f"{live_server.url}/voip/docs/")
    page.get_by_role("button", name="Authorize").first.click()
    bearer = page.locator(".modal-ux .auth-container").filter(has_text="bearer")
    bearer.locator("input").fill(token)
    bearer.get_by_role("button", name="Apply credentials").click()
    page.locator(".modal-ux").get_by_role("button", name="Close").first.click()
    yield page
    context.close()


def try_out(page: Page, operation: str) -> tuple[str, int]:
    """The address that was asked, and the status of its answer."""
    place = page.locator(f"[id$=-{operation}]")
    place.locator(".opblock-summary-control").click()
    place.get_by_role("button", name="Try it out").click()
    with page.expect_response(lambda response: "/voip/" in response.url) as answered:
        place.get_by_role("button", name="Execute").click()
    return answered.value.url.partition("/voip/")[2], answered.value.status


def test_a_list_is_asked_for_without_a_filter(reference: Page) -> None:
    assert try_out(reference, "calls_list") == ("calls.json?per_page=50", 200)


def test_a_record_is_made_of_what_is_suggested(reference: Page) -> None:
    make.voip_with_id(7)

    assert try_out(reference, "sips_create") == ("sips.json", 201)
    assert Sip.objects.get().name == "Reception"
    expect(reference.locator("[id$=-sips_create] .live-responses-table .response-col_status").last).to_contain_text(
        "201"
    )
