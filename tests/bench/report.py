"""Figures with their bars: printed as a table for people and as one line of JSON for programs."""

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Literal

Mark = Literal["aim", "must", "MISSED"]
COLUMNS = ("goal", "what", "measured", "must", "aim", "mark", "behind it")


@dataclass(frozen=True)
class Figure:
    """One measured value against its bars; `least` says that the bars are lower limits."""

    goal: str
    what: str
    value: float
    must: float
    aim: float
    least: bool = False
    unit: str = "x"
    behind: str = ""

    @property
    def mark(self) -> Mark:
        def reached(bar: float) -> bool:
            return self.value >= bar if self.least else self.value <= bar

        return "aim" if reached(self.aim) else "must" if reached(self.must) else "MISSED"


def at_least(
    goal: str, what: str, values: Sequence[float], must: float, aim: float, *, unit: str = "x", behind: str = ""
) -> Figure:
    return Figure(goal, what, median(values), must, aim, True, unit, behind)


def at_most(
    goal: str, what: str, values: Sequence[float], must: float, aim: float, *, unit: str = "x", behind: str = ""
) -> Figure:
    return Figure(goal, what, median(values), must, aim, False, unit, behind)


def shown(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def cells(figure: Figure) -> tuple[str, ...]:
    sign = "≥" if figure.least else "≤"
    bars = (f"{sign} {shown(bar)}" for bar in (figure.must, figure.aim))
    return figure.goal, figure.what, f"{shown(figure.value)} {figure.unit}", *bars, figure.mark, figure.behind


def say(line: str) -> None:
    """What is being done, beside the table that goes to standard output."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def table(figures: Iterable[Figure]) -> str:
    rows = [COLUMNS, *map(cells, figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    lines = ["  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])


def as_json(figures: Iterable[Figure]) -> str:
    return json.dumps([{**asdict(figure), "mark": figure.mark} for figure in figures])
