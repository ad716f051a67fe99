"""The map of the API: every endpoint, and who may open it."""

import re

import pytest
from django.contrib.auth.models import Permission, User
from resources import RESOURCES, WIDGET, Resource, send
from rest_framework.test import APIClient

from voipcrm.api import router

pytestmark = pytest.mark.django_db


def _path(route: str) -> str:
    """`^calls/(?P<pk>[0-9]{1,19})\\.json$` -> `/voip/calls/1.json`"""
    return "/voip/" + re.sub(r"\(\?P<pk>[^)]*\)", "1", route).replace("\\", "").strip("^$")


ROUTES = [
    (method.upper(), _path(str(url.pattern)))
    for url in router.urls
    for method in url.callback.actions  # type: ignore[union-attr]
]
WRITES = [(method, path) for method, path in ROUTES if method not in {"GET", "HEAD"}]

SPECIFICATION = """
GET /voip/calls.json
GET /voip/calls/1.json
POST /voip/calls.json
PATCH /voip/calls/1.json
DELETE /voip/calls/1.json
POST /voip/calls/make_call.json
POST /voip/calls/make_call_integrate.json
GET /voip/sips.json
GET /voip/sips/1.json
POST /voip/sips.json
PATCH /voip/sips/1.json
DELETE /voip/sips/1.json
GET /voip/voips.json
GET /voip/voips/1.json
POST /voip/voips.json
PATCH /voip/voips/1.json
DELETE /voip/voips/1.json
GET /voip/widgets.json
GET /voip/widgets/1.json
POST /voip/widgets.json
PATCH /voip/widgets/1.json
DELETE /voip/widgets/1.json
GET /voip/autocalls.json
GET /voip/autocalls/1.json
POST /voip/autocalls.json
PATCH /voip/autocalls/1.json
DELETE /voip/autocalls/1.json
"""


def test_every_endpoint_of_the_specification_exists() -> None:
    specified = {(method, path) for method, path in (line.split() for line in SPECIFICATION.strip().splitlines())}

    assert specified - set(ROUTES) == set()


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_every_endpoint_needs_a_token(stranger: APIClient, method: str, path: str) -> None:
    answer = stranger.generic(method, path)

    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer")


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_no_endpoint_opens_to_a_user_without_rights(charlie: APIClient, method: str, path: str) -> None:
    assert charlie.generic(method, path).status_code == 403


@pytest.mark.parametrize(("method", "path"), WRITES)
def test_a_reader_may_not_write(bob: APIClient, method: str, path: str) -> None:
    assert bob.generic(method, path).status_code == 403


@pytest.mark.parametrize("resource", RESOURCES, ids=str)
def test_a_reader_may_read(bob: APIClient, resource: Resource) -> None:
    pk = resource.make().pk

    assert bob.get(resource.list).json()["results"][0]["id"] == pk
    assert bob.get(resource.one(pk)).json()["id"] == pk


@pytest.mark.parametrize("resource", RESOURCES, ids=str)
def test_replacing_a_record_is_not_offered(alice: APIClient, resource: Resource) -> None:
    answer = alice.put(resource.one(resource.make().pk), resource.body)

    assert (answer.status_code, "PUT" in answer["Allow"]) == (405, False)


@pytest.mark.parametrize(
    "written", ["0", "9" * 19, "9" * 30, "9" * 5000, "-1", "1_0", "１", "abc", "1.5", "%00", "%FF", "None"]
)
@pytest.mark.parametrize("resource", RESOURCES, ids=str)
def test_what_is_no_id_of_a_record_is_not_found(alice: APIClient, resource: Resource, written: str) -> None:
    codes = {send(alice, method, resource.one(written), b"{}").status_code for method in ("GET", "PATCH")}

    assert codes == {404}


def test_posting_to_a_record_needs_the_right_to_change_it(bob: APIClient) -> None:
    User.objects.get(username="bob").user_permissions.add(Permission.objects.get(codename="add_widget"))

    assert bob.post(f"/voip/widgets/{WIDGET.make().pk}/rotate_token.json").status_code == 403
