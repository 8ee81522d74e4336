"""What to click so that the whole story takes place: five channels, one thread, five minutes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Step:
    who: Literal["Maya", "Agent"]
    do: str
    say: str = ""
    """Words to copy."""
    place: str = ""
    """Which part of the customer's page it is done on."""


STEPS: tuple[Step, ...] = (
    Step("Maya", "Phone, Instagram: ask.", "The boots are a 38, I ordered a 40. Can I swap them?", "instagram"),
    Step("Agent", "Open it in the console and answer.", "Of course. Please mail us your order number."),
    Step("Maya", "Mailbox: write a mail.", "It is order 48213.", "mail"),
    Step("Agent", "In the Instagram thread: Ctrl+K, Ask for proof, maya@example.com, Send code."),
    Step("Maya", "The code is in the mailbox: send it on Instagram. Two threads are one.", place="instagram"),
    Step("Agent", "Choose Email below, Add a live chat link, send.", "Found it. Shall we talk?"),
    Step("Maya", "Mailbox: open the link, Continue, write there.", "Yes please, call me: +44 7700 900142", "mail"),
    Step("Agent", "Shift+C, Another number, +447700900142, Start call."),
    Step("Maya", "Answer, and say something.", "Can you text me the return label?", "call"),
    Step("Agent", "End, say how it went, then confirm the number at the right. Shift+P: promise the label by six."),
    Step("Maya", "Phone, Messages: text.", "Please send me the label", "sms"),
    Step("Agent", "Choose SMS below, answer, and mark the promise above as kept."),
)


def printed() -> list[str]:
    """Short enough for a terminal."""
    return [f"  {number:>2}  {step.who:<6}{step.do}" for number, step in enumerate(STEPS, 1)]
