"""Texts of the API reference at `/voip/docs/`: the summary and description of each operation, example bodies, and the codes with which it refuses
besides those common to its kind. One entry per operation; `voipcrm.schema` looks it up by name.
"""

from collections.abc import Mapping

from voipcrm.reference_operation import BLANK, IN_PAGES, ONLY_GIVEN, Operation
from voipcrm.reference_staff import STAFF

INTRODUCTION = """A company's telephone desk inside its CRM.

Every request but a visitor's needs a token: `Authorization: Bearer TOKEN`, or `?api_token=TOKEN` where a header cannot be set.
Bodies are JSON, flat or wrapped in the resource's name; forms (`application/x-www-form-urlencoded`, `multipart/form-data`) are read as well.
Times are ISO 8601, in answers in UTC. Every refusal has one shape, `Refusal`, with a stable `code`.
A POST can be repeated with its `Idempotency-Key`.
The guide beside this reference is docs/api.md.
"""
_LOGGED = {
    "number_from": "+48501502503",
    "number_to": "+48221234567",
    "start_time": "2026-03-02T11:00:00Z",
    "duration": 95,
    "kind": "incoming",
    "status": "ANSWERED",
}
_DIAL = {"sip": "100", "number_to": "+48501502503"}
_HOURS = {"monday": [["09:00", "12:00"], ["13:00", "17:00"]], "friday": [["09:00", "15:00"]], "exceptions": {"2026-12-25": []}}  # fmt: skip
_DELIVERY = {
    "body": '{"nr": "9", "zdarzenie": "koniec", "rozmowa": "42"}',
    "content_type": "application/json",
    "settings": {
        "fields": {"call_id": ["nr"], "event": ["zdarzenie"], "talk_seconds": ["rozmowa"]},
        "events": {"koniec": "call_end"},
    },
}
_REQUEST_NOW = {"widget_token": "TOKEN", "autocall": {"number": "+48501502503"}}
_REQUEST_BOOKED = {
    "widget_token": "TOKEN",
    "autocall": {"number": "+48501502503", "call_at": "2030-03-04T10:30", "name": "Anna Nowak", "consent": True},
    "locale": "en",
}
_NOT_CALLABLE = ("cannot_dial", "number_invalid", "number_extension", "in_the_past")

CALLS = {
    "calls_list": Operation("List calls", f"The call log. {IN_PAGES}"),
    "calls_create": Operation(
        "Log a call",
        f"Enters a call that took place elsewhere, such as on a mobile telephone; nobody is called. {BLANK}",
        {"A call that came in": _LOGGED},
    ),
    "calls_retrieve": Operation("Read a call", "One call, as far as it has come."),
    "calls_partial_update": Operation(
        "Change a call",
        f"{ONLY_GIVEN} Of a call that a provider or our dialer reports on, only "
        "`client_id`, `contact_id`, `description` and `outcome_id` can be changed.",
        {"Whose call it was": {"client_id": 7, "description": "Asked for the invoice of March."}},
        {"409": ["owned_by_reporter"]},
    ),
    "calls_destroy": Operation(
        "Delete a call", "A late report of the provider does not bring it back. One that is in progress goes on."
    ),
    "calls_make_call": Operation(
        "Call by SIP",
        "Rings the line `sip`, then the number, by SIP itself: this needs nothing of the provider but the line's login. "
        "The answer is the call, `QUEUED`; read it to see how it goes on. Send an `Idempotency-Key`, so that a repeated request does not call twice.",
        {"Call a customer": _DIAL, "Where several configurations have a line 100": {**_DIAL, "voip_id": 7}},
        {"400": ["cannot_dial"]},
    ),
    "calls_make_call_integrate": Operation(
        "Call through the provider",
        "The same through the API of the configuration's `provider`, which rings the line `sip`, then the number.",
        {"Call a customer": _DIAL, "Where several configurations have a line 100": {**_DIAL, "voip_id": 7}},
        {"400": ["cannot_dial"]},
    ),
    "calls_hangup": Operation(
        "Hang up",
        "Ends a call that our SIP dialer holds, or cancels one that waits to be dialed.",
        refusals={"409": ["not_controllable"]},
    ),
}
SIPS = {
    "sips_list": Operation("List lines", f"The lines from which calls are placed. {IN_PAGES}"),
    "sips_create": Operation(
        "Create a line",
        f"A line at a provider or exchange. {BLANK}",
        {
            "A line that can dial by SIP": {
                "name": "Reception",
                "sip": "100",
                "voip_id": 7,
                "username": "100",
                "password": "secret",
            }
        },
        {"400": ["unique"]},
    ),
    "sips_retrieve": Operation("Read a line", "One line. Its password is never returned."),
    "sips_partial_update": Operation(
        "Change a line", ONLY_GIVEN, {"Another password": {"password": "secret"}}, {"400": ["unique"]}
    ),
    "sips_destroy": Operation("Delete a line", "Its calls stay, without a line."),
    "sips_test": Operation(
        "Test a line",
        "Asks the line's server whether it accepts the login and password; nobody's telephone rings, and none is signed out. Answers at once: "
        "read the test to see what was found. While it is under way, asking again joins it.",
        refusals={"400": ["cannot_dial"]},
    ),
    "sips_test_state": Operation("Read the test of a line", "What the latest test has found, or how far it is."),
}
VOIPS = {
    "voips_list": Operation("List VoIP configurations", f"The accounts at providers, and exchanges. {IN_PAGES}"),
    "voips_create": Operation(
        "Create a VoIP configuration",
        f"An account at a provider, or an exchange. {BLANK}",
        {
            "A provider whose webhooks are read": {
                "name": "Warsaw office",
                "provider": "Telecube",
                "number": "+48221234567",
            },
            "An exchange for calls by SIP": {"name": "Exchange", "address": "pbx.example.com", "port": "5060"},
        },
    ),
    "voips_retrieve": Operation(
        "Read a VoIP configuration",
        "One configuration. Its `api_key` is never returned, and `webhook_url` only to users who may change configurations.",
    ),
    "voips_partial_update": Operation(
        "Change a VoIP configuration", ONLY_GIVEN, {"Whose webhooks are taken": {"webhook_ips": ["192.0.2.0/24"]}}
    ),
    "voips_destroy": Operation(
        "Delete a VoIP configuration",
        "Its calls, lines, widgets and call-backs stay, without a configuration. Refused while a call of it is in progress.",
        refusals={"409": ["in_use"]},
    ),
    "voips_read": Operation(
        "Explain a delivery",
        "Explains how a delivery to this configuration's `webhook_url` would be read. Nothing is stored, and no signature is checked.",
        {"A delivery read with settings that are tried": _DELIVERY},
    ),
}
WIDGETS = {
    "widgets_list": Operation("List widgets", f"The call-back buttons of web sites. {IN_PAGES}"),
    "widgets_create": Operation(
        "Create a widget",
        f"A call-back button; its `token` goes into the page's script. {BLANK}",
        {"A button with opening hours": {"name": "Web shop", "voip_id": 7, "locale": "pl", "opening_time": _HOURS}},
    ),
    "widgets_retrieve": Operation("Read a widget", "One widget."),
    "widgets_partial_update": Operation(
        "Change a widget", ONLY_GIVEN, {"Opening hours": {"opening_time": _HOURS}, "Switch it off": {"active": False}}
    ),
    "widgets_destroy": Operation("Delete a widget", "The button disappears; scheduled call-backs are still made."),
    "widgets_rotate_token": Operation(
        "Give a widget a new token", "Pages with the old token stop working at once: their buttons disappear."
    ),
    "widget_data_retrieve": Operation(
        "What the button shows",
        "For the script on a web site; public. Nothing in it is about the visitor, and it may be cached for its minute.",
        refusals={"404": ["unknown_widget"]},
    ),
}
AUTOCALLS = {
    "autocalls_list": Operation("List call-backs", f"Scheduled and finished call-backs. {IN_PAGES}"),
    "autocalls_create": Operation(
        "Schedule a call-back",
        "Somebody is called back at `call_at`, or at once: a line is rung first, then the number. "
        "Where exactly one configuration can call, none need be named. "
        f"{BLANK}",
        {
            "At once": {"number": "+48501502503"},
            "At a time on the configuration's clock": {
                "number": "+48501502503",
                "voip_id": 7,
                "call_at": "2030-03-04T10:30",
            },
        },
        {"400": _NOT_CALLABLE, "409": ["already_promised"]},
    ),
    "autocalls_retrieve": Operation("Read a call-back", "One call-back, with the calls that were made for it."),
    "autocalls_partial_update": Operation(
        "Move, change or cancel a call-back",
        f"{ONLY_GIVEN} Once it is being dialed or over, only `client_id`, `contact_id` and `note` can be changed.",
        {"Move it": {"call_at": "2030-03-04T11:00:00Z"}, "Cancel it": {"status": "canceled"}},
        {"400": _NOT_CALLABLE, "409": ["too_late", "already_promised"]},
    ),
    "autocalls_destroy": Operation(
        "Delete a call-back",
        "It is forgotten, and not made. Refused while it is being dialed.",
        refusals={"409": ["too_late"]},
    ),
    "autocalls_create_from_widget": Operation(
        "A visitor asks for a call",
        "For the script on a web site; public. Without `call_at` the call is made at once when the office is open, else when it opens next. "
        "A second request for a number joins the first.",
        {"At once": _REQUEST_NOW, "At a time that widget_data offers": _REQUEST_BOOKED},
        {
            "400": ["number_invalid", "number_extension", "closed", "not_bookable", "slot_taken"],
            "403": ["inactive", "robot", "form_expired", "number_refused", "country_refused"],
            "404": ["unknown_widget"],
            "429": ["limit_number", "limit_address", "limit_network", "limit_widget_hour", "limit_widget_day"],
        },
    ),
    "autocalls_visitor_retrieve": Operation(
        "How a visitor's request stands",
        "For the script on a web site; public. `visitor_token` is that of the answer to the request.",
        refusals={"404": ["unknown_request"]},
    ),
    "autocalls_visitor_cancel": Operation(
        "A visitor cancels a request",
        "For the script on a web site; public. Possible until the call is being made, with the token of who asked first.",
        {"Cancel": {"visitor_token": "VISITOR_TOKEN"}},
        {"403": ["not_yours"], "404": ["unknown_request"], "409": ["too_late"]},
    ),
}
FIGURES = {
    "stats": Operation(
        "Read the figures of a period",
        "How many calls and call-backs there were, how they ended, and how long they took, by day, hour, line and reason. "
        "Each figure is the length of the list that it names.",
    )
}
_AS_CSV = (
    "All that the filters leave, newest first and without pages. Times are in UTC. A text that a spreadsheet could take for a formula begins with an "
    "apostrophe; telephone numbers stay as they are."
)
EXPORTS = {
    "calls_csv": Operation("Calls as CSV", _AS_CSV),
    "autocalls_csv": Operation("Call-backs as CSV", _AS_CSV),
}
OPERATIONS: Mapping[str, Operation] = CALLS | SIPS | VOIPS | WIDGETS | AUTOCALLS | STAFF | FIGURES | EXPORTS
TAGS = {
    "calls": "The call log, and click-to-call.",
    "sips": "Lines: SIP accounts and extensions from which calls are placed.",
    "voips": "VoIP configurations: accounts at providers, and exchanges.",
    "widgets": "Call-back buttons of web sites.",
    "autocalls": "Call-backs: calls that are scheduled for somebody.",
    "staff_lines": "Whose telephone rings: the lines of users.",
    "notes": "What staff wrote about calls.",
    "outcomes": "How calls end, in the company's own words.",
    "follow_ups": "Numbers that staff are to call, have called, or will call.",
    "stats": "Figures of calls and call-backs.",
    "widget_data": "What the script of a call-back button asks for.",
}
