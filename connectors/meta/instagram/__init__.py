"""Instagram: direct messages to a professional account."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

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
from hub.contract import Capabilities, OutgoingFile, Refused, State

__all__ = ["Instagram", "InstagramSettings"]

IMAGE_BYTES = 8 * MEGABYTE


class InstagramSettings(MetaSettings):
    instagram_id: str = Field(
        title="Instagram account ID",
        pattern=ID,
        json_schema_extra=about("Account", "Shown at Meta beside the access token. A number, not the user name."),
    )
    login: Literal["instagram", "page"] = Field(
        "instagram",
        title="Log-in",
        json_schema_extra=about(
            "Account", "“instagram” if the token was made by Instagram log-in, “page” if it is a Facebook page's."
        ),
    )


class Instagram(MetaConnector[InstagramSettings]):
    key = "instagram"
    label = "Instagram"
    description = "Direct messages to an Instagram professional account."
    Settings = InstagramSettings
    object = "instagram"
    naming = "name,username"
    wanted: ClassVar[Mapping[str, str]] = {
        "messages": "what customers write",
        "messaging_postbacks": "buttons they press",
        "messaging_seen": "what they have read",
        "message_reactions": "reactions",
        "message_edit": "what they change",
    }
    capabilities = Capabilities(
        channel="instagram",
        identity="instagram",
        label="Instagram",
        icon="camera",
        colour="instagram",
        max_chars=1000,
        max_bytes=1000,
        splits=True,
        media=True,
        media_bytes=25 * MEGABYTE,
        media_types=("image/*", "video/*", "audio/*"),
        files_apart=True,
        buttons=MOST_BUTTONS,
        button_chars=BUTTON_CHARS,
        initiate=False,
        reply_window_s=WINDOW_S,
        late_window_s=LATE_S,
        receipts=(State.READ,),
        reactions=True,
        edits=True,
        removals=True,
        typing=True,
        tells_read=True,
    )

    @property
    def account_id(self) -> str:
        return self.settings.instagram_id

    @property
    def base(self) -> str:
        by_login = "https://graph.instagram.com" if self._by_instagram else "https://graph.facebook.com"
        return self.settings.graph_base_url or by_login

    @property
    def node(self) -> str:
        """Whoever the token is of: the account itself, or the page that it belongs to."""
        return "me"

    @property
    def _by_instagram(self) -> bool:
        return self.settings.login == "instagram"

    def _check(self, file: OutgoingFile, kind: str) -> None:
        if kind == "file":
            raise Refused(f"Instagram takes pictures, videos and audio only, not “{file.name}”. Send a link to it")
        if kind == "image" and file.size > IMAGE_BYTES:
            raise Refused(f"“{file.name}” is larger than 8 MB, the most for a picture at Instagram")
        super()._check(file, kind)

    def _called(self, person: Mapping[str, Any]) -> str:
        return str(person.get("name") or person.get("username") or "")

    async def _name(self) -> str:
        if not self._by_instagram:
            account = await self._graph.get(self.account_id, fields="id,username")
            return f"Instagram as @{account.get('username') or self.account_id}"
        account = _first(await self._graph.get("me", fields="user_id,username"))
        if account.get("user_id") != self.account_id:
            raise other_account(account.get("user_id"), self.account_id, "this account")
        return f"Instagram as @{account.get('username') or self.account_id}"

    def _missing(self, answer: Mapping[str, Any]) -> list[str]:
        """A page passes its Instagram account on once it is subscribed to anything; the rest is set in the app."""
        listed = answer.get("data")
        if self._by_instagram or not listed:
            return super()._missing(answer)
        known = any(isinstance(app, dict) and self._is_ours(app) for app in listed)
        return [] if known else list(self.wanted)


def _first(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    """Meta has described this answer both as an object and as a list of one."""
    data = answer.get("data")
    return data[0] if isinstance(data, list) and data and isinstance(data[0], dict) else answer
