"""OpenAPI of the `.json` routes, with the ways in which they refuse."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent

from widgets.schema import WIDGET_DATA

REFUSALS = {
    "400": "What is wrong with the request: `detail`, or each field's problems under its name",
    "401": "The token is missing, unknown, inactive or expired",
    "403": "The token's user has no right to this",
    "404": "There is no such record",
    "409": "The record's state, or another record, does not allow this",
    "413": "The body is too large",
    "415": "The body is not JSON",
}
_REFUSAL = {"type": "object", "additionalProperties": {}, "properties": {"detail": {"type": "string"}}}


class JsonRouteSchema(AutoSchema):
    """Names operations and tags without the `.json` of the routes, and adds to each operation how it refuses."""

    def _tokenize_path(self) -> list[str]:
        tokens = (token.removesuffix(".json") for token in super()._tokenize_path())
        return [token for token in tokens if token]

    def _resolve_path_parameters(self, variables: list[str]) -> list[dict[str, Any]]:
        """Ids are whole numbers, though their routes are written as digits."""
        parameters: list[dict[str, Any]] = super()._resolve_path_parameters(variables)  # type: ignore[no-untyped-call]
        return [
            {**given, "schema": {"type": "integer", "minimum": 0}} if given["name"] == "id" else given
            for given in parameters
        ]

    def _insert_field_validators(self, field: Any, schema: dict[str, Any]) -> None:
        """A link that may be blank has no format: an empty text is no URI."""
        super()._insert_field_validators(field, schema)  # type: ignore[no-untyped-call]
        if schema.get("format") == "uri" and (field.read_only or field.allow_blank):
            del schema["format"]

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        responses: dict[str, Any] = super()._get_response_bodies(direction)
        for code in self._refusal_codes():
            responses.setdefault(code, self._refusal(code))
        return responses

    def _refusal_codes(self) -> list[str]:
        on_record, has_body = (
            "{id}" in self.path,
            self.method in {"POST", "PATCH"} and bool(self.get_request_serializer()),
        )
        is_list = self.method == "GET" and not on_record
        applying = {
            "400": has_body or is_list,
            "401": bool(self.view.get_authenticators()),
            "403": bool(self.view.get_authenticators()),
            "404": on_record,
            "409": self.method in {"POST", "PATCH", "DELETE"},
            "413": has_body,
            "415": has_body,
        }
        return [code for code, applies in applying.items() if applies]

    def _refusal(self, code: str) -> dict[str, Any]:
        component = ResolvedComponent(  # type: ignore[no-untyped-call]
            name="Refusal", type=ResolvedComponent.SCHEMA, schema=_REFUSAL, object="voipcrm.Refusal"
        )
        self.registry.register_on_missing(component)
        return {"description": REFUSALS[code], "content": {"application/json": {"schema": component.ref}}}


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Either the header or the query parameter."""

    target_class = "voipcrm.authentication.TokenAuthentication"
    name = ["bearer", "api_token"]  # noqa: RUF012 - declared so by drf-spectacular

    def get_security_requirement(self, auto_schema: AutoSchema) -> list[dict[str, list[str]]]:
        return [{"bearer": []}, {"api_token": []}]

    def get_security_definition(self, auto_schema: AutoSchema) -> list[dict[str, str]]:
        return [{"type": "http", "scheme": "bearer"}, {"type": "apiKey", "in": "query", "name": "api_token"}]


def add_plain_views(result: dict[str, Any], **_options: Any) -> dict[str, Any]:
    """Postprocessing hook: the public door that is plain Django for speed and therefore unknown to DRF."""
    paths = result["paths"] | {"/voip/widget_data.json": {"get": WIDGET_DATA}}
    return result | {"paths": dict(sorted(paths.items()))}
