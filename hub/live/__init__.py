"""Sockets: what changes reaches the screens of agents and visitors, and visitors' words reach the intake."""

from hub.live import library  # noqa: F401  (before anything loads it whole)  # isort: split
from hub.live.presence import Presence
from hub.live.publish import Publisher
from hub.live.socket import LIVE, Live, attach

__all__ = ["LIVE", "Live", "Presence", "Publisher", "attach"]
