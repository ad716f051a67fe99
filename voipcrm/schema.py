"""OpenAPI of the `.json` routes."""

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema


class JsonRouteSchema(AutoSchema):
    """Names operations and tags without the `.json` of the routes."""

    def _tokenize_path(self) -> list[str]:
        return [token.removesuffix(".json") for token in super()._tokenize_path()]


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Either the header or the query parameter."""

    target_class = "voipcrm.authentication.TokenAuthentication"
    name = ["bearer", "api_token"]  # noqa: RUF012 - declared so by drf-spectacular

    def get_security_requirement(self, auto_schema: AutoSchema) -> list[dict[str, list[str]]]:
        return [{"bearer": []}, {"api_token": []}]

    def get_security_definition(self, auto_schema: AutoSchema) -> list[dict[str, str]]:
        return [{"type": "http", "scheme": "bearer"}, {"type": "apiKey", "in": "query", "name": "api_token"}]
