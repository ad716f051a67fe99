"""The published reference, walked through: every operation, parameter, body and answer says what a reader and a generator need of it."""

import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from django.conf import settings
from published import reference

from voipcrm.reference import OPERATIONS

GUIDE = Path(settings.BASE_DIR) / "docs" / "api.md"
DOCUMENT = reference()
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]
TOLD = {operation["operationId"]: operation for methods in DOCUMENT["paths"].values() for operation in methods.values()}
every_operation = pytest.mark.parametrize("operation", TOLD.values(), ids=TOLD.keys())


def named(reference: str) -> Any:
    found: Any = DOCUMENT
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return found


def in_json_schema(node: Any) -> Any:
    """OpenAPI 3.0's `nullable` as JSON Schema has it."""
    if isinstance(node, list):
        return [in_json_schema(member) for member in node]
    if not isinstance(node, dict):
        return node
    read = {name: in_json_schema(member) for name, member in node.items() if name != "nullable"}
    return {"anyOf": [read, {"type": "null"}]} if node.get("nullable") is True else read


READ = in_json_schema(DOCUMENT)


def check(value: Any, schema: Any) -> None:
    jsonschema.Draft202012Validator({**in_json_schema(schema), "components": READ["components"]}).validate(value)


def contents(operation: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Of the request and of every answer with a body, by status."""
    if "requestBody" in operation:
        yield "request", operation["requestBody"]["content"]["application/json"]
    for status, response in operation["responses"].items():
        if "application/json" in response.get("content", {}):
            yield status, response["content"]["application/json"]


def refusals(operation: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {status: content for status, content in contents(operation) if status.startswith("4")}


def test_every_operation_has_words_and_no_words_are_left_over() -> None:
    assert TOLD.keys() == OPERATIONS.keys()


@every_operation
def test_an_operation_has_a_summary_of_its_own_and_a_description(operation: dict[str, Any]) -> None:
    same = [other for other in TOLD.values() if other["summary"] == operation["summary"]]

    assert (len(same), 3 < len(operation["summary"]) < 50) == (1, True)
    assert operation["description"].endswith((".", "…"))


def test_every_tag_is_described() -> None:
    used = {tag for operation in TOLD.values() for tag in operation["tags"]}

    assert used == {tag["name"] for tag in DOCUMENT["tags"] if tag["description"]}


@every_operation
def test_every_parameter_is_described(operation: dict[str, Any]) -> None:
    assert [given["name"] for given in operation.get("parameters", ()) if not given.get("description")] == []


@every_operation
def test_every_answer_is_described_and_has_its_body(operation: dict[str, Any]) -> None:
    for status, response in operation["responses"].items():
        assert response["description"], status
        is_export = status == "200" and operation["operationId"].endswith("_csv")
        bodies = [] if status == "204" else ["text/csv"] if is_export else ["application/json"]
        assert list(response.get("content", ())) == bodies, status


@every_operation
def test_every_body_and_answer_has_examples_that_are_what_it_describes(operation: dict[str, Any]) -> None:
    for place, content in contents(operation):
        examples = [
            named(example["$ref"]) if "$ref" in example else example for example in content["examples"].values()
        ]
        assert examples, place
        for example in examples:
            check(example["value"], content["schema"])


@every_operation
def test_every_refusal_has_the_one_shape_and_shows_its_codes(operation: dict[str, Any]) -> None:
    shapes = {content["schema"]["$ref"] for content in refusals(operation).values()}
    shown = {
        code: named(example["$ref"])["value"]
        for content in refusals(operation).values()
        for code, example in content["examples"].items()
    }

    assert shapes == {"#/components/schemas/Refusal"}
    assert {code: example["code"] for code, example in shown.items()} == {code: code for code in shown}


def test_every_code_is_in_the_guide_too() -> None:
    codes = {
        code for operation in TOLD.values() for content in refusals(operation).values() for code in content["examples"]
    }
    guide = set(re.findall(r"`([a-z_]+)`", GUIDE.read_text()))

    assert codes - guide == set()


@every_operation
def test_a_body_may_be_wrapped_in_its_resource(operation: dict[str, Any]) -> None:
    if "requestBody" not in operation or operation.get("security", [{}]) == [{}]:
        return
    flat, wrapped = operation["requestBody"]["content"]["application/json"]["schema"]["anyOf"]
    [(wrapper, inner)] = named(wrapped["$ref"])["properties"].items()

    assert (inner, f"{wrapper}s") == (flat, operation["tags"][0])


def test_the_first_body_to_try_is_flat_and_the_last_one_wrapped() -> None:
    shown = TOLD["sips_create"]["requestBody"]["content"]["application/json"]["examples"]
    first, *_others, last = [example["value"] for example in shown.values()]

    assert last == {"sip": first}


def answered(schema: Any, seen: set[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every object that an answer may consist of, with its name."""
    if isinstance(schema, list):
        for member in schema:
            yield from answered(member, seen)
    elif isinstance(schema, dict):
        if (name := schema.get("$ref", "")) and name not in seen:
            seen.add(name)
            yield name, named(name)
            yield from answered(named(name), seen)
        for member in schema.values():
            yield from answered(member, seen)


ANSWERED = dict(
    itertools.chain.from_iterable(
        answered(content["schema"], set())
        for operation in TOLD.values()
        for place, content in contents(operation)
        if place.startswith("2")
    )
)


@pytest.mark.parametrize("name", ANSWERED)
def test_all_fields_of_answers_are_required(name: str) -> None:
    assert set(ANSWERED[name].get("properties", ())) == set(ANSWERED[name].get("required", ()))


def test_answers_of_all_kinds_were_looked_at() -> None:
    kinds = {name.rpartition("/")[2] for name in ANSWERED}

    assert kinds >= {
        "Call",
        "PaginatedCallList",
        "Sip",
        "Voip",
        "Widget",
        "Autocall",
        "Dial",
        "CallEvent",
        "ScheduledCallBack",
        "WidgetShown",
    }


def test_no_choice_is_a_union_with_the_blank_or_with_null() -> None:
    """As drf-spectacular makes it of itself; generators make invalid names or `never` of it."""
    assert {"BlankEnum", "NullEnum"}.isdisjoint(SCHEMAS)
    assert [name for name, schema in SCHEMAS.items() if None in schema.get("enum", ())] == []


def test_what_may_be_blank_is_so_in_its_enumeration() -> None:
    assert {"" in SCHEMAS[name]["enum"] for name in ("CallStatus", "KindEnum", "CallReason", "AutocallReason")} == {
        True
    }
    assert "" not in SCHEMAS["AutocallStatus"]["enum"]


def test_names_of_operations_are_those_that_a_client_would_choose() -> None:
    assert {"calls_create", "calls_make_call", "calls_hangup", "widgets_rotate_token", "voips_read"} <= TOLD.keys()
    assert not [
        name for name in TOLD if re.search(r"json|__|(make_call|integrate|hangup|token|read|widget)_create", name)
    ]
