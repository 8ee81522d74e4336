"""`python -m tests.bench`: measures the goals, prints a table and a line of JSON; ends with 1 if a bar was missed."""

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from tests.bench import embedded, growth, intake, isolation, mail, memory, reading, searching, short
from tests.bench.loops import new_event_loop
from tests.bench.report import Figure, as_json, say, table
from tests.bench.stage import Stage, on_core, stage


class Options(NamedTuple):
    runs: int
    seconds: float
    threads: int
    mails: int


Part = Callable[[Stage, Options], Awaitable[list[Figure]]]

PARTS: dict[str, Part] = {
    "intake": lambda on, given: intake.measure(on, given.runs, given.seconds),
    "mail": lambda on, given: mail.measure(on, given.runs, given.mails),
    "embedded": lambda on, given: embedded.measure(on, given.runs, given.seconds),
    "memory": lambda on, _: memory.measure(on),
    "reading": lambda on, given: reading.measure(on, given.runs, given.threads),
    "growth": lambda on, given: growth.measure(on, given.runs, given.seconds, given.threads),
    "isolation": lambda on, given: isolation.measure(on, given.runs),
    "searching": lambda on, given: searching.measure(on, given.runs, given.seconds, given.threads),
}


async def measure(on: Stage, names: list[str], options: Options) -> list[Figure]:
    figures = []
    for name in names:
        say(f"--- {name}")
        figures += await PARTS[name](on, options)
    return figures


async def in_short(on: Stage, record: bool) -> list[Figure]:
    measured = await short.measure(on)
    if record:
        short.record(measured)
    return short.against(short.recorded(), measured)


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="part", help=f"only these: {', '.join(PARTS)}")
    parser.add_argument("--runs", type=int, default=3, help="turns of each side; the median counts")
    parser.add_argument("--seconds", type=float, default=4, help="length of a turn")
    parser.add_argument("--threads", type=int, default=1_000_000, help="customers in the large data set")
    parser.add_argument("--mails", type=int, default=3000, help="mails in a turn")
    parser.add_argument("--short", action="store_true", help="only CPU and statements per message, against the bounds")
    parser.add_argument("--record", action="store_true", help="with --short: make what is measured the new bounds")
    given = parser.parse_args()
    names = given.parts or list(PARTS)
    if unknown := set(names) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    options = Options(given.runs, given.seconds, given.threads, given.mails)
    with stage() as on, on_core(1), asyncio.Runner(loop_factory=new_event_loop) as runner:
        figures = runner.run(in_short(on, given.record) if given.short else measure(on, names, options))
    print(table(figures))
    print(as_json(figures))
    return any(figure.mark == "MISSED" for figure in figures)


if __name__ == "__main__":
    raise SystemExit(main())
