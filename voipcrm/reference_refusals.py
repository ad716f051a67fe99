"""Refusals of the API in the reference: their shape, the meaning of each status, and an example sentence for each code."""

from collections.abc import Mapping, Sequence
from itertools import chain

from autocalls.texts import sentence
from widgets.models import Locale

STATUSES: Mapping[str, str] = {
    "400": "Something is wrong with the request; `field` names what. Repeating it changes nothing",
    "401": "The token is missing, unknown, inactive or expired",
    "403": "The token's user has no right to this",
    "404": "There is no such record, or it was deleted",
    "409": "The record's state, or another record, does not allow this",
    "413": "The body is larger than 1 MiB",
    "415": "The body is neither JSON nor a form",
    "422": "The Idempotency-Key was used for another request",
    "429": "Too many requests; wait the seconds of Retry-After",
}
SHAPE: dict[str, object] = {
    "type": "object",
    "description": "Why a request was refused. Where fields are at fault, each also has its sentences under its own name, and "
    "`detail`, `code` and `field` are the first one's.",
    "required": ["detail", "code"],
    "properties": {
        "detail": {"type": "string", "description": "A sentence for people, in the language of Accept-Language."},
        "code": {
            "type": "string",
            "description": "A word for programs, which stays as it is. There may come new ones.",
        },
        "field": {
            "type": "string",
            "description": "The path to the field or filter at fault, such as `autocall.number`.",
        },
    },
    "additionalProperties": {},
}
_FIELDS: Mapping[str, tuple[str, str]] = {
    "required": ("This field is required.", "name"),
    "null": ("This field may not be null.", "name"),
    "blank": ("This field may not be blank.", "name"),
    "invalid": ("A valid integer is required.", "voip_id"),
    "invalid_choice": ("“GONE” is not a valid choice.", "status"),
    "min_value": ("Ensure this value is greater than or equal to 0.", "duration"),
    "max_value": ("Ensure this value is less than or equal to 2147483647.", "duration"),
    "max_length": ("Ensure this field has no more than 64 characters.", "sip"),
    "not_a_list": ('Expected a list of items but got type "str".', "webhook_ips"),
    "not_a_dict": ('Expected a dictionary of items but got type "str".', "opening_time"),
    "incorrect_type": ("Incorrect type. Expected pk value, received str.", "voip_id"),
    "does_not_exist": ("There is no record 8.", "voip_id"),
    "unique": ("This configuration already has a line with this SIP number.", "sip"),
    "unknown_field": ("There is no such field; did you mean “number_to”?", "numer_to"),
    "unknown_filter": ("There is no such filter; use one of: cursor, per_page, provider.", "colour"),
    "plus_not_escaped": (
        "The + before the offset came as a space, as it does in an address: write it %2B, or end with Z.",
        "updated_since",
    ),
    "number_invalid": ("This is no telephone number; write it like +48123456789.", "number"),
    "number_extension": ("The extension 5 cannot be dialed; give the number without it.", "number"),
    "in_the_past": ("That time is over; leave call_at out to call at once.", "call_at"),
    "cannot_dial": ("Line “100” is not active; activate it.", "sip"),
}
_WHOLE: Mapping[str, str] = {
    "parse_error": "The body cannot be read as JSON.",
    "not_authenticated": "Authentication credentials were not provided.",
    "authentication_failed": "This token is unknown, inactive or expired.",
    "permission_denied": "You do not have permission to perform this action.",
    "not_found": "There is no such record.",
    "deleted": "The record of this Idempotency-Key has been deleted.",
    "conflict": "This contradicts a record that was stored meanwhile.",
    "too_large": "The request body is too large.",
    "too_much_to_search": "This search goes through too many records. Narrow the period, or add a filter that few records match.",
    "unsupported_media_type": 'Unsupported media type "text/plain" in request.',
    "idempotency_key_reused": "This Idempotency-Key was used for another request; use a new key.",
    "owned_by_reporter": "duration: owned by provider (Office), who reports on this call. "
    "You may change client_id, contact_id, description and outcome_id.",
    "not_controllable": "Only calls that our own SIP dialer placed can be ended here.",
    "in_use": "Something is being stored for this configuration just now; try again in a moment.",
    "too_late": "call_at: this call-back is done; only a scheduled one can be moved, changed or canceled.",
    "taken_by_somebody": "Ewa Lis has this follow-up.",
    "already_open": "There is an open follow-up for this number already (61); Ewa Lis has it.",
    "done": "Ewa Lis was done with this follow-up already.",
    "already_promised": "This widget has an open call-back for this number already.",
    "unknown_widget": "There is no widget with this widget_token.",
}
OF_VISITORS: Mapping[str, str] = {
    "closed": "", "not_bookable": "call_at", "slot_taken": "call_at", "inactive": "", "robot": "", "form_expired": "form_token",
    "number_invalid": "number", "number_extension": "number", "number_refused": "number", "country_refused": "number",
    "limit_number": "", "limit_address": "", "limit_network": "", "limit_widget_hour": "", "limit_widget_day": "",
    "not_yours": "", "too_late": "", "unknown_request": "",
}  # fmt: skip
"""Codes with which visitors' requests are refused, and the field at fault; their sentences are in the widgets' languages."""
_HEADERS: Mapping[str, object] = {
    "401": {"WWW-Authenticate": {"schema": {"type": "string", "enum": ["Bearer"]}, "required": True}},
    "429": {
        "Retry-After": {
            "schema": {"type": "integer", "minimum": 1},
            "required": True,
            "description": "Seconds after which it may be tried again.",
        }
    },
}

USUAL: Mapping[str, Sequence[str]] = {
    "401": ["not_authenticated", "authentication_failed"],
    "403": ["permission_denied"],
    "404": ["not_found"],
    "409": ["conflict"],
    "413": ["too_large"],
    "415": ["unsupported_media_type"],
    "422": ["idempotency_key_reused"],
}
"""Codes that every operation with that status may answer with."""
OF_LISTS = ["invalid", "unknown_filter", "plus_not_escaped", "too_much_to_search"]
OF_BODIES = ["required", "invalid", "unknown_field", "parse_error"]
"""The most common ones; any code of a field may occur."""


def responses(codes: Mapping[str, Sequence[str]], *, visitors: bool) -> dict[str, object]:
    """The responses of these statuses, with an example of each code."""
    names = {code: f"visitors_{code}" if visitors and code in OF_VISITORS else code for code in chain(*codes.values())}
    return {
        status: {
            "description": STATUSES[status],
            **({"headers": _HEADERS[status]} if status in _HEADERS else {}),
            "content": {
                "application/json": {
                    "schema": {"$ref": "#/components/schemas/Refusal"},
                    "examples": {code: {"$ref": f"#/components/examples/{names[code]}"} for code in words},
                }
            },
        }
        for status, words in codes.items()
    }


def examples() -> dict[str, object]:
    """All examples, by the names that `responses` refers to."""
    staff: dict[str, object] = {code: {"value": _example(code)} for code in [*_FIELDS, *_WHOLE]}
    return staff | {f"visitors_{code}": {"value": _visitors_example(code)} for code in OF_VISITORS}


def _example(code: str) -> dict[str, object]:
    if code not in _FIELDS:
        return {"detail": _WHOLE[code], "code": code}
    detail, field = _FIELDS[code]
    return {field: [detail], "detail": detail, "code": code, "field": field}


def _visitors_example(code: str) -> dict[str, object]:
    """Visitors get the sentence in the language of the page."""
    message: dict[str, object] = {"detail": sentence(Locale.EN, code).format(extension="5"), "code": code}
    return message | {"field": OF_VISITORS[code]} if OF_VISITORS[code] else message
