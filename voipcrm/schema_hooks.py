"""Postprocessing hooks of drf-spectacular for the OpenAPI document."""

from copy import deepcopy
from typing import Required, TypedDict, cast

from autocalls.widget_data_schema import WIDGET_DATA, WIDGET_DATA_SCHEMAS
from voipcrm import reference_answers
from voipcrm import reference_refusals as refusals
from voipcrm.reference import INTRODUCTION, OPERATIONS, TAGS


class Enumeration(TypedDict):
    """Of a schema what is looked at here."""

    enum: list[str]


class Components(TypedDict, total=False):
    schemas: Required[dict[str, Enumeration]]
    examples: dict[str, object]


class Document(TypedDict, total=False):
    """The OpenAPI document: of it what is looked at here."""

    info: Required[dict[str, object]]
    paths: Required[dict[str, object]]
    components: Required[Components]
    tags: list[dict[str, str]]


def put_blanks_into_enums(result: Document, **_options: object) -> Document:
    """Postprocessing hook: a choice that may be blank is one enumeration that includes the blank, not a union with `BlankEnum`, which generated
    clients cannot name."""
    schemas = result["components"]["schemas"]
    _put_blanks(result, schemas)
    for name in ("BlankEnum", "NullEnum"):
        schemas.pop(name, None)
    return result


def _put_blanks(node: object, schemas: dict[str, Enumeration]) -> None:
    if isinstance(node, list):
        for member in node:
            _put_blanks(member, schemas)
    if not isinstance(node, dict):
        return
    named = [member["$ref"].rpartition("/")[2] for member in node.get("oneOf", ()) if "$ref" in member]
    if "BlankEnum" in named or "NullEnum" in named:
        [own] = [name for name in named if name not in ("BlankEnum", "NullEnum")]
        del node["oneOf"]
        node["allOf"] = [{"$ref": f"#/components/schemas/{own}"}]
        if "NullEnum" in named:
            node["nullable"] = True
        if "BlankEnum" in named and "" not in schemas[own]["enum"]:
            schemas[own]["enum"].append("")
    for member in list(node.values()):
        _put_blanks(member, schemas)


def add_plain_views(result: Document, **_options: object) -> Document:
    """Postprocessing hook: adds the public endpoint that is a plain Django view, for speed, and therefore unknown to DRF."""
    operation = deepcopy(WIDGET_DATA)
    described = OPERATIONS[operation["operationId"]]
    operation |= {"summary": described.summary, "description": described.description}
    reference_answers.show(cast("dict[str, object]", operation["responses"]["200"]))
    operation["responses"] |= refusals.responses(described.refusals, visitors=True)
    result["components"]["schemas"] |= cast("dict[str, Enumeration]", WIDGET_DATA_SCHEMAS)
    paths = result["paths"] | {"/voip/widget_data.json": {"get": operation}}
    return result | {"paths": dict(sorted(paths.items()))}


def introduce(result: Document, **_options: object) -> Document:
    """Postprocessing hook: adds the introduction, the tags' descriptions, and the referenced examples."""
    result["components"]["examples"] = reference_answers.examples() | refusals.examples()
    tags = [{"name": name, "description": description} for name, description in TAGS.items()]
    return result | {"info": result["info"] | {"description": INTRODUCTION}, "tags": tags}
