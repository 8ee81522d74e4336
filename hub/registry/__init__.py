"""Connectors as the hub sees them: which are installed, one instance per inbox, and their settings as a form."""

from hub.registry.discovery import UnknownConnector, available, broken, find, refresh
from hub.registry.settings import InvalidSettings, build, mask, merge, schema, validate

__all__ = [
    "InvalidSettings",
    "UnknownConnector",
    "available",
    "broken",
    "build",
    "find",
    "mask",
    "merge",
    "refresh",
    "schema",
    "validate",
]
