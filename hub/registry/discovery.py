"""Finds connectors by entry point, in-tree ones included, so that a third-party package is an equal citizen."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from hub.contract import Connector, ConnectorError

GROUP = "hub.connectors"

log = logging.getLogger(__name__)


class UnknownConnector(ConnectorError):
    """No usable package offers this connector."""


@dataclass(frozen=True)
class _Found:
    connectors: Mapping[str, type[Connector[Any]]]
    broken: Mapping[str, str]


def available() -> dict[str, type[Connector[Any]]]:
    """Every usable connector by its key."""
    return dict(_found().connectors)


def broken() -> dict[str, str]:
    """What is installed and can't be used, with the reason; also in the log."""
    return dict(_found().broken)


def find(key: str) -> type[Connector[Any]]:
    """The connector class of this key. Raises `UnknownConnector`."""
    found = _found()
    if key in found.connectors:
        return found.connectors[key]
    if key in found.broken:
        raise UnknownConnector(f"The connector “{key}” can't be used: {found.broken[key]}.")
    installed = ", ".join(found.connectors) or "none"
    raise UnknownConnector(f"No connector “{key}” is installed. Installed are: {installed}.")


def refresh() -> None:
    """Look again: something was installed while this process ran."""
    _found.cache_clear()


@cache
def _found() -> _Found:
    connectors: dict[str, type[Connector[Any]]] = {}
    failures: dict[str, str] = {}
    origins: dict[str, str] = {}
    for point in sorted(entry_points(group=GROUP), key=_ours_first):
        try:
            if origins.setdefault(point.name, point.value) != point.value:
                raise ValueError(f"“{point.name}” is offered by {origins[point.name]} already")
            connectors[point.name] = _load(point)
        except (Exception, SystemExit) as error:  # third-party code may raise anything, and mustn't stop the hub
            name = point.name if point.name not in connectors else f"{point.name} ({point.value})"
            failures[name] = str(error) or type(error).__name__
            log.warning("The connector %s (%s) can't be used: %s", point.name, point.value, failures[name])
    return _Found(dict(sorted(connectors.items())), failures)


def _ours_first(point: EntryPoint) -> tuple[bool, str, str]:
    return not point.value.startswith("connectors."), point.name, point.value


def _load(point: EntryPoint) -> type[Connector[Any]]:
    connector = point.load()
    if not (inspect.isclass(connector) and issubclass(connector, Connector)):
        raise TypeError(f"{point.value} is no Connector class")
    if missing := sorted(connector.__abstractmethods__):
        raise TypeError(f"{point.value} lacks {', '.join(missing)}")
    if missing := [name for name in ("key", "label", "Settings", "capabilities") if not hasattr(connector, name)]:
        raise TypeError(f"{point.value} doesn't say its {', '.join(missing)}")
    if connector.key != point.name:
        raise TypeError(f"its entry point is named “{point.name}” and its key is “{connector.key}”: make them equal")
    return connector
