"""The docstrings under the shapes' fields, for the API's document: read when it is made, not at every start."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from hub.http import shapes


def describe(schemas: dict[str, Any]) -> None:
    """Give each field of a named schema the words that stand under it in `hub.http.shapes`, inherited ones too."""
    said = {name: fields for module in _modules() for name, fields in _classes(ast.parse(inspect.getsource(module)))}
    for name, schema in schemas.items():
        shape = getattr(shapes, name, None)
        for base in shape.__mro__ if inspect.isclass(shape) else ():
            for field, words in said.get(base.__name__, {}).items():
                if field in schema.get("properties", {}):
                    schema["properties"][field].setdefault("description", words)


def _modules() -> Iterator[ModuleType]:
    for found in pkgutil.iter_modules(shapes.__path__, f"{shapes.__name__}."):
        yield importlib.import_module(found.name)


def _classes(module: ast.Module) -> Iterator[tuple[str, dict[str, str]]]:
    for node in module.body:
        if isinstance(node, ast.ClassDef):
            yield node.name, dict(_fields(node))


def _fields(shape: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for field, below in zip(shape.body, shape.body[1:], strict=False):
        if not (isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)):
            continue
        if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant) and isinstance(below.value.value, str):
            yield field.target.id.removesuffix("_"), inspect.cleandoc(below.value.value)
