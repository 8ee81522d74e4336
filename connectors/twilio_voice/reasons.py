"""Why a call came to nothing, in words."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.twilio.errors import reason
from connectors.twilio.webhook import Form, code_of
from hub.contract import Ended, storable

SIP: Mapping[str, str] = {
    "403": "The network refused the call",
    "404": "The number does not exist",
    "408": "The network did not answer",
    "410": "The number is no longer in service",
    "480": "The telephone is switched off or has no network",
    "484": "The number is not complete",
    "500": "The network has a fault",
    "502": "The network has a fault",
    "503": "The network is overloaded",
    "504": "The network did not answer",
    "603": "The call was declined",
    "607": "The call was declined as unwanted",
    "608": "The call was blocked on its way",
}
"""What telephone networks answer (RFC 3261 and later)."""


def why(form: Form, ended: Ended) -> str:
    """A sentence for a call that failed or was declined; empty where its end says it all."""
    if ended not in (Ended.FAILED, Ended.REJECTED):
        return ""
    if code := code_of(form):
        return reason(code, storable(form.get("ErrorMessage"), "", most=500))
    said = form.get("SipResponseCode", "")
    if said in SIP:
        return f"{SIP[said]} (SIP {said})"
    return "The call could not be connected" + (f" (SIP {storable(said, '', most=10)})" if said else "")
