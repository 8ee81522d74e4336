"""The layers as they are: rows from the import contract, arrows from the real imports, words from the docstrings."""

import ast
import tomllib
from pathlib import Path
from typing import Any

import grimp

from docs.picture import Edges, Rows, draw

ROOT = Path(__file__).resolve().parent.parent
MOST_PER_ROW = 3
CONNECTORS, SIMULATORS = "connectors", "simulators"


def layer_picture() -> str:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())
    imports = grimp.build_graph("hub", "connectors", cache_dir=None)
    rows = layer_rows(config["tool"]["importlinter"]["contracts"])
    parts = {module: {module, *imports.find_descendants(module)} for row in rows for module in row}
    connectors = {"connectors", *imports.find_descendants("connectors")}
    parts[SIMULATORS] = {name for name in connectors if name.endswith((".simulator", ".conformance"))}
    parts[CONNECTORS] = connectors - parts[SIMULATORS]
    edges = without_shortcuts(direct_imports(imports, parts))
    words = {module: purpose(module) for module in parts if module != SIMULATORS}
    words[SIMULATORS] = "Each connector's provider, for tests and the demo"
    return draw(rows, edges, words, beside=(SIMULATORS, CONNECTORS))


def layer_rows(contracts: list[dict[str, Any]]) -> Rows:
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    named = [[f"hub.{name.strip()}" for name in layer.split("|")] for layer in layers]
    return [row[start : start + MOST_PER_ROW] for row in named for start in range(0, len(row), MOST_PER_ROW)]


def direct_imports(imports: grimp.ImportGraph, parts: dict[str, set[str]]) -> Edges:
    return {
        (importer, imported)
        for importer in parts
        for imported in parts
        if importer != imported
        and any(parts[imported] & imports.find_modules_directly_imported_by(module) for module in parts[importer])
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


def purpose(module: str) -> str:
    """The first sentence of the module's own docstring, so that picture and code can't say different things."""
    place = ROOT / Path(*module.split("."))
    source = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
    documented = ast.get_docstring(ast.parse(source.read_text())) or ""
    return documented.split("\n\n")[0].replace("\n", " ").replace("`", "").split(". ")[0].rstrip(".")
