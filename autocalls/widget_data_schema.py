"""OpenAPI of `widget_data.json`, which is a plain Django view for speed and therefore described by hand."""

from typing import NotRequired, TypedDict

from widgets.models import Locale, Position, RingFirst

_TEXT = {"type": "string"}
_YES_NO = {"type": "boolean"}
_MOMENT = {"type": "string", "format": "date-time"}
_RUN = {
    "type": "object",
    "properties": {
        "call_at": {**_MOMENT, "description": "Of the first slot; the next begins `slot_minutes` later, and so on."},
        "free": {
            "type": "array",
            "items": {"type": "integer", "minimum": 0},
            "description": "Places left in each slot; 0: it cannot be booked.",
        },
    },
    "required": ["call_at", "free"],
}
_SHOWN: dict[str, object] = {
    "name": _TEXT,
    "description": _TEXT,
    "locale": {"type": "string", "enum": Locale.values, "description": "Of the texts."},
    "active": {"type": "boolean", "enum": [True]},
    "open": {**_YES_NO, "description": "Whether somebody answers now."},
    "call_now": _YES_NO,
    "call_future": _YES_NO,
    "opening_time": {"type": "object", "additionalProperties": {}},
    "time_zone": _TEXT,
    "next_opening": {**_MOMENT, "nullable": True, "description": "The first open moment from now on."},
    "slots": {
        "type": "array",
        "items": _RUN,
        "description": "Times that can be booked, ascending, in runs of slots that follow each other; at most 2000 slots.",
    },
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
WIDGET_DATA_SCHEMAS: dict[str, object] = {
    "WidgetShown": {"type": "object", "properties": _SHOWN, "required": sorted(_SHOWN)},
    "WidgetInactive": _INACTIVE,
    "WidgetData": {
        "oneOf": [{"$ref": "#/components/schemas/WidgetShown"}, {"$ref": "#/components/schemas/WidgetInactive"}]
    },
}


class PlainOperation(TypedDict):
    """An operation as OpenAPI describes it."""

    operationId: str
    tags: list[str]
    security: list[dict[str, list[str]]]
    parameters: list[dict[str, object]]
    responses: dict[str, object]
    summary: NotRequired[str]
    description: NotRequired[str]


WIDGET_DATA: PlainOperation = {
    "operationId": "widget_data_retrieve",
    "tags": ["widget_data"],
    "security": [{}],
    "parameters": [
        {
            "name": "widget_token",
            "in": "query",
            "required": True,
            "description": "The widget's `token`, which is in the page's script.",
            "schema": _TEXT,
        },
        {
            "name": "locale",
            "in": "query",
            "description": "The language of the page, such as `cs` or `en-US`; one there is not gets the widget's own.",
            "schema": _TEXT,
        },
    ],
    "responses": {
        "200": {
            "description": "The widget, or that it is not active",
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/WidgetData"}}},
        }
    },
}
