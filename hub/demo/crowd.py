"""The rest of the shop's customers: many, over all channels, in several languages, the same ones in every demo."""

from __future__ import annotations

import random
from collections import Counter

from hub.demo.phrases import NOTES, SAID, TONGUES, Topic
from hub.demo.sample import AGENTS, Rang, Story, Turn

SEED = 48213
MANY = 170
WEEKS_H = 5 * 7 * 24
SPOKEN = ("en",) * 9 + ("de",) * 3 + ("fr",) * 2 + ("es",) * 2 + ("ar", "ar", "he", "pl", "ja", "ja", "zh", "ko")
WRITTEN_ON = ("email",) * 6 + ("sms",) * 4 + ("instagram",) * 4 + ("chat",) * 3
FIRST_NUMBER = 200
"""Of the block of British numbers that nobody has: +44 7700 900000 to 900999."""


def crowd() -> list[Story]:
    chance, known = random.Random(SEED), Counter[str]()
    return [_story(chance, known, number) for number in range(MANY)]


def _story(chance: random.Random, known: Counter[str], number: int) -> Story:
    """`known` is how many speak each language so far: no two have the same name."""
    spoken = chance.choice(SPOKEN)
    tongue = TONGUES[spoken]
    known[spoken] += 1
    topic = chance.choice(tongue.topics)
    order, size = str(chance.randint(46000, 48999)), str(chance.randint(37, 46))
    filled = topic.about(order, size)
    channel, by = chance.choice(WRITTEN_ON), chance.choice(AGENTS)
    hours = round(0.5 + WEEKS_H * chance.random() ** 2.5, 2)
    answered = hours > 20 or chance.random() < 0.5
    turns = [Turn(hours, filled.asks, channel=channel)]
    if answered:
        turns += _answered(chance, filled, hours, channel, by, called=spoken == "en" and chance.random() < 0.6)
    done = answered and hours > 30 and chance.random() < 0.9
    return Story(
        name=tongue.name(known[spoken]),
        address=f"customer{number}@example.net",
        subject=filled.subject,
        turns=tuple(turns),
        status="done" if done else "",
        assignee=by if answered else "",
        tags=(filled.tag,) if filled.tag else (),
        phone=f"+447700900{FIRST_NUMBER + number}",
        stop=channel == "sms" and done and chance.random() < 0.1,
        promise="Send the tracking number" if answered and not done and chance.random() < 0.35 else "",
    )


def _answered(chance: random.Random, topic: Topic, hours: float, channel: str, by: str, *, called: bool) -> list[Turn]:
    """In words on the same channel, or by a call; then perhaps a thank-you, sometimes on another channel."""
    soon = round(max(hours - chance.uniform(0.3, 5), hours * 0.6), 3)
    if called:
        return [_call(chance, soon, by)]
    turns = [Turn(soon, topic.answer, by, channel)]
    if chance.random() < 0.6:
        back = "sms" if channel == "email" and chance.random() < 0.3 else channel
        turns.append(Turn(round(max(soon - chance.uniform(0.5, 9), soon * 0.6), 3), topic.thanks, channel=back))
    return turns


def _call(chance: random.Random, hours: float, by: str) -> Turn:
    kind = chance.random()
    if kind < 0.12:
        return Turn(hours, "", by, "voice", call=Rang("no_answer", ring_s=30))
    if kind < 0.25:
        voicemail = ((True, "Hello, it is about my order. Please call me back."),)
        return Turn(
            hours, "", "", "voice", call=Rang("voicemail_left", ring_s=25, talk_s=chance.randint(6, 12), said=voicemail)
        )
    which = chance.randrange(len(SAID))
    note = NOTES[which] if chance.random() < 0.7 else NOTES[-1]
    rang = Rang("completed", chance.randint(4, 18), chance.randint(18, 44), SAID[which], "resolved", note)
    return Turn(hours, "", by, "voice", call=rang)
