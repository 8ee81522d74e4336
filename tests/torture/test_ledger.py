"""A judge that can't find fault is worth nothing: each kind of damage is seen, and only that."""

from collections.abc import Callable

import pytest

from tests.torture.ledger import Found, Ledger

Damage = Callable[[list[Found]], list[Found]]


def ledger() -> Ledger:
    """Two senders with three accepted messages each, and one message of each that was written and never tried."""
    made = Ledger(seed=7)
    for sender in ("ann", "bob"):
        for number in (1, 2, 3, 4):
            said = made.write(sender, number)
            said.tries, said.accepted = (1, True) if number < 4 else (0, False)
    return made


def as_it_should_be(of: Ledger) -> list[Found]:
    return [
        Found(f"thread of {sender}", number, of.write(sender, number).text)
        for sender in ("ann", "bob")
        for number in (1, 2, 3)
    ]


def swapped(found: list[Found]) -> list[Found]:
    first, second, *rest = found
    return [Found(first.thread, second.seq, first.text), Found(second.thread, first.seq, second.text), *rest]


@pytest.mark.parametrize(
    ("kind", "damage"),
    [
        ("lost", lambda found: found[1:]),
        ("duplicated", lambda found: [*found, Found(found[0].thread, 9, found[0].text)]),
        ("out_of_order", swapped),
        ("misthreaded", lambda found: [*found[:-1], Found("thread of ann", 9, found[-1].text)]),
        ("corrupted", lambda found: [Found(found[0].thread, 1, found[0].text + "?"), *found[1:]]),
        ("phantom", lambda found: [*found, Found("thread of ann", 9, "never said")]),
        ("phantom", lambda found: [*found, Found("thread of ann", 9, ledger().write("ann", 4).text)]),
    ],
)
def test_each_damage_is_seen_and_nothing_else(kind: str, damage: Damage) -> None:
    of = ledger()
    verdict = of.judge(damage(as_it_should_be(of)))
    counts = {name: n for name, n in verdict.counts.items() if n and name != "gave_up"}
    assert counts == {kind: 1}


def test_an_undamaged_hub_is_acquitted() -> None:
    of = ledger()
    verdict = of.judge(as_it_should_be(of))
    assert set(verdict.broken) == {"gave_up"}
    assert verdict.counts["gave_up"] == 2


def test_two_senders_in_one_thread_are_misthreaded() -> None:
    of = ledger()
    together = [Found("one thread", number, entry.text) for number, entry in enumerate(as_it_should_be(of), 1)]
    assert of.judge(together).counts["misthreaded"] == 3
