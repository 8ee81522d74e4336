"""Messenger: conversations with a Facebook page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field

from connectors.meta.connector import (
    BUTTON_CHARS,
    LATE_S,
    MEGABYTE,
    MOST_BUTTONS,
    WINDOW_S,
    MetaConnector,
    other_account,
)
from connectors.meta.settings import ID, MetaSettings, about
from hub.contract import Capabilities, State

__all__ = ["Messenger", "MessengerSettings"]


class MessengerSettings(MetaSettings):
    page_id: str = Field(
        title="Page ID",
        pattern=ID,
        json_schema_extra=about("Account", "On the page, under About, Page transparency."),
    )


class Messenger(MetaConnector[MessengerSettings]):
    key = "messenger"
    label = "Messenger"
    description = "Conversations with a Facebook page."
    Settings = MessengerSettings
    object = "page"
    naming = "first_name,last_name"
    wanted: ClassVar[Mapping[str, str]] = {
        "messages": "what customers write",
        "messaging_postbacks": "buttons they press",
        "message_deliveries": "what was delivered",
        "message_reads": "what they have read",
        "message_reactions": "reactions",
        "message_echoes": "answers from Meta's own inbox",
        "message_edits": "what they change",
    }
    capabilities = Capabilities(
        channel="messenger",
        identity="messenger",
        label="Messenger",
        icon="message-circle-more",
        colour="messenger",
        max_chars=2000,
        splits=True,
        media=True,
        media_bytes=25 * MEGABYTE,
        files_apart=True,
        buttons=MOST_BUTTONS,
        button_chars=BUTTON_CHARS,
        initiate=False,
        reply_window_s=WINDOW_S,
        late_window_s=LATE_S,
        receipts=(State.DELIVERED, State.READ),
        reactions=True,
        edits=True,
        typing=True,
        tells_read=True,
    )

    @property
    def account_id(self) -> str:
        return self.settings.page_id

    @property
    def base(self) -> str:
        return self.settings.graph_base_url or "https://graph.facebook.com"

    def _called(self, person: Mapping[str, Any]) -> str:
        return " ".join(filter(None, (str(person.get(part) or "") for part in self.naming.split(","))))

    async def _name(self) -> str:
        page = await self._graph.get("me", fields="id,name")
        if page.get("id") != self.account_id:
            raise other_account(page.get("id"), self.account_id, "this page, not for a person")
        return f"the page “{page.get('name') or self.account_id}”"
