"""Draws the layers from the real imports: rows from the import contract, arrows from the import graph."""

import ast
import textwrap
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import grimp

ROOT = Path(__file__).resolve().parent.parent
BOX_WIDTH, BOX_HEIGHT, ROW, GAP, MARGIN, LANE = 216, 62, 104, 28, 28, 18
MOST_PER_ROW = 3
CONNECTORS = "connectors"

Rows = list[list[str]]
Edges = set[tuple[str, str]]


@dataclass(frozen=True)
class Box:
    module: str
    x: float
    y: float
    row: int

    @property
    def middle(self) -> float:
        return self.x + BOX_WIDTH / 2


def layer_picture() -> str:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())
    imports = grimp.build_graph("hub", CONNECTORS, cache_dir=None)
    rows = layer_rows(config["tool"]["importlinter"]["contracts"], imports.modules)
    modules = [module for row in rows for module in row] + [CONNECTORS]
    edges = without_shortcuts(direct_imports(imports, modules))
    return draw(rows, edges)


def layer_rows(contracts: list[dict[str, Any]], existing: set[str]) -> Rows:
    layers = next(contract for contract in contracts if contract["type"] == "layers")
    named = [[f"hub.{name.strip(' ()')}" for name in layer.replace(":", "|").split("|")] for layer in layers["layers"]]
    present = ([module for module in row if module in existing] for row in named)
    return [row[start : start + MOST_PER_ROW] for row in present for start in range(0, len(row), MOST_PER_ROW)]


def direct_imports(imports: grimp.ImportGraph, modules: list[str]) -> Edges:
    inside = {module: {module, *imports.find_descendants(module)} for module in modules}
    return {
        (importer, imported)
        for importer in modules
        for imported in modules
        if importer != imported
        and any(inside[imported] & imports.find_modules_directly_imported_by(part) for part in inside[importer])
    }


def without_shortcuts(edges: Edges) -> Edges:
    """An arrow that a longer way already implies would only hide the others."""
    return {edge for edge in edges if not reaches(edges - {edge}, *edge)}


def reaches(edges: Edges, start: str, goal: str) -> bool:
    seen, waiting = {start}, [start]
    while waiting:
        here = waiting.pop()
        reached = {imported for importer, imported in edges if importer == here} - seen
        if goal in reached:
            return True
        seen |= reached
        waiting += reached
    return False


def draw(rows: Rows, edges: Edges) -> str:
    widest = max(len(row) for row in rows)
    left = MARGIN + LANE * 6
    centre = left + (widest * (BOX_WIDTH + GAP) - GAP) / 2
    boxes = {box.module: box for box in placed(rows, centre)}
    right = left + widest * (BOX_WIDTH + GAP) + LANE
    boxes[CONNECTORS] = Box(CONNECTORS, right, boxes[rows[-2][0]].y, len(rows) - 2)
    width, height = right + BOX_WIDTH + MARGIN, len(rows) * ROW + 2 * MARGIN - (ROW - BOX_HEIGHT)
    lanes = iter(range(1, 100))
    arrows = [arrow(boxes[a], boxes[b], left, lanes) for a, b in sorted(edges)]
    arrows.append(entry_points(boxes["hub.registry"], boxes[CONNECTORS]))
    body = "\n".join([*arrows, *(box_picture(box) for box in boxes.values())])
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" role="img"
 font-family="system-ui, sans-serif" aria-label="The layers of Onethread; imports go downwards only">
<style>
.ground {{ fill: #f4f5f8 }} .box {{ fill: #fff; stroke: #828b9b }}
.name {{ font-weight: 600; font-size: 14px; fill: #12161d }}
.why {{ font-size: 11px; fill: #434c5a }} .arrow {{ fill: none; stroke: #4640d9; stroke-width: 1.4 }}
.found {{ stroke-dasharray: 5 4 }}
</style>
<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
<path d="M0 0 8 4 0 8z" fill="#4640d9"/></marker></defs>
<rect class="ground" width="100%" height="100%" rx="10"/>
{body}
</svg>
"""


def placed(rows: Rows, centre: float) -> Iterator[Box]:
    for number, row in enumerate(rows):
        start = centre - (len(row) * (BOX_WIDTH + GAP) - GAP) / 2
        for column, module in enumerate(row):
            yield Box(module, start + column * (BOX_WIDTH + GAP), MARGIN + number * ROW, number)


def arrow(upper: Box, lower: Box, left: float, lanes: Iterator[int]) -> str:
    if upper.module == CONNECTORS:
        side, height = lower.x + BOX_WIDTH, lower.y + BOX_HEIGHT / 2
        return path(f"M{upper.x:g} {upper.y + BOX_HEIGHT / 2:g} H{side + LANE:g} V{height:g} H{side:g}")
    if lower.row - upper.row == 1:
        top, bottom = upper.y + BOX_HEIGHT, lower.y
        bends = f"{upper.middle:g} {top + 24:g}, {lower.middle:g} {bottom - 24:g}"
        return path(f"M{upper.middle:g} {top:g} C{bends}, {lower.middle:g} {bottom:g}")
    lane, start, end = left - LANE * next(lanes), upper.y + BOX_HEIGHT / 2, lower.y + BOX_HEIGHT / 2
    return path(f"M{upper.x:g} {start:g} H{lane:g} V{end:g} H{lower.x:g}")


def path(way: str, style: str = "arrow") -> str:
    return f'<path class="{style}" marker-end="url(#head)" d="{way}"/>'


def entry_points(registry: Box, connectors: Box) -> str:
    x, y = registry.x + BOX_WIDTH, registry.y + BOX_HEIGHT / 2
    label = f'<text class="why" x="{x + 12:g}" y="{y - 6:g}">found by entry point, not imported</text>'
    return path(f"M{x:g} {y:g} H{connectors.middle:g} V{connectors.y:g}", "arrow found") + label


def box_picture(box: Box) -> str:
    lines = textwrap.wrap(purpose(box.module), 36, max_lines=2, placeholder=" …")
    text = "".join(
        f'<text class="why" x="{box.x + 12:g}" y="{box.y + 37 + 15 * number:g}">{escape(line)}</text>'
        for number, line in enumerate(lines)
    )
    return (
        f'<rect class="box" x="{box.x:g}" y="{box.y:g}" width="{BOX_WIDTH}" height="{BOX_HEIGHT}" rx="6"/>'
        f'<text class="name" x="{box.x + 12:g}" y="{box.y + 21:g}">{box.module}</text>{text}'
    )


def purpose(module: str) -> str:
    """The first sentence of the module's own docstring, so that picture and code can't say different things."""
    place = ROOT / Path(*module.split("."))
    source = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
    documented = ast.get_docstring(ast.parse(source.read_text())) or ""
    return documented.split("\n\n")[0].replace("\n", " ").split(". ")[0].rstrip(".")
