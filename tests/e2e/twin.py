"""What the negative twin's people do: devices, mails, calls and codes on one side, what the agents see on the other."""

from __future__ import annotations

import asyncio
import re
import smtplib
from email.message import EmailMessage
from email.utils import make_msgid
from typing import Any
from uuid import uuid4

from playwright.async_api import Page

from connectors.email.simulator import SentMail
from connectors.twilio_voice.conformance import ACCOUNT
from tests.e2e.desk import until
from tests.e2e.town import NUMBER, Town
from tests.support.chatting import Visitor

MX = "mx.shop.example"
"""The shop's mail server, whose word about a sender counts."""


# --- people ---


async def writes(town: Town, address: str, text: str) -> str:
    """Her first mail, proven; the thread it opened."""
    await mails(town, address, text)
    thread: str = (await thread_of(town, address))["id"]
    return thread


async def mails(
    town: Town,
    sender: str,
    text: str,
    *,
    verdict: str = "pass",
    subject: str = "My order",
    answers: SentMail | None = None,
    reply_to: str = "",
    header: str = "",
) -> None:
    """Through the shop's own mail server, which writes on it what it thinks of the sender."""
    mail = EmailMessage()
    if header:
        name, _, value = header.partition(": ")
        mail[name] = value
    if verdict:
        mail["Authentication-Results"] = f"{MX}; dmarc={verdict} header.from={sender.partition('@')[2]}"
    mail["From"], mail["To"], mail["Subject"] = f"Maya Okafor <{sender}>", "support@shop.example", subject
    mail["Message-ID"] = make_msgid(domain="mail.example")
    if reply_to:
        mail["Reply-To"] = reply_to
    if answers:
        del mail["To"]
        mail["To"] = answers.header("Reply-To") or answers.header("From")
        mail["In-Reply-To"] = mail["References"] = answers.header("Message-ID")
    mail.set_content(text)

    def deliver() -> None:
        with smtplib.SMTP("127.0.0.1", town.desk.maya.hub_port, timeout=10) as server:
            server.send_message(mail)

    await asyncio.to_thread(deliver)


async def mail_with(town: Town, to: str, text: str) -> SentMail:
    """The mail with these words in somebody's mailbox."""

    async def found() -> SentMail | None:
        return next((m for m in town.desk.provider.mails if m.recipients == (to,) and text in m.text), None)

    mail: SentMail = await until(found, f"a mail to {to}", within=40)
    return mail


def digits(mail: SentMail) -> list[str]:
    return re.findall(r"Your code is ([0-9]{6})", mail.text)


async def mailed_code(town: Town, to: str, nth: int) -> str:
    """The nth code in somebody's mailbox."""

    async def found() -> str | None:
        codes = [code for mail in town.desk.provider.mails if mail.recipients == (to,) for code in digits(mail)]
        return codes[nth - 1] if len(codes) >= nth else None

    code: str = await until(found, f"code {nth} for {to}", within=40)
    return code


async def texted_code(town: Town, to: str) -> str | None:
    found = [re.search("[0-9]{6}", one.asked["Body"]) for one in town.sms.taken if one.asked["To"] == to]
    return found[-1][0] if found and found[-1] else None


def wrong(code: str, count: int) -> list[str]:
    return [f"{(int(code) + n) % 1_000_000:06d}" for n in range(1, count + 1)]


async def rings_in(town: Town, caller: str, **more: str) -> Any:
    """Somebody calls, listens for a moment and hangs up."""
    phone = town.voice.call_in(caller, **more)
    await phone.until(lambda one: bool(one.heard) or one.call is None)
    if phone.call:
        phone.hang_up()
    await phone.is_free()
    await town.voice.callbacks.settled()
    return phone


def ringing(caller: str) -> dict[str, str]:
    return {
        "CallSid": "CA" + uuid4().hex,
        "AccountSid": ACCOUNT,
        "From": caller,
        "To": NUMBER,
        "Caller": caller,
        "Called": NUMBER,
        "CallStatus": "ringing",
        "Direction": "inbound",
        "ApiVersion": "2010-04-01",
    }


async def device(town: Town, **options: Any) -> Page:
    """A browser that nobody used before."""
    context = await town.desk.browser.new_context(locale="en-GB", viewport={"width": 390, "height": 844}, **options)
    town.desk.contexts.append(context)
    return await context.new_page()


async def chats(town: Town, text: str, page: Page | None = None) -> Visitor:
    """Somebody new in the chat, who says this."""
    page = page or await device(town)
    await page.goto(f"{town.desk.hub.url}/chat/{town.desk.chat}")
    visitor = Visitor(page, page)
    await visitor.field.wait_for()
    await visitor.says(text)
    return visitor


async def continues(page: Page) -> None:
    await page.get_by_role("button", name="Continue the conversation").click()


async def types_code(page: Page, code: str) -> None:
    await page.get_by_label("Code from our message").fill(code)
    async with page.expect_response("**/proof"):
        await continues(page)


def listens(page: Page) -> list[str]:
    """All that comes to a page, on its socket and by HTTP, as it comes."""
    frames: list[str] = []
    tasks: set[asyncio.Task[None]] = set()

    async def keep(response: Any) -> None:
        try:
            frames.append(await response.text())
        except Exception:
            return

    def came(response: Any) -> None:
        if "/socket.io/" in response.url or response.request.resource_type in ("fetch", "xhr", "document"):
            task = asyncio.ensure_future(keep(response))
            tasks.add(task)
            task.add_done_callback(tasks.discard)

    page.on("websocket", lambda line: line.on("framereceived", lambda frame: frames.append(str(frame))))
    page.on("response", came)
    return frames


# --- the agent's side ---


async def replies(town: Town, thread_id: str, channel: str, text: str, **more: Any) -> Any:
    thread = await thread_at(town, thread_id)
    target = next(one for one in thread["targets"] if one["channel"] == channel)
    body = {
        "client_key": new_key(),
        "last_seen_seq": thread["last_seq"],
        "inbox_id": target["inbox_id"],
        "to": {name: target["to"][name] for name in ("kind", "address")},
        "text": text,
        "undo_s": 0,
    }
    return await town.desk.owner.post(f"/threads/{thread_id}/replies", body | more)


async def invited(town: Town, thread_id: str, address: str) -> str:
    await replies(town, thread_id, "email", "Shall we talk?", chat_link=True)
    mail = await mail_with(town, address, "Shall we talk?")
    return next(word for word in mail.text.split() if "/c/" in word)


async def asks_proof(town: Town, thread_id: str, kind: str, address: str, where: str = "address") -> None:
    asked = {"kind": kind, "address": address, "code_channel": where}
    if kind == "email" and where == "address":
        asked["inbox_id"] = town.desk.mailbox
    if kind == "phone":
        asked["inbox_id"] = town.inboxes["sms"]
    await town.desk.owner.post(f"/threads/{thread_id}/proofs", asked)


async def thread_at(town: Town, thread_id: str) -> Any:
    return await town.desk.owner.get(f"/threads/{thread_id}")


async def customer_at(town: Town, thread_id: str) -> Any:
    return (await thread_at(town, thread_id))["customer"]


async def identities(town: Town, thread_id: str, kind: str) -> list[Any]:
    return [one for one in (await customer_at(town, thread_id))["identities"] if one["kind"] == kind]


async def thread_of(town: Town, address: str) -> Any:
    """Whose address it is, once there is somebody; typed ones don't count."""

    async def found() -> Any:
        people = (await town.desk.owner.get("/customers", limit=100))["items"]
        return next((one for one in people if address in one["addresses"]), None)

    return await thread_at(town, (await until(found, f"the customer {address}"))["thread_id"])


async def thread_with(town: Town, text: str) -> Any:
    """The thread of whoever said this in the chat."""

    async def found() -> Any:
        for case in (await town.desk.owner.get("/cases", view="all", limit=100))["items"]:
            if case["channel"] == "chat" and case["subject"].startswith(text):
                return case
        return None

    return await thread_at(town, (await until(found, f"the case {text}"))["thread_id"])


async def heard_in(town: Town, thread_id: str) -> list[Any]:
    """What customers said."""
    entries = (await thread_at(town, thread_id))["entries"]
    return [entry for entry in entries if entry["kind"] == "message" and entry["direction"] == "in"]


async def holds(town: Town, thread_id: str, text: str) -> bool:
    return any(text in entry["text"] for entry in await heard_in(town, thread_id))


async def has_event(town: Town, thread_id: str, what: str) -> bool:
    entries = (await thread_at(town, thread_id))["entries"]
    return any(entry["kind"] == "event" and entry["event"]["type"] == what for entry in entries)


async def trusts(town: Town, thread_id: str, trust: str) -> bool:
    return {one["trust"] for one in (await customer_at(town, thread_id))["identities"]} == {trust}


async def proofs_in(town: Town, thread_id: str) -> Any:
    return await town.desk.owner.get(f"/threads/{thread_id}/proofs")


async def tried(town: Town, thread_id: str, left: int) -> bool:
    return bool((await proofs_in(town, thread_id))[0]["tries_left"] == left)


async def joined(town: Town, address: str, text: str) -> bool:
    thread = await thread_of(town, address)
    return await holds(town, thread["id"], text)


async def standing(town: Town, thread_id: str) -> dict[str, Any]:
    """Who she is and how her cases stand: what nobody else may change."""
    thread = await thread_at(town, thread_id)
    customer = thread["customer"]
    who = sorted((one["kind"], one["address"], one["trust"]) for one in customer["identities"])
    consents = await town.desk.owner.get(f"/customers/{customer['id']}/consents")
    cases = {case["id"]: (case["status"], case["subject"], case["assignee"]) for case in thread["cases"]}
    events = [entry["event"]["type"] for entry in thread["entries"] if entry["kind"] == "event"]
    return {"name": customer["name"], "who": who, "consents": consents, "cases": cases, "events": events}


async def everything(town: Town) -> set[str]:
    """The ids of all that was stored of what arrived."""
    ids: set[str] = set()
    for state in ("new", "done", "ignored", "dead"):
        asked: dict[str, str | int] = {"state": state, "limit": 100}
        while True:
            page = await town.desk.owner.get("/envelopes", **asked)
            ids |= {one["id"] for one in page["items"]}
            if page["next"] is None:
                break
            asked["cursor"] = page["next"]
    return ids


async def failed_delivery(town: Town, thread_id: str, text: str) -> Any:
    for entry in (await thread_at(town, thread_id))["entries"]:
        if entry["text"] == text and entry["deliveries"] and entry["deliveries"][0]["state"] == "failed":
            return entry["deliveries"][0]
    return None


async def emptied(faults: Any) -> bool:
    return not faults


async def arrived(town: Town, to: str, text: str) -> bool:
    return any(one.asked["To"] == to and one.asked["Body"] == text for one in town.sms.taken)


def new_key() -> str:
    return f"key-{uuid4().hex}"


async def told_of(heard: list[str], text: str) -> bool:
    return any(text in one for one in heard)
