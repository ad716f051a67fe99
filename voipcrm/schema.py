"""OpenAPI of the `.json` routes, with their refusals."""

from typing import TypedDict, cast

from django_filters import FilterSet
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.utils import Direction, OpenApiParameter
from rest_framework.serializers import Serializer

from voipcrm import reference_answers
from voipcrm import reference_refusals as refusals
from voipcrm.idempotency import HEADER, LONGEST_KEY, OncePerKey
from voipcrm.reference import OPERATIONS
from voipcrm.reference_operation import Operation
from voipcrm.rest.bodies import AnyField

SUCCESSES = {"200": "Here it is", "201": "It is made"}
IDEMPOTENCY_KEY = OpenApiParameter(
    HEADER,
    {"type": "string", "maxLength": LONGEST_KEY},
    OpenApiParameter.HEADER,
    description="The same key and body within 24 hours is the same request: it is carried out once, and answered with the record as it is then.",
)


class ObjectSchema(TypedDict, total=False):
    """Of the schema of a serializer what is looked at here."""

    properties: dict[str, dict[str, object]]
    required: list[str]


class FilterParameter(TypedDict):
    name: str
    schema: dict[str, object]
    description: str


class RequestBody(TypedDict):
    content: dict[str, dict[str, object]]
    """By media type."""


class JsonRouteSchema(AutoSchema):
    """Names operations and tags without the routes' `.json`, and adds each operation's refusals."""

    @property
    def _operation(self) -> Operation:
        return OPERATIONS[self.get_operation_id()]

    def _tokenize_path(self) -> list[str]:
        tokens = (token.removesuffix(".json") for token in super()._tokenize_path())
        return [token for token in tokens if token]

    def get_operation_id(self) -> str:
        """An action has only its own name: `calls_make_call`."""
        name: str = super().get_operation_id()
        return name if getattr(self.view, "action", "") == "create" else name.removesuffix("_create")

    def get_summary(self) -> str:
        return self._operation.summary

    def get_description(self) -> str:  # type: ignore[override]  # as drf-spectacular declares it, unlike DRF
        return self._operation.description

    def map_parsers(self) -> list[str]:
        """Forms are accepted too, see docs/api.md, but not described: generated clients would have to choose a format for each body."""
        return ["application/json"]

    def _resolve_path_parameters(self, variables: list[str]) -> list[dict[str, object]]:
        """Ids are whole numbers, although their routes match digits."""
        parameters: list[dict[str, object]] = super()._resolve_path_parameters(variables)
        return [
            {**given, "schema": {"type": "integer", "minimum": 0}, "description": "The record's id."}
            if given["name"] == "id"
            else given
            for given in parameters
        ]

    def _insert_field_validators(self, field: "AnyField", schema: dict[str, object]) -> None:
        """A blankable link is one text type: drf-spectacular's union of a link and an empty text matches an empty text twice."""
        super()._insert_field_validators(field, schema)
        if "oneOf" in schema:
            text, _blank = cast("list[dict[str, object]]", schema.pop("oneOf"))
            schema |= {name: value for name, value in text.items() if name not in ("format", "pattern", "minLength")}
        elif schema.get("format") == "uri" and field.read_only:
            del schema["format"]

    def _map_serializer(self, serializer: object, direction: object, bypass_extensions: bool = False) -> ObjectSchema:
        """In request bodies every optional field accepts null, see `voipcrm.rest.bodies`; responses always have all their fields."""
        schema: ObjectSchema = super()._map_serializer(serializer, direction, bypass_extensions)
        if direction == "response" and schema.get("properties"):
            schema["required"] = sorted(schema["properties"])
        if direction == "request":
            required = schema.get("required", ())
            for name, described in schema.get("properties", {}).items():
                if name not in required and "$ref" not in described:
                    schema["properties"][name] = {**described, "nullable": True}
        return schema

    def _get_filter_parameters(self) -> list[FilterParameter]:
        """Empty filters are a 400. Also restores the help texts of filters with an explicit type, which drf-spectacular drops."""
        parameters: list[FilterParameter] = super()._get_filter_parameters()
        filterset_class: type[FilterSet] | None = getattr(self.view, "filterset_class", None)
        filters = filterset_class.base_filters if filterset_class else {}
        for given in parameters:
            given["description"] = filters[given["name"]].extra.get("help_text", "")
            if given["schema"].get("type") == "string" and "enum" not in given["schema"]:
                given["schema"] = {**given["schema"], "minLength": 1}
        return parameters

    def get_override_parameters(self) -> list[OpenApiParameter | Serializer[object] | type[Serializer[object]]]:
        """A POST that responds with a record is carried out once per key."""
        return [IDEMPOTENCY_KEY] if self._is_once() else []

    def _is_once(self) -> bool:
        return self.method == "POST" and isinstance(self.view, OncePerKey)

    def _get_response_for_code(self, serializer: object, *args: object, **options: object) -> dict[str, object]:
        """Actions inherited by an extended viewset use the extended serializer, although the base viewset names its own."""
        if hasattr(self.view, "get_serializer_class"):
            own = self.view.get_serializer_class()
            serializer = own if _is_base_of(own, serializer) else serializer
        answer: dict[str, object] = super()._get_response_for_code(serializer, *args, **options)
        return answer

    def _get_request_for_media_type(
        self, serializer: object, direction: object = "request"
    ) -> tuple[dict[str, object] | None, bool]:
        """A viewset's bodies may be wrapped in its resource's name."""
        schema: dict[str, object] | None
        schema, is_required = super()._get_request_for_media_type(serializer, direction)
        wrapper = getattr(self.view, "resource", "")
        if not (schema and wrapper):
            return schema, is_required
        inner = str(schema["$ref"]).rpartition("/")[2]
        wrapped = {
            "type": "object",
            "description": f"The same, wrapped in “{wrapper}”. Nothing may stand beside it.",
            "properties": {wrapper: schema},
            "required": [wrapper],
            "additionalProperties": False,
        }
        return {"anyOf": [schema, self._component(f"Wrapped{inner}", wrapped)]}, is_required

    def _get_request_body(self, direction: object = "request") -> RequestBody | None:
        body: RequestBody | None = super()._get_request_body(direction)
        if body:
            wrapper = getattr(self.view, "resource", "")
            body["content"]["application/json"]["examples"] = _bodies(self._operation, wrapper)
        return body

    def _get_response_bodies(self, direction: Direction = "response") -> dict[str, object]:
        responses: dict[str, dict[str, object]] = super()._get_response_bodies(direction)
        if self._is_once() and "201" in responses:
            responses["200"] = responses["201"] | {"description": "The same record: the Idempotency-Key came before"}
        for status, response in responses.items():
            response["description"] = response["description"] or SUCCESSES[status]
            reference_answers.show(response)
        self._component("Refusal", refusals.SHAPE)
        return responses | refusals.responses(self._refusal_codes(), visitors=not self.view.get_authenticators())

    def _refusal_codes(self) -> dict[str, list[str]]:
        """The codes shown for each status: the usual ones of such an operation, and its own."""
        has_body = self.method in {"POST", "PATCH"} and bool(self.get_request_serializer())
        is_public, on_record = not self.view.get_authenticators(), "{id}" in self.path
        is_list = self.method == "GET" and not on_record and not is_public
        usual = {
            "400": has_body or is_list or self._is_once(),  # an Idempotency-Key may be too long
            "401": not is_public,
            "403": not is_public,
            "404": on_record,
            "409": not is_public and self.method in {"POST", "PATCH", "DELETE"},
            "413": has_body,
            "415": has_body,
            "422": self._is_once(),
        }
        of_400 = refusals.OF_LISTS if is_list else refusals.OF_BODIES if has_body else ["invalid"]
        codes = {status: list(refusals.USUAL.get(status, of_400)) for status, applies in usual.items() if applies}
        if self._is_once():
            codes.setdefault("404", []).append("deleted")
        for status, own in self._operation.refusals.items():
            codes[status] = [*own, *codes.get(status, ())]
        return dict(sorted(codes.items()))

    def _component(self, name: str, schema: dict[str, object]) -> dict[str, str]:
        component = ResolvedComponent(name=name, type=ResolvedComponent.SCHEMA, schema=schema, object=f"voipcrm.{name}")
        self.registry.register_on_missing(component)
        ref: dict[str, str] = component.ref
        return ref


def _bodies(operation: Operation, wrapper: str) -> dict[str, object]:
    """The example bodies, and the first of them wrapped."""
    shown = [{"summary": summary, "value": body} for summary, body in operation.bodies.items()]
    if wrapper:
        shown.append({"summary": f"Wrapped in “{wrapper}”", "value": {wrapper: shown[0]["value"]}})
    return {f"example_{number}": example for number, example in enumerate(shown, start=1)}


def _is_base_of(own: type, named: object) -> bool:
    return isinstance(named, type) and named is not own and issubclass(own, named)


class TokenScheme(OpenApiAuthenticationExtension):
    """The token in the header or in the query parameter."""

    target_class = "voipcrm.authentication.TokenAuthentication"
    name = ["bearer", "api_token"]

    def get_security_requirement(self, auto_schema: AutoSchema) -> list[dict[str, list[str]]]:
        return [{"bearer": []}, {"api_token": []}]

    def get_security_definition(self, auto_schema: AutoSchema) -> list[dict[str, str]]:
        return [{"type": "http", "scheme": "bearer"}, {"type": "apiKey", "in": "query", "name": "api_token"}]
