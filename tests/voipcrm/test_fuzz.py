"""The published document taken at its word: requests made up from it, right and wrong ones, get answers that it announces, and none is a 5xx.

FUZZ_EXAMPLES asks for more of them, and with more than the usual number also for the enumerated edge cases of every parameter.
"""

import os
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import make
import pytest
import schemathesis
from django.conf import settings as project
from django.contrib.auth.models import User
from django.db import transaction
from hypothesis import HealthCheck, settings
from resources import PUBLIC_ENDPOINTS, RESOURCES, at_fault
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from voipcrm.models import ApiToken

USUAL_EXAMPLES = 8
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", USUAL_EXAMPLES))
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
REFUSALS = [(403, ["detail"]), (404, ["detail"]), (405, ["detail"])]
"""404: an id longer than any belongs to no route; 405: many examples try methods that a path does not have."""
CODES = set(re.findall(r"`([a-z_]+)`", (Path(project.BASE_DIR) / "docs" / "api.md").read_text()))
"""Whatever stands in the guide as a word for programs, codes of refusals among it."""
WIDGET_TOKEN = "the-widget"


schema = schemathesis.openapi.from_path(Path(project.BASE_DIR) / "docs" / "openapi.yml")
schema.config.phases.coverage.enabled = EXAMPLES > USUAL_EXAMPLES


@dataclass(frozen=True)
class Desk:
    product: Callable[..., Any]
    secret: str
    "A superuser's token."
    without_rights: str
    "The token of a user who may do nothing."
    ids: dict[str, int]
    "Of one row of each resource."


@pytest.fixture
def desk(product: Callable[..., Any]) -> Desk:
    mighty, powerless = User.objects.create_superuser("mighty"), User.objects.create_user("powerless")
    ids = {resource.list.removesuffix(".json"): int(resource.make().pk) for resource in RESOURCES}
    ids |= {
        f"/voip/{name}": int(row.pk)
        for name, row in {
            "follow_ups": make.follow_up(),
            "notes": make.note(),
            "outcomes": make.outcome("Fuzzed"),
            "staff_lines": make.staff_line(mighty),
        }.items()
    }
    make.sip(sip="900", voip=make.voip(address="pbx.example.com", provider="simulator"))
    make.widget(token=WIDGET_TOKEN)
    return Desk(
        product=product,
        secret=ApiToken.objects.issue(mighty, name="fuzz")[1],
        without_rights=ApiToken.objects.issue(powerless, name="fuzz")[1],
        ids=ids,
    )


def fuzzed(examples: int) -> settings:
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )


def answer(case: Any, desk: Desk, secret: str) -> Any:
    """The response; what the request changed is undone."""
    with transaction.atomic():
        response = case.call(
            app=desk.product, headers={"Authorization": f"Bearer {secret}", "Accept-Encoding": "identity"}
        )
        transaction.set_rollback(True)
    return response


@schema.parametrize()
@fuzzed(EXAMPLES)
def test_every_answer_is_one_that_the_document_announces(case: Any, desk: Desk) -> None:
    aim(case, desk)

    response = answer(case, desk, desk.secret)

    case.validate_response(response, checks=CHECKS)
    assert response.status_code < 400 or response.json()["code"] in CODES


@schema.exclude(path=list(PUBLIC_ENDPOINTS)).parametrize()
@fuzzed(max(EXAMPLES // 2, 1))
def test_no_request_gets_past_a_missing_right(case: Any, desk: Desk) -> None:
    aim(case, desk)

    response = answer(case, desk, desk.without_rights)

    assert (response.status_code, at_fault(response)) in REFUSALS
    case.validate_response(response, checks=CHECKS)


def aim(case: Any, desk: Desk) -> None:
    """Let most requests meet a row that is there: made up ids and tokens never do."""
    if zlib.crc32(repr((case.path_parameters, case.query, case.body)).encode(errors="replace")) % 4 == 0:
        return
    if "id" in (case.path_parameters or {}):
        case.path_parameters["id"] = desk.ids[case.path.partition("/{id}")[0]]
    for place in (case.query, case.body):
        if isinstance(place, dict) and "widget_token" in place:
            place["widget_token"] = WIDGET_TOKEN
    if "/make_call" in case.path and isinstance(case.body, dict):
        case.body.update(sip="900", number_to="+48501502503")
