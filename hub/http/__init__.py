"""REST, webhooks and the built web: everything that is spoken over HTTP."""

from hub.http.api import openapi, setup

__all__ = ["openapi", "setup"]
