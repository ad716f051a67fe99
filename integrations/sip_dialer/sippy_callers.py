"""The two dialogs of an order: caller id, and headers for the telephone."""

from integrations.sip_dialer.orders import SipOrder
from integrations.sip_dialer.sippy_dialog import Dialog, SipAccount, escape

Address = tuple[str, int]

HANDS_FREE = (
    ("Call-Info", "<sip:{host}>;answer-after=0"),
    ("Alert-Info", "<http://{host}>;info=alert-autoanswer;delay=0"),
)
"""There is no common standard: each maker understands one of these and ignores the other."""


def towards_operator(order: SipOrder, account: SipAccount, *, call_id: str, contact: Address) -> Dialog:
    headers = [(name, value.format(host=order.host)) for name, value in HANDS_FREE] if order.hands_free else []
    return Dialog(
        account, call_id=call_id, user=order.operator, contact=contact, display=order.display, headers=headers
    )


def towards_number(order: SipOrder, account: SipAccount, *, call_id: str, contact: Address) -> Dialog:
    """With the caller id where the server looks for it."""
    shown = f"<sip:{escape(order.caller_id)}@{order.host}>" if order.caller_id else ""
    headers = {
        "from": (),
        "p-asserted-identity": (("P-Asserted-Identity", shown),),
        "remote-party-id": (("Remote-Party-ID", f"{shown};party=calling;privacy=off;screen=yes"),),
    }[order.caller_id_header]
    return Dialog(
        account,
        call_id=call_id,
        user=order.number,
        contact=contact,
        caller=order.caller_id if order.caller_id_header == "from" else "",
        headers=headers if shown else (),
    )
