"""OpenAPI of `widget_data.json`, which is a plain Django view for speed and therefore described by hand."""

from typing import Any

from widgets.models import Locale, Position, RingFirst

_TEXT = {"type": "string"}
_YES_NO = {"type": "boolean"}
_MOMENT = {"type": "string", "format": "date-time"}
_SLOT = {
    "type": "object",
    "properties": {"call_at": _MOMENT, "free": {"type": "integer", "description": "Places left."}},
    "required": ["call_at", "free"],
}
_SHOWN: dict[str, Any] = {
    "name": _TEXT,
    "description": _TEXT,
    "locale": {"type": "string", "enum": Locale.values},
    "active": {"type": "boolean", "enum": [True]},
    "open": {**_YES_NO, "description": "Whether somebody answers now."},
    "call_now": _YES_NO,
    "call_future": _YES_NO,
    "opening_time": {"type": "object", "additionalProperties": {}},
    "time_zone": _TEXT,
    "next_opening": {**_MOMENT, "nullable": True, "description": "The first open moment from now on."},
    "slots": {"type": "array", "items": _SLOT, "description": "Times that can be booked, ascending; at most 2000."},
    "slot_minutes": {"type": "integer"},
    "ring_first": {"type": "string", "enum": RingFirst.values},
    "phone": {**_TEXT, "description": "The company's number as people write it; blank without one."},
    "texts": {
        "type": "object",
        "additionalProperties": _TEXT,
        "description": "In the widget's language; one key for each plural form, such as `free.one`.",
    },
    "consent_text": _TEXT,
    "consent_version": {**_TEXT, "description": "Names the consent text that was shown; blank without one."},
    "color": _TEXT,
    "position": {"type": "string", "enum": Position.values},
    "form_token": _TEXT,
}
_INACTIVE = {
    "type": "object",
    "properties": {"active": {"type": "boolean", "enum": [False]}},
    "required": ["active"],
    "additionalProperties": False,
}
_UNKNOWN = {"type": "object", "properties": {"code": _TEXT, "detail": _TEXT}, "required": ["code", "detail"]}


def _answer(description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


WIDGET_DATA: dict[str, Any] = {
    "operationId": "widget_data_retrieve",
    "description": "What the button on a page shows. Public.",
    "tags": ["widget_data"],
    "security": [{}],
    "parameters": [{"name": "widget_token", "in": "query", "required": True, "schema": _TEXT}],
    "responses": {
        "200": _answer(
            "The widget, or that it is not active",
            {"oneOf": [{"type": "object", "properties": _SHOWN, "required": list(_SHOWN)}, _INACTIVE]},
        ),
        "404": _answer("There is no widget with this token", _UNKNOWN),
    },
}
