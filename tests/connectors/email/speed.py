"""How many mails a second one core reads: parsed, trimmed, and the HTML cleaned.

python -m tests.connectors.email.speed
"""

from __future__ import annotations

import time

from hub.contract import Message
from hub.core.clean import clean
from tests.connectors.email.replies import EARLIER, mail, replies
from tests.connectors.email.support import email, raw

ROUNDS = 3


def newsletter() -> bytes:
    """What shops send: 60 KB of tables within tables."""
    cell = '<td style="padding:8px;font-family:Arial"><a href="https://example.com/p"><img src="https://example.com/i.png" width="120"></a><p>Cup, 9.90</p></td>'  # noqa: E501
    rows = "".join(f"<tr>{cell * 3}</tr>" for _ in range(100))
    return mail("\n".join(EARLIER), f"<html><body><table><tr><td><table>{rows}</table></td></tr></table></body></html>")


def long_thread() -> bytes:
    """An answer above forty earlier mails."""
    history, quoted = "", EARLIER
    for _ in range(40):
        quoted = ["On Mon, 2 Nov 2026 at 10:15, Maya Lind <maya@example.com> wrote:", *(f"> {line}" for line in quoted)]
        history = "\n".join([*quoted, *EARLIER])
        quoted = history.split("\n")
    return mail(f"Thanks.\n\n{history}")


def main() -> None:
    samples = [reply.raw for reply in replies()] + [newsletter(), long_thread()] * 50
    connector = email()
    begin = time.process_time()
    for _ in range(ROUNDS):
        for sample in samples:
            arrived = raw(sample)
            connector.dedup_key(arrived)
            connector.lane(arrived)
            (event,) = connector.normalise(arrived)
            assert isinstance(event, Message)
            clean(event.html)
            clean(event.quoted_html)
    spent = time.process_time() - begin
    size = sum(map(len, samples)) / len(samples) / 1024
    print(
        f"{len(samples) * ROUNDS / spent:,.0f} mails/s on one core ({len(samples)} mails of {size:.1f} KB on average)"
    )


if __name__ == "__main__":
    main()
