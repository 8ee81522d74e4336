"""For connector authors: the conformance suite, its fixtures and the base of provider simulators.

A connector is a package with an entry point in the group `hub.connectors`. Beside it lies a module `conformance`
with a `KIT`, which tells the suite what it can't know: a settings example, how the provider signs, where the
fixtures are, and a simulator of the provider. `onethread conformance KEY` then runs every check and prints a report.

    my_connector/
        __init__.py         the connector class
        conformance.py      KIT = MyKit()
        simulator.py        the provider, played
        fixtures/
            text.json           the body, byte for byte; any one-part ending: .json .eml .form .txt
            text.request.json   how it came (optional)
            text.expect.json    what it means

`NAME.request.json`, every field optional:

    {"method": "POST", "url": "https://hub.example/hooks/1?x=1", "headers": {"content-type": "application/json"},
     "received_at": "2026-01-02T03:04:05+00:00", "redelivery_of": "text"}

Requests are written down unsigned; the suite signs them with `Kit.sign`. `redelivery_of` names the fixture that this
one repeats: both must have the same dedup key, and any two others must not.

`NAME.expect.json` is one of

    {"events": [{"message": {"ref": "1", "sender": {"kind": "email", "value": "ada@example.org"}, "text": "Hello"}}]}
    {"events": [{"status": {"ref": "1", "state": "delivered"}}]}
    {"events": [{"ignored": {"reason": "Our own message"}}]}     so are the others: echo, reaction, edit, removal, …
    {"events": []}                      an unknown kind: nothing to show
    {"malformed": "part of the error"}  authentic, but unreadable

An event lists every field that differs from its default, and no other; times are ISO 8601; a file's content is its
text when that is short, otherwise `size` and `sha256`. `onethread conformance KEY --record` writes the expectations
that are missing, for you to read and commit.

Requests that don't come by HTTP (SMTP, IMAP, a socket) are fixtures like any other: body and headers as the connector
puts them into its `Raw`. What can't apply to a connector is listed in `Kit.exempt` under the check's name with the
reason, and the report shows it. The checks:

    declared      key, label, settings class and capabilities are there and agree with each other
    schema        the settings form can be drawn, secrets are write-only, a wrong value names its field
    posted        an unsigned request to the inbox's hook address, by anybody and any method, is refused as Unverified
    forged        a request without a signature, or with rubbish for one, is refused as Unverified
    tampered      so is a signed one with other bytes
    stale         so is a signed one from outside the provider's time window
    stranger      so is one signed with another inbox's secret
    fixtures      each fixture means what its expectation says, twice
    receipts      the declared receipts are shown by fixtures, and no others
    pure          reading it touches no network, disk, clock or chance
    unknown       a kind nobody knows yields nothing, or Ignored
    broken        bodies cut, garbled or nested a thousand deep raise Malformed and nothing else
    dedup         a redelivery keeps its dedup key, another event has another
    texts         long, emoji, right-to-left and empty-with-a-file arrive unchanged
    sends         the same texts and files leave unchanged, up to the declared length and size
    errors        what the provider answers becomes the right error
    repeats       the same key sent twice reaches the customer once, where that is declared
    echo          our own message doesn't come back as a customer's
    secrets       no secret appears in a log line, an error or a repr
"""

from hub.testkit.fixtures import HOOK_URL, MOMENT, Fixture
from hub.testkit.kit import Kit
from hub.testkit.simulator import Fault, HttpSimulator, Mischief, Shown, Simulator

__all__ = ["HOOK_URL", "MOMENT", "Fault", "Fixture", "HttpSimulator", "Kit", "Mischief", "Shown", "Simulator"]
