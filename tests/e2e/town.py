"""The whole town: a desk with Instagram, mail, chat, text messages and a telephone line, and Maya at the other end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from playwright.async_api import Browser

from connectors.meta.conformance import APP as META_APP
from connectors.meta.instagram.conformance import ACCOUNT as INSTAGRAM_ID
from connectors.meta.people import Happened, Person
from connectors.meta.simulator import MetaSimulator
from connectors.twilio_sms.simulator import TwilioSimulator
from connectors.twilio_voice.conformance import ACCOUNT, APP
from connectors.twilio_voice.simulator import TwilioVoiceSimulator
from hub.testkit import Mischief
from tests.connectors.meta.support import SECRET, WORD
from tests.connectors.meta.support import TOKEN as META_TOKEN
from tests.connectors.twilio_voice.support import KEY, TOKEN
from tests.e2e.desk import Desk, open_desk
from tests.support.hub import StartHub

NUMBER = "+442079460000"
"""The shop's, for calls and texts."""
MAYAS = "+447700900142"


@dataclass
class Town:
    desk: Desk
    instagram: MetaSimulator
    sms: TwilioSimulator
    voice: TwilioVoiceSimulator
    inboxes: dict[str, str]
    maya: Person
    """On Instagram, where nobody knows who she is."""

    async def on_instagram(self, said: Happened, mischief: Mischief | None = None) -> None:
        await self.instagram.tells(said, mischief=mischief)

    async def texts(self, text: str, mischief: Mischief | None = None, sender: str = MAYAS) -> list[int]:
        return await self.sms.deliver(self.sms.says(sender, text), mischief=mischief)

    async def texted(self) -> list[str]:
        """What arrived on her telephone as text messages."""
        return [taken.asked["Body"] for taken in self.sms.taken if taken.asked["To"] == MAYAS]

    async def thread(self) -> dict[str, Any]:
        """Hers; there must be one alone."""
        customers = [one for one in (await self.desk.owner.get("/customers"))["items"] if one["name"] != "Elsewhere"]
        assert len(customers) == 1, [one["name"] for one in customers]
        thread: dict[str, Any] = await self.desk.owner.get(f"/threads/{customers[0]['thread_id']}")
        return thread


@asynccontextmanager
async def open_town(start_hub: StartHub, browser: Browser) -> AsyncIterator[Town]:
    async with open_desk(start_hub, browser) as desk, AsyncExitStack() as open_:
        meta = await open_.enter_async_context(
            MetaSimulator(
                "instagram",
                INSTAGRAM_ID,
                token=META_TOKEN,
                app_id=META_APP,
                app_secret=SECRET,
                verify_token=WORD,
            )
        )
        sms = await open_.enter_async_context(TwilioSimulator(ACCOUNT, TOKEN, number=NUMBER, key=KEY))
        voice = await open_.enter_async_context(
            TwilioVoiceSimulator(ACCOUNT, TOKEN, number=NUMBER, key=KEY, app=APP, pace=0.5)
        )
        sms.reports = ("sent", "delivered")
        instagram = await desk.owner.new_inbox(
            "instagram",
            access_token=META_TOKEN,
            app_id=META_APP,
            app_secret=SECRET,
            verify_token=WORD,
            instagram_id=INSTAGRAM_ID,
            **meta.settings(),
        )
        account = {"account_sid": ACCOUNT, "auth_token": TOKEN, "number": NUMBER}
        texts = await desk.owner.new_inbox("twilio_sms", **account, **sms.settings())
        keyed = {"api_key_sid": KEY[0], "api_key_secret": KEY[1], "app_sid": APP, "recording_format": "wav"}
        line = await desk.owner.new_inbox("twilio_voice", **account, **keyed, **voice.settings())
        meta.hook_url, sms.hook_url, voice.hook_url = (one["hook_url"] for one in (instagram, texts, line))
        assert await meta.subscribe()
        lines = await desk.owner.get("/calls/settings")
        lines["line"] |= {"allow": ["+44"], "consent": "announce", "record": True, "transcribe": True}
        await desk.owner.call("PUT", "/calls/settings", lines)
        inboxes = {"instagram": instagram["id"], "sms": texts["id"], "voice": line["id"], "email": desk.mailbox}
        yield Town(desk, meta, sms, voice, inboxes, meta.person("boots_maya"))
        await asyncio.sleep(0)
