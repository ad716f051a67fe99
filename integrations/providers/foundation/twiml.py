"""TwiML, the XML by which Twilio and exchanges like it are told what to do with a call (https://www.twilio.com/docs/voice/twiml/dial)."""

from collections.abc import Iterable
from xml.sax.saxutils import escape, quoteattr

_NOUNS = {"sip": "Sip", "sips": "Sip", "client": "Client"}


def dial(telephone: str, *, caller_id: str, callback: str, events: Iterable[str]) -> str:
    """Rings a second telephone, a number or an address of `sip:` or `client:`, and joins it with the first; `callback` hears of the events."""
    noun = _NOUNS.get(telephone.partition(":")[0], "Number")
    shown = telephone.removeprefix("client:")
    marks = f"statusCallback={quoteattr(callback)} statusCallbackEvent={quoteattr(' '.join(events))}"
    return f"<Response><Dial callerId={quoteattr(caller_id)}><{noun} {marks}>{escape(shown)}</{noun}></Dial></Response>"
