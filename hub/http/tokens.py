"""API tokens: made by an agent, never stronger than that agent, shown once."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from hub.core import sessions
from hub.core.access import Right
from hub.core.errors import NotFound
from hub.http.ask import Ask
from hub.http.openapi import Routes
from hub.http.shapes import TokenIn, TokenMade, TokenOut
from hub.models import utcnow

routes = Routes("tokens")


@routes.get("/tokens", Right.SELF)
async def list_tokens(ask: Ask) -> list[TokenOut]:
    """Your own tokens, without their secrets."""
    return [TokenOut.model_validate(row) for row in await ask.read(sessions.tokens_of, ask.me.id)]


@routes.post("/tokens", Right.SELF, status=201)
async def add_token(ask: Ask, token: TokenIn) -> TokenMade:
    """Make a token; its secret is in this answer and nowhere else."""
    expires = utcnow() + timedelta(days=token.days) if token.days else None
    scopes = list(dict.fromkeys(token.scopes))
    made = await ask.write(sessions.make_token, ask.me.id, token.name, scopes, expires)
    return TokenMade.model_validate(made)


@routes.delete("/tokens/{id}", Right.SELF)
async def remove_token(ask: Ask, id: UUID) -> None:
    """Remove a token; it stops working at once."""
    if not await ask.write(sessions.remove_token, ask.me.id, id):
        raise NotFound("token")
