"""`python -m tests.bench`: measures the goals, prints a table and a line of JSON; ends with 1 if a bar was missed."""

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from tests.bench import intake
from tests.bench.loops import new_event_loop
from tests.bench.report import Figure, as_json, say, table
from tests.bench.stage import Stage, on_core, stage


class Options(NamedTuple):
    runs: int
    seconds: float


Part = Callable[[Stage, Options], Awaitable[list[Figure]]]

PARTS: dict[str, Part] = {
    "intake": lambda on, given: intake.measure(on, given.runs, given.seconds),
}


async def measure(on: Stage, names: list[str], options: Options) -> list[Figure]:
    figures = []
    for name in names:
        say(f"--- {name}")
        figures += await PARTS[name](on, options)
    return figures


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="part", help=f"only these: {', '.join(PARTS)}")
    parser.add_argument("--runs", type=int, default=3, help="turns of each side; the median counts")
    parser.add_argument("--seconds", type=float, default=4, help="length of a turn")
    given = parser.parse_args()
    names = given.parts or list(PARTS)
    if unknown := set(names) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    with stage() as on, on_core(1), asyncio.Runner(loop_factory=new_event_loop) as runner:
        figures = runner.run(measure(on, names, Options(given.runs, given.seconds)))
    print(table(figures))
    print(as_json(figures))
    return any(figure.mark == "MISSED" for figure in figures)


if __name__ == "__main__":
    raise SystemExit(main())
