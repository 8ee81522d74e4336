"""Draws rows of boxes and the arrows between them as SVG; an arrow passes the rows between in a slot of its own."""

import textwrap
from collections.abc import Iterator, Mapping
from html import escape
from itertools import pairwise
from typing import NamedTuple

BOX, SLOT, HEIGHT, GAP, ROW, MARGIN = 216.0, 10.0, 62.0, 22.0, 112.0, 28.0
SWEEPS = 24

Rows = list[list[str]]
Edges = set[tuple[str, str]]
Way = tuple[str, ...]
STYLE = """
.ground { fill: #f4f5f8 } .box { fill: #fff; stroke: #828b9b } .arrow { fill: none; stroke: #4640d9; stroke-width: 1.4 }
.name { font-weight: 600; font-size: 14px; fill: #12161d } .why { font-size: 11px; fill: #434c5a }
.found { stroke-dasharray: 5 4 }
"""


class Spot(NamedTuple):
    middle: float
    row: int
    width: float = BOX

    @property
    def left(self) -> float:
        return self.middle - self.width / 2

    @property
    def right(self) -> float:
        return self.middle + self.width / 2

    @property
    def top(self) -> float:
        return MARGIN + self.row * ROW

    @property
    def bottom(self) -> float:
        return self.top + HEIGHT


def draw(rows: Rows, edges: Edges, words: Mapping[str, str], beside: tuple[str, str]) -> str:
    """`beside` stands to the right of the rows: what imports the hub's layers without being one of them."""
    inner = {edge for edge in edges if not set(edge) & set(beside)}
    spots, ways = arrange(rows, inner)
    margin = MARGIN - min(spot.left for spot in spots.values())
    spots = {name: spot._replace(middle=spot.middle + margin) for name, spot in spots.items()}
    right = max(spot.right for spot in spots.values()) + 3 * GAP + BOX / 2
    simulators, connectors = beside
    spots[simulators] = Spot(right, spots["hub.testkit"].row - 1)
    spots[connectors] = Spot(right, len(rows) - 2)
    arrows = [
        *(along([spots[name] for name in way]) for way in ways),
        *(across(spots[importer], spots[imported]) for importer, imported in sorted(edges - inner)),
        discovery(spots["hub.registry"], spots[connectors]),
    ]
    boxes = [box(name, spots[name], text) for name, text in words.items()]
    width, height = right + BOX / 2 + MARGIN, MARGIN * 2 + (len(rows) - 1) * ROW + HEIGHT
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" role="img"',
            ' font-family="system-ui, sans-serif" aria-label="The layers of Onethread; imports go downwards only">',
            f"<style>{STYLE}</style>",
            '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7"',
            ' orient="auto"><path d="M0 0 8 4 0 8z" fill="#4640d9"/></marker></defs>',
            '<rect class="ground" width="100%" height="100%" rx="10"/>',
            *arrows,
            *boxes,
            "</svg>\n",
        ]
    )


def arrange(rows: Rows, edges: Edges) -> tuple[dict[str, Spot], list[Way]]:
    """Orders each row so that arrows stay short: everything moves towards the middle of its neighbours, in turns."""
    rows = [list(row) for row in rows]
    row_of = {name: number for number, row in enumerate(rows) for name in row}
    ways = [tuple(way(edge, row_of)) for edge in sorted(edges)]
    for passing in ways:
        for offset, slot in enumerate(passing[1:-1], 1):
            rows[row_of[passing[0]] + offset].append(slot)
    steps = [step for passing in ways for step in pairwise(passing)]
    best = spots = place(rows)
    for _ in range(SWEEPS):
        for row in rows:
            row.sort(key=lambda name: pull(name, spots, steps))
            spots = place(rows)
        best = min(best, spots, key=lambda tried: length(tried, steps))
    return best, ways


def way(edge: tuple[str, str], row_of: Mapping[str, int]) -> Iterator[str]:
    start, end = edge
    yield start
    yield from (f"{start} to {end} in {row}" for row in range(row_of[start] + 1, row_of[end]))
    yield end


def place(rows: Rows) -> dict[str, Spot]:
    spots = {}
    for number, row in enumerate(rows):
        widths = [SLOT if " to " in name else BOX for name in row]
        x = -(sum(widths) + GAP * (len(row) - 1)) / 2
        for name, width in zip(row, widths, strict=True):
            spots[name] = Spot(x + width / 2, number, width)
            x += width + GAP
    return spots


def pull(name: str, spots: Mapping[str, Spot], steps: list[tuple[str, str]]) -> float:
    near = [spots[b if a == name else a].middle for a, b in steps if name in (a, b)]
    return sum(near) / len(near) if near else spots[name].middle


def length(spots: Mapping[str, Spot], steps: list[tuple[str, str]]) -> float:
    return sum(abs(spots[a].middle - spots[b].middle) for a, b in steps)


def along(spots: list[Spot]) -> str:
    parts = [f"M{spots[0].middle:.0f} {spots[0].bottom:.0f}"]
    for here, there in pairwise(spots):
        bend = (there.top - here.bottom) / 2
        parts.append(
            f"C{here.middle:.0f} {here.bottom + bend:.0f} {there.middle:.0f} {there.top - bend:.0f}"
            f" {there.middle:.0f} {there.top:.0f}"
        )
        if there is not spots[-1]:
            parts.append(f"V{there.bottom:.0f}")
    return arrow(" ".join(parts))


def across(importer: Spot, imported: Spot) -> str:
    """Between the rows and what stands beside them, along the gap above a row."""
    if importer.middle == imported.middle:
        return arrow(f"M{importer.middle:.0f} {importer.bottom:.0f} V{imported.top:.0f}")
    if importer.middle < imported.middle:
        start, height = importer.middle + BOX / 4, importer.top - GAP / 2
        return arrow(f"M{start:.0f} {importer.top:.0f} V{height:.0f} H{imported.middle:.0f} V{imported.top:.0f}")
    lane, height, end = importer.middle - BOX / 4, imported.top - GAP / 2, imported.middle + BOX / 4
    return arrow(f"M{lane:.0f} {importer.bottom:.0f} V{height:.0f} H{end:.0f} V{imported.top:.0f}")


def discovery(registry: Spot, connectors: Spot) -> str:
    height, lane = (registry.top + registry.bottom) / 2, connectors.middle + BOX / 4
    label = f'<text class="why" x="{registry.right + 12:.0f}" y="{height - 6:.0f}">found by entry point</text>'
    return arrow(f"M{registry.right:.0f} {height:.0f} H{lane:.0f} V{connectors.top:.0f}", "arrow found") + label


def arrow(path: str, style: str = "arrow") -> str:
    return f'<path class="{style}" marker-end="url(#head)" d="{path}"/>'


def box(name: str, spot: Spot, words: str) -> str:
    lines = textwrap.wrap(words, 34, max_lines=2, placeholder=" …")
    text = "".join(
        f'<text class="why" x="{spot.left + 12:.0f}" y="{spot.top + 37 + 15 * number:.0f}">{escape(line)}</text>'
        for number, line in enumerate(lines)
    )
    return (
        f'<rect class="box" x="{spot.left:.0f}" y="{spot.top:.0f}" width="{BOX:.0f}" height="{HEIGHT:.0f}" rx="6"/>'
        f'<text class="name" x="{spot.left + 12:.0f}" y="{spot.top + 21:.0f}">{name}</text>{text}'
    )
