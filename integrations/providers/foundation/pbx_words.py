"""Vocabulary shared by most PBXs: names of fields, events, directions and results. A configuration adds its own."""

from collections.abc import Mapping

from calls.reasons import Reason
from calls.statuses import Kind, Status
from integrations.providers.foundation.provider import provider_word

CANDIDATES: Mapping[str, tuple[str, ...]] = {
    "event": ("event", "event_name", "event_type", "action"),
    "call_id": ("call_id", "callid", "linkedid", "linked_id", "uniqueid", "unique_id", "uuid", "id"),
    "reference": ("ref", "reference"),
    "from": ("caller", "from", "number_from", "src", "source", "caller_id", "callerid", "caller_number", "numbera"),
    "to": ("called", "to", "number_to", "dst", "destination", "did", "called_number", "numberb"),
    "customer_number": ("customer_number", "client_number", "external_number", "contact_number", "raw_digits"),
    "own_number": ("own_number", "our_number", "internal_number", "virtual_number"),
    "line": ("extension", "sip", "sip_account", "sipnumber", "agent", "agent_number", "internal", "dstchannel"),
    "application": ("lastapp", "last_app", "lastapplication", "ivraction"),
    "direction": ("direction", "kind", "call_direction", "calldirection", "call_type", "type_call"),
    "status": ("status", "dialstatus", "disposition", "result"),
    "talk_seconds": ("billsec", "billseconds", "talk_time", "talk_seconds"),
    "duration": ("duration", "call_duration"),
    "event_time": ("timestamp", "time", "event_time", "datetime", "date", "created_at", "createdat"),
    "started_at": ("started_at", "start_time", "start", "calldate", "call_date", "callstart"),
    "answered_at": ("answered_at", "answer_time", "answer"),
    "ended_at": ("ended_at", "end_time", "end"),
    "recording": ("recording_url", "record_url", "recording", "record"),
}
"""Where we look when nobody told us. `linkedid` comes before `uniqueid`: in Asterisk the legs of one conversation share the former alone; and its
`dialstatus`, of the leg that was called, before its `disposition`, which an exchange's own picking up answers too.
Some tell the other side's number and ours instead of who called whom: which of them called, the direction says."""

DIRECTIONS: Mapping[str, Kind] = {
    "IN": Kind.INCOMING,
    "INBOUND": Kind.INCOMING,
    "OUT": Kind.OUTGOING,
    "OUTBOUND": Kind.OUTGOING,
}
"""Words for a direction besides those of `calls.statuses.parse_kind`."""

ANSWERED_EVENT = "call_answered"
"""An event that every provider may have, or a configuration may map: the other side has answered."""
ENDED = "ended"
"""What a configuration maps words and events to that say no more than that the call is over: whether it was answered, talk or an answered event
tells."""
IGNORED_EVENT = "ignored"
"""What a configuration maps events to that tell of no call: recordings, heartbeats."""

_WORDS = {
    Status.ANSWERED: "answer, answered, odebrane, odebrana, odebrany, odebrano, połączenie odebrane, polaczenie odebrane",
    Status.NO_ANSWER: """no answer, noanswer, not answered, unanswered, missed, missed call, abandoned, abandon, dontcall, torture, no user response,
        call rejected, rejected, declined, nie odbiera, połączenie nieodebrane, polaczenie nieodebrane,
        nieodebrane, nieodebrana, nieodebrany, nie odebrane, nie odebrano, brak odpowiedzi, bez odpowiedzi, porzucone, odrzucone""",
    Status.BUSY: """busy, user busy, busy here,
        zajęte, zajęty, zajęta, zajete, zajety, zajeta, abonent zajęty, abonent zajety, linia zajęta, linia zajeta""",
    Status.CANCELED: "cancel, canceled, cancelled, originator cancel, abort, anulowane, anulowano, przerwane",
    Status.FAILED: """failed, chanunavail, congestion, invalidargs, unallocated number, subscriber absent, user not registered,
        nieudane, błąd, blad, niedostępny, niedostepny, abonent niedostępny, abonent niedostepny, przeciążenie, przeciazenie""",
}
RESULT_WORDS: Mapping[str, Status] = {
    provider_word(word): status for status, words in _WORDS.items() for word in words.split(",")
}
"""Results: Asterisk's `DIALSTATUS` (app_dial) and dispositions of its call records, FreeSWITCH's causes of a hang-up that say how a call ended
(`NORMAL_CLEARING` does not), and their Polish. What a provider or a
configuration maps comes first."""

REASONS: Mapping[str, Reason] = {
    "CHANUNAVAIL": Reason.UNREACHABLE,
    "NIEDOSTĘPNY": Reason.UNREACHABLE,
    "NIEDOSTEPNY": Reason.UNREACHABLE,
    "SUBSCRIBER ABSENT": Reason.UNREACHABLE,
    "USER NOT REGISTERED": Reason.UNREACHABLE,
    "ABONENT NIEDOSTĘPNY": Reason.UNREACHABLE,
    "ABONENT NIEDOSTEPNY": Reason.UNREACHABLE,
    "UNALLOCATED NUMBER": Reason.NO_SUCH_NUMBER,
    "CONGESTION": Reason.CONGESTION,
    "PRZECIĄŻENIE": Reason.CONGESTION,
    "PRZECIAZENIE": Reason.CONGESTION,
    "INVALIDARGS": Reason.DIAL_FAILED,
    "CALL REJECTED": Reason.REJECTED,
    "REJECTED": Reason.REJECTED,
    "DECLINED": Reason.REJECTED,
    "DONTCALL": Reason.REJECTED,
    "TORTURE": Reason.REJECTED,
    "ODRZUCONE": Reason.REJECTED,
}
"""The finer truth of some of them. `CHANUNAVAIL` is a telephone that is not registered or switched off: it may be on again in ten minutes."""

_MACHINES = """
    voicemail, voicemailmain, voice mail, VM, machine, answering machine, fax, IVR, menu, announcement, playback, background, read, directory,
    music on hold, musiconhold, poczta, poczta głosowa, poczta glosowa, automat, zapowiedź, zapowiedz
"""
QUEUES = frozenset({"QUEUE", "CALLCENTER", "CALL CENTER", "FIFO", "ACDC"})
"""Dialplan applications (Asterisk, FreeSWITCH) that answer a caller themselves and then ring telephones: without a named telephone nobody has
answered, whatever disposition and seconds say."""
MACHINES = frozenset(provider_word(word) for word in _MACHINES.split(","))
"""Results or applications that mean that a machine answered."""
