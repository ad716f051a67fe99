"""The part of `voipcrm.reference` about staff: lines, follow-ups, notes, outcomes, tokens."""

from voipcrm.reference_operation import BLANK, IN_PAGES, ONLY_GIVEN, Operation

_OF_SOMEBODY = {"409": ["taken_by_somebody", "done"]}
STAFF = {
    "autocalls_take": Operation(
        "Take a call-back",
        "The token's user makes the call; it is not dialed automatically. Idempotent.",
        refusals={"409": ["taken_by_somebody", "too_late"]},
    ),
    "autocalls_release": Operation(
        "Release a call-back",
        "It is dialed automatically after all: at its time, or now if that has passed.",
        refusals={"409": ["taken_by_somebody", "too_late"]},
    ),
    "autocalls_finish": Operation(
        "Finish a taken call-back",
        "The user who has taken it marks it as done.",
        refusals={"409": ["taken_by_somebody", "too_late"]},
    ),
    "staff_lines_list": Operation("List lines of users", f"Whose telephone rings. {IN_PAGES}"),
    "staff_lines_create": Operation(
        "Give a user a line",
        "The line's calls are the user's own from then on. 200 where they have it already.",
        {"The line of a telephone": {"user": "ewa", "sip_id": 12}},
    ),
    "staff_lines_retrieve": Operation("Read a line of a user", "One line of one user."),
    "staff_lines_destroy": Operation("Take a line from a user", "The line and its calls stay."),
    "notes_list": Operation("List notes", f"What staff wrote about calls. {IN_PAGES}"),
    "notes_create": Operation(
        "Add a note to a call",
        "The author is the token's user. Notes cannot be changed.",
        {"A note": {"call_id": 4711, "text": "Wants an offer for two lamps."}},
    ),
    "notes_retrieve": Operation("Read a note", "One note."),
    "outcomes_list": Operation("List outcomes", f"How calls end, in the company's own words. {IN_PAGES}"),
    "outcomes_create": Operation("Add an outcome", BLANK, {"An outcome": {"name": "Order placed", "position": 1}}),
    "outcomes_retrieve": Operation("Read an outcome", "One outcome."),
    "outcomes_partial_update": Operation("Change an outcome", ONLY_GIVEN, {"Offer it no more": {"active": False}}),
    "outcomes_destroy": Operation(
        "Delete an outcome",
        "Refused while calls or follow-ups have it: switch it off instead.",
        refusals={"409": ["in_use"]},
    ),
    "follow_ups_list": Operation("List follow-ups", f"Numbers that are to be called, or were. {IN_PAGES}"),
    "follow_ups_create": Operation(
        "Add a follow-up",
        f"A number is to be called: by `assignee`, or by whoever takes it; at once, or when it is due. {BLANK}",
        {
            "By whoever takes it": {"number": "+48501502503", "voip_id": 7},
            "By somebody, later": {"number": "+48501502503", "assignee": "ewa", "due_at": "2030-03-04T10:30:00Z"},
        },
        {"400": ["number_invalid", "in_the_past"], "409": ["already_open"]},
    ),
    "follow_ups_retrieve": Operation("Read a follow-up", "One follow-up."),
    "follow_ups_take": Operation(
        "Take a follow-up",
        "The token's user does it. Of two concurrent requests one succeeds; the other is a 409 that names the holder.",
        refusals=_OF_SOMEBODY,
    ),
    "follow_ups_postpone": Operation(
        "Put a follow-up off",
        "It comes back when it is due. It stays its assignee's, or becomes the token's user's.",
        {"Until tomorrow": {"until": "2030-03-04T10:30:00Z"}},
        {"400": ["in_the_past"], **_OF_SOMEBODY},
    ),
    "follow_ups_hand_over": Operation(
        "Hand a follow-up over", "Somebody else does it.", {"To a colleague": {"to": "jan"}}, _OF_SOMEBODY
    ),
    "follow_ups_release": Operation("Release a follow-up", "Nobody has it any more.", refusals=_OF_SOMEBODY),
    "follow_ups_finish": Operation(
        "Finish a follow-up",
        "It is done, with an outcome of the company's list or without.",
        {"With an outcome": {"outcome_id": 3}},
        _OF_SOMEBODY,
    ),
}
