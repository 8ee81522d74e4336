"""The story's negative twin: whoever isn't Maya sees not a word of hers and changes nothing.

The forwarded link, the mail scanner, the number that somebody else typed, the forged mail, call and webhook, the
guessed code, the message after STOP. Beside each refusal stands the same act by whoever may do it, which works.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from connectors.twilio_sms.simulator import TwilioSimulator
from connectors.twilio_voice.simulator import Sound
from hub.testkit import Fault, Mischief
from tests.e2e.desk import until
from tests.e2e.town import Town, open_town
from tests.e2e.twin import (
    MX,
    arrived,
    asks_proof,
    chats,
    continues,
    customer_at,
    device,
    digits,
    emptied,
    everything,
    failed_delivery,
    has_event,
    heard_in,
    holds,
    identities,
    invited,
    joined,
    listens,
    mail_with,
    mailed_code,
    mails,
    new_key,
    proofs_in,
    replies,
    ringing,
    rings_in,
    standing,
    texted_code,
    thread_at,
    thread_of,
    thread_with,
    told_of,
    tried,
    trusts,
    types_code,
    writes,
    wrong,
)
from tests.support.chatting import Chat, Visitor
from tests.support.hub import Hub
from tests.support.owner import ApiError
from tests.support.sockets import ConnectRefused, Socket

pytestmark = pytest.mark.timeout(240)

STRANGERS = "+447700900666"
ANOTHER = "+442079460999"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def town(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> AsyncIterator[Town]:
    """One for all these tests, each with people of its own; somebody of the team is there."""
    hub = Hub(tmp_path_factory.mktemp("twin"))

    def start(**_: Any) -> Hub:
        return hub.start()

    try:
        async with open_town(start, browser) as opened:
            desk = opened.desk
            (mailbox,) = [one for one in await desk.owner.get("/inboxes") if one["id"] == desk.mailbox]
            trusting = {"settings": {**mailbox["settings"], "trusted_server": MX}}
            await desk.owner.call("PATCH", f"/inboxes/{desk.mailbox}", trusting)
            chat = Chat(hub, desk.owner, desk.chat)
            agent = await chat.sit_down()
            yield opened
            await agent.disconnect()
    finally:
        hub.kill()


# --- the forwarded link ---


async def test_a_stranger_with_the_forwarded_link_sees_nothing_and_guesses_no_code(town: Town) -> None:
    maya, words = "maya.link@mail.example", "The boots for my wedding"
    thread = await writes(town, maya, words)
    link = await invited(town, thread, maya)
    hers = await device(town)
    await hers.goto(link)
    await continues(hers)
    await expect(hers.get_by_text(words)).to_be_visible()

    stranger = await device(town)
    frames = listens(stranger)
    await stranger.goto(link)
    await continues(stranger)
    await expect(stranger.get_by_role("alert")).to_contain_text("another device")
    await stranger.get_by_role("button", name="Send a code to m•••@mail.example").click()
    code = await mailed_code(town, maya, 1)
    assert {to for mail in town.desk.provider.mails if digits(mail) for to in mail.recipients} == {maya}
    for guess in wrong(code, 5):
        await types_code(stranger, guess)
        await expect(stranger.get_by_role("alert")).to_contain_text("isn't right")
    await types_code(stranger, code)
    await expect(stranger.get_by_role("alert")).to_contain_text("run out")
    assert await stranger.locator("article").count() == 0
    assert not [frame for frame in frames if words in frame or maya in frame or '"visitor"' in frame]
    assert len(await identities(town, thread, "visitor")) == 1

    second = await device(town)
    await second.goto(link)
    await continues(second)
    await second.get_by_role("button", name="Send a code to m•••@mail.example").click()
    await second.get_by_label("Code from our message").wait_for()
    await types_code(second, await mailed_code(town, maya, 2))
    await expect(second.get_by_text(words)).to_be_visible()
    assert len(await identities(town, thread, "visitor")) == 2


# --- the mail scanner ---


async def test_a_scanner_that_opens_the_link_first_spends_nothing(town: Town) -> None:
    maya, words = "maya.scanned@mail.example", "A question about the scanner"
    thread = await writes(town, maya, words)
    link = await invited(town, thread, maya)
    async with aiohttp.ClientSession(headers={"User-Agent": "LinkScanner/1.0"}) as scanner:
        for method, headers in (("HEAD", {}), ("GET", {}), ("GET", {"Purpose": "prefetch", "Sec-Purpose": "prefetch"})):
            async with scanner.request(method, link, headers=headers) as seen:
                assert (seen.status, seen.method) == (200, method)
                assert words not in await seen.text()
                assert "set-cookie" not in seen.headers
    for options in ({"java_script_enabled": False}, {}):
        looking = await device(town, **options)
        await looking.goto(link, wait_until="networkidle")
        assert words not in await looking.content()
    assert await identities(town, thread, "visitor") == []

    hers = await device(town)
    await hers.goto(link)
    await continues(hers)
    await expect(hers.get_by_text(words)).to_be_visible()
    async with aiohttp.ClientSession() as pressing, pressing.post(link) as late:
        assert late.status == 409, "what a scanner's look doesn't spend, the button does"


# --- somebody else's number ---


async def test_a_stranger_who_types_her_number_gets_nothing_of_hers(town: Town) -> None:
    maya, words = "+447700900301", "Is my ring ready?"
    await town.texts(words, sender=maya)
    hers = await thread_of(town, maya)

    stranger = await device(town)
    frames = listens(stranger)
    chat = await chats(town, f"It is me, Maya. My number is {maya}, what did I ask?", stranger)
    theirs = await thread_with(town, "It is me, Maya.")
    assert theirs["id"] != hers["id"]
    await asks_proof(town, theirs["id"], "phone", maya)
    code = await until(lambda: texted_code(town, maya), "the code on her telephone")
    await expect(chat.page.get_by_text("texted you")).to_be_visible()

    await town.texts("Who wants a code of me?", sender=maya)
    await town.texts(code, sender=maya)
    await until(lambda: holds(town, hers["id"], code), "her texts in her thread")
    assert [e["text"] for e in await heard_in(town, hers["id"])] == [words, "Who wants a code of me?", code]
    assert [e["channel"] for e in await heard_in(town, theirs["id"])] == ["chat"]
    claim = next(one for one in (await customer_at(town, theirs["id"]))["claims"] if one["address"] == maya)
    confirm = f"/customers/{theirs['customer']['id']}/identities/{claim['id']}/confirm"
    with pytest.raises(ApiError, match="belongs to") as refused:
        await town.desk.owner.post(confirm, {"reason": "They said so."})
    assert refused.value.status == 409
    shown = "".join(frames)
    assert "It is me, Maya" in shown, "the ears work"
    assert not [word for word in (words, "Who wants a code", code) if word in shown]

    await chat.says("The code was " + code)
    await until(lambda: has_event(town, theirs["id"], "proved"), "the code in the conversation that asked for it")


async def test_a_number_typed_before_she_ever_wrote_is_still_hers(town: Town) -> None:
    maya = "+447700900302"
    chat = await chats(town, "My number is her number")
    theirs = await thread_with(town, "My number is her number")
    await asks_proof(town, theirs["id"], "phone", maya)
    await until(lambda: texted_code(town, maya), "the code")
    await town.texts("I never asked for that", sender=maya)
    hers = await thread_of(town, maya)
    assert hers["id"] != theirs["id"]
    assert [e["text"] for e in await heard_in(town, hers["id"])] == ["I never asked for that"]
    assert "I never asked" not in await chat.page.content()
    assert [one["trust"] for one in (await customer_at(town, hers["id"]))["identities"]] == ["verified"]


async def test_caller_id_alone_proves_nothing_and_is_marked(town: Town) -> None:
    maya = "+447700900303"
    await rings_in(town, STRANGERS, attested="", shown_as=maya)
    thread = await thread_of(town, maya)
    (call,) = [entry for entry in thread["entries"] if entry["kind"] == "call"]
    assert call["proof"] == "claimed"
    assert [(one["address"], one["trust"]) for one in thread["customer"]["identities"]] == [(maya, "claimed")]
    assert STRANGERS not in str(thread)

    await town.texts("It is really me", sender=maya)
    await until(lambda: trusts(town, thread["id"], "verified"), "the number proven by her own text")
    before = await customer_at(town, thread["id"])
    phone = await rings_in(town, STRANGERS, attested="", shown_as=maya)
    assert "really me" not in " ".join(phone.said(Sound.SPEECH))
    calls = [e for e in (await thread_at(town, thread["id"]))["entries"] if e["kind"] == "call"]
    assert [one["proof"] for one in calls] == ["claimed", "claimed"]
    assert {**await customer_at(town, thread["id"]), "identities": None} == {**before, "identities": None}

    attested = "+447700900304"
    await rings_in(town, attested, attested="A")
    control = await thread_of(town, attested)
    assert [one["trust"] for one in control["customer"]["identities"]] == ["verified"]


# --- the forged mail ---


async def test_a_forged_mail_in_her_name_is_marked_and_changes_nothing(town: Town) -> None:
    """With all that a copy of our mail to her tells: its id, its address with the token, its words."""
    maya = "maya.forged@mail.example"
    thread = await writes(town, maya, "My ring is too small")
    await replies(town, thread, "email", "We make it larger.")
    ours = await mail_with(town, maya, "We make it larger.")
    (case,) = (await thread_at(town, thread))["cases"]
    await town.desk.owner.call("PATCH", f"/cases/{case['id']}", {"status": "done"})
    before = await standing(town, thread)

    texts = ("Cancel everything", "STOP", "And the money to this account")
    for text, answers in zip(texts, (None, ours, ours), strict=True):
        await mails(town, maya, text, verdict="fail", answers=answers, reply_to="mallory@evil.example")
        await until(lambda text=text: holds(town, thread, text), "the forged mail, shown")
    forged = [entry for entry in await heard_in(town, thread) if entry["text"].strip().split("\n")[0] in texts]
    assert [(entry["proof"], entry["proof_detail"]) for entry in forged] == [("failed", "dmarc=fail")] * 3
    (own,) = {entry["case_id"] for entry in forged}
    after = await standing(town, thread)
    assert after["cases"].pop(own)[0] == "open", "in a case of their own, so that somebody sees them"
    assert after == before
    targets = (await thread_at(town, thread))["targets"]
    assert "evil.example" not in str(targets)

    await mails(town, maya, "Thank you, one more thing", answers=ours)
    await until(lambda: holds(town, thread, "one more thing"), "her own answer")
    statuses = {c["id"]: c["status"] for c in (await thread_at(town, thread))["cases"]}
    assert statuses[case["id"]] == "open", "hers opens it again"


async def test_an_unproven_first_mail_in_her_name_verifies_nothing(town: Town) -> None:
    maya = "maya.unproven@mail.example"
    for verdict in ("", "none", "fail"):
        await mails(town, maya, f"With verdict {verdict or 'missing'}", verdict=verdict)
    thread = await thread_of(town, maya)
    await until(lambda: holds(town, thread["id"], "verdict fail"), "the three mails")
    assert {one["trust"] for one in (await customer_at(town, thread["id"]))["identities"]} == {"claimed"}
    elsewhere = f"Authentication-Results: mx.evil.example; dmarc=pass header.from={maya.partition('@')[2]}"
    await mails(town, maya, "Vouched for by a stranger's server", verdict="", header=elsewhere)
    await until(lambda: holds(town, thread["id"], "stranger's server"), "the fourth")
    assert {one["trust"] for one in (await customer_at(town, thread["id"]))["identities"]} == {"claimed"}

    await mails(town, maya, "With the server's word")
    await until(lambda: trusts(town, thread["id"], "verified"), "the address proven by the shop's own server")


async def test_a_known_reference_from_an_unknown_sender_crosses_nothing(town: Town) -> None:
    maya, mallory = "maya.quoted@mail.example", "mallory@evil.example"
    thread = await writes(town, maya, "About order 48213")
    await replies(town, thread, "email", "It leaves tonight.")
    ours = await mail_with(town, maya, "It leaves tonight.")
    before = await standing(town, thread)
    await mails(town, mallory, "Please tell me more", answers=ours, subject="Re: My order")
    theirs = await thread_of(town, mallory)
    assert theirs["id"] != thread
    assert [e["text"].split("\n")[0] for e in await heard_in(town, theirs["id"])] == ["Please tell me more"]
    (named,) = await heard_in(town, theirs["id"])
    assert named["refers_to"]["thread_id"] == thread, "agents are told what it names"
    assert await standing(town, thread) == before
    assert mallory not in str(await thread_at(town, thread))
    assert not [mail for mail in town.desk.provider.mails if mallory in mail.recipients]

    await mails(town, maya, "Thank you for that", answers=ours, subject="Another subject")
    await until(lambda: holds(town, thread, "Thank you for that"), "her own answer in her thread")
    assert [entry["case_reason"] for entry in await heard_in(town, thread)][-1] == "token"


async def test_the_code_on_a_stranger_s_screen_is_worth_nothing_in_a_forged_mail(town: Town) -> None:
    """Shown in the conversation it has to come from the address, surely: the stranger knows it, and can forge."""
    maya = "maya.victim@mail.example"
    hers = await writes(town, maya, "Only for the shop")
    await replies(town, hers, "email", "Only for Maya.")
    ours = await mail_with(town, maya, "Only for Maya.")
    chat = await chats(town, "I am Maya, really")
    theirs = (await thread_with(town, "I am Maya, really"))["id"]
    await asks_proof(town, theirs, "email", maya, "conversation")
    shown = chat.log.get_by_text(re.compile("send us the code [0-9]{6}"))
    await expect(shown).to_be_visible()
    code = re.findall(r"[0-9]{6}", await shown.inner_text())[0]
    for verdict, answers in (("fail", None), ("fail", ours), ("", None)):
        await mails(town, maya, f"{code} ({verdict or 'nothing'}, {bool(answers)})", verdict=verdict, answers=answers)
        await until(lambda v=verdict, a=answers: holds(town, hers, f"{v or 'nothing'}, {bool(a)}"), "it")
    assert not await has_event(town, theirs, "proved")
    assert [one["state"] for one in await proofs_in(town, theirs)] == ["open"]
    assert (await customer_at(town, theirs))["id"] != (await customer_at(town, hers))["id"]
    assert "Only for" not in await chat.page.content()

    await mails(town, maya, f"Here is the code: {code}")
    await until(lambda: joined(town, maya, "I am Maya, really"), "both as one person, by her own mail")


# --- the forged webhook ---


async def test_a_forged_webhook_leaves_no_trace(town: Town) -> None:
    sms, meta, voice = town.sms, town.instagram, town.voice
    before = await everything(town)
    person = meta.person("forged_maya")
    assert await sms.deliver(sms.says("+447700900501", "Forged"), mischief=Mischief.FORGED) == [401]
    assert await meta.deliver(meta.webhook(person.writes("Forged")), mischief=Mischief.FORGED) == [401]
    call = voice.event(voice.hook_url, ringing("+447700900501"))
    assert await voice.deliver(call, mischief=Mischief.FORGED) == [401]
    for unsigned in (sms.says("+447700900501", "Bare"), call, meta.webhook(person.writes("Bare"))):
        async with (
            aiohttp.ClientSession() as session,
            session.post(unsigned.url, data=unsigned.body, headers=dict(unsigned.headers)) as refused,
        ):
            assert refused.status == 401
    assert await everything(town) == before

    await sms.deliver(sms.says("+447700900501", "Signed"))
    await meta.tells(person.writes("Signed"))
    assert await voice.deliver(voice.event(voice.hook_url, ringing("+447700900502"))) == [200]
    assert len(await everything(town)) == len(before) + 3


async def test_another_inbox_s_signature_is_none_here(town: Town) -> None:
    """The neighbour's account signs rightly, for itself; and our own other line's signature names its own address."""
    sms, voice = town.sms, town.voice
    neighbour = TwilioSimulator("AC" + "9" * 32, "another-token", number=ANOTHER)
    inbox = await town.desk.owner.new_inbox(
        "twilio_sms", account_sid=neighbour.account, auth_token=neighbour.token, number=ANOTHER, **sms.settings()
    )
    before = await everything(town)
    neighbour.hook_url = sms.hook_url
    assert await neighbour.deliver(neighbour.says("+447700900503", "From next door")) == [401]
    ours = sms.says("+447700900503", "From here")
    signed = sms.sign(ours)
    for elsewhere in (inbox["hook_url"], voice.hook_url):
        async with (
            aiohttp.ClientSession() as session,
            session.post(elsewhere, data=signed.body, headers=dict(signed.headers)) as refused,
        ):
            assert refused.status == 401
    assert await everything(town) == before

    neighbour.hook_url = inbox["hook_url"]
    assert await neighbour.deliver(neighbour.says("+447700900503", "From next door")) == [200]
    assert await sms.deliver(ours) == [200]
    assert len(await everything(town)) == len(before) + 2
    await town.desk.owner.call("DELETE", f"/inboxes/{inbox['id']}")


# --- STOP ---


async def test_stop_holds_back_what_is_queued_and_refuses_what_is_written(town: Town) -> None:
    maya, sms = "+447700900601", town.sms
    await town.texts("Any news?", sender=maya)
    thread = (await thread_of(town, maya))["id"]
    sms.retry_after = 2
    sms.misbehave(Fault.BUSY)
    await replies(town, thread, "sms", "Queued before the stop")
    held = await replies(town, thread, "sms", "Held before the stop", undo_s=30)
    await until(lambda: emptied(sms.faults), "the provider's refusal")
    await town.texts("STOP", sender=maya)
    failed = await until(lambda: failed_delivery(town, thread, "Queued before the stop"), "the end of what was queued")
    assert "stopped messages" in failed["reason"]
    given_back = (await town.desk.owner.post(f"/held/{held['held']['id']}/now"))["held"]
    assert "stopped messages" in given_back["held_reason"]
    with pytest.raises(ApiError, match="stopped messages"):
        await replies(town, thread, "sms", "Written after the stop")
    target = next(one for one in (await thread_at(town, thread))["targets"] if one["channel"] == "sms")
    assert (target["usable"], target["stopped"]) == (False, True)
    assert [taken for taken in sms.taken if taken.asked["To"] == maya] == []

    await town.texts("START", sender=maya)
    await replies(town, thread, "sms", "Written after the start")
    await until(lambda: arrived(town, maya, "Written after the start"), "the answer")
    bodies = [taken.asked["Body"] for taken in sms.taken if taken.asked["To"] == maya]
    assert bodies == ["Written after the start"], "what was stopped stays stopped"


# --- the guessed code ---


async def test_a_code_is_dead_after_five_guesses_and_another_s_proves_nothing(town: Town) -> None:
    maya, other = "maya.guessed@mail.example", "other.guessed@mail.example"
    guessing, honest = await chats(town, "I shall guess"), await chats(town, "I shall not guess")
    theirs, others = [(await thread_with(town, f"I shall {word}"))["id"] for word in ("guess", "not guess")]
    await asks_proof(town, theirs, "email", maya)
    await asks_proof(town, others, "email", other)
    code, foreign = await mailed_code(town, maya, 1), await mailed_code(town, other, 1)
    await guessing.says(f"Is it {foreign}?")
    await until(lambda: tried(town, theirs, 4), "a customer's code, of no use to another")
    assert [(one["state"], one["tries_left"]) for one in await proofs_in(town, others)] == [("open", 5)]
    for left, guess in zip((3, 2, 1, 0), wrong(code, 4), strict=True):
        await guessing.says(guess)
        await until(lambda left=left: tried(town, theirs, left), f"{left} tries left")
    await guessing.says(code)
    await until(lambda: holds(town, theirs, code), "the right code, too late")
    assert [one["state"] for one in await proofs_in(town, theirs)] == ["failed"]
    assert await has_event(town, theirs, "proof failed")
    assert {one["kind"] for one in (await customer_at(town, theirs))["identities"]} == {"visitor"}

    await honest.says(f"It is {foreign}")
    await until(lambda: has_event(town, others, "proved"), "the honest one's code")
    await asks_proof(town, theirs, "email", maya)
    await guessing.says(await mailed_code(town, maya, 2))
    await until(lambda: has_event(town, theirs, "proved"), "a new code, typed rightly")


# --- what a visitor hears ---


async def test_notes_events_and_others_words_never_reach_a_visitor(town: Town) -> None:
    desk, hub = town.desk, town.desk.hub
    maya = "maya.listens@mail.example"
    thread = await writes(town, maya, "All of mine is mine to see")
    page = await device(town)
    frames = listens(page)
    await page.goto(await invited(town, thread, maya))
    await continues(page)
    chat = Visitor(page, page)
    await expect(chat.log).to_contain_text("All of mine is mine to see")
    await chat.says("Here I am to listen")
    agent = await desk.sit_down()
    told = listens(agent)
    await agent.goto(f"{hub.url}/inbox/all/{thread}")
    await expect(agent.locator("#timeline").get_by_text("Here I am to listen")).to_be_visible()

    (case,) = (await thread_at(town, thread))["cases"]
    note = await desk.owner.post(f"/threads/{thread}/notes", {"client_key": new_key(), "text": "SECRET-NOTE"})
    await desk.owner.call("PATCH", f"/cases/{case['id']}", {"subject": "SECRET-SUBJECT", "priority": "urgent"})
    soon = {"text": "SECRET-PROMISE", "due_at": "2099-01-01T12:00:00Z"}
    await desk.owner.post(f"/threads/{thread}/promises", soon)
    draft = {"inbox_id": desk.chat, "text": "SECRET-DRAFT"}
    await desk.owner.call("PUT", f"/threads/{thread}/drafts/reply:{desk.chat}", draft)
    await chats(town, "SECRET-NEIGHBOUR")
    other = await thread_with(town, "SECRET-NEIGHBOUR")
    await replies(town, thread, "chat", "An answer for everybody here")
    await expect(chat.log.get_by_text("An answer for everybody here")).to_be_visible()
    await expect(agent.locator("#timeline").get_by_text("SECRET-NOTE")).to_be_visible()

    await page.reload()
    await expect(chat.log.get_by_text("An answer for everybody here")).to_be_visible()
    token = re.findall(r'"visitor":"([^"]+)"', "".join(frames))[0]
    probed = await _probes(town, token, [note["id"], other["entries"][0]["id"], thread, other["id"]])
    for heard in (frames, probed):
        assert "An answer for everybody here" in "".join(heard), "the ears work"
        assert not [frame for frame in heard if "SECRET" in frame or "owner@shop.example" in frame]
        kinds = set(re.findall(r'"kind":\s*"(\w+)"', "".join(heard)))
        assert kinds <= {"message", "call"}, kinds
    assert "SECRET-NOTE" in "".join(told), "agents hear it, by the same ears"


async def _probes(town: Town, token: str, ids: list[str]) -> list[str]:
    """All that a visitor can ask for, asked with their own token about what isn't theirs."""
    hub, heard = town.desk.hub, list[str]()
    async with aiohttp.ClientSession() as http:
        hello = {"inbox": town.desk.chat, "visitor": token}
        origin = {"Origin": hub.url}
        socket = await Socket.connect(
            http,
            hub.url,
            namespace="/visitor",
            auth=hello,
            headers=origin,
            heard=lambda event, value: heard.append(f"{event} {json.dumps(value)}"),
        )
        await until(lambda: told_of(heard, "An answer for everybody here"), "the history on a new socket")
        for event in ("changes", "before", "thread", "open", "watch", "read", "got"):
            for about in ({"after": 0}, *({"id": id_, "thread": id_, "rev": 0} for id_ in ids)):
                heard.append(json.dumps(await socket.call(event, about)))
        await socket.close()
        with pytest.raises(ConnectRefused):
            await Socket.connect(http, hub.url, namespace="/agent", auth=hello, headers=origin)
        for scheme in ("Visitor", "Bearer"):
            for path in ("/me", "/cases", "/customers", f"/threads/{ids[2]}", f"/threads/{ids[3]}", "/search?q=SECRET"):
                async with http.get(f"{hub.url}/api{path}", headers={"Authorization": f"{scheme} {token}"}) as refused:
                    assert refused.status == 401, path
                    heard.append(await refused.text())
        for id_ in ids:
            async with http.get(f"{hub.url}/visitor/attachments/{id_}", params={"token": token}) as gone:
                assert gone.status == 404
                heard.append(await gone.text())
        async with http.get(f"{hub.url}/widget/config/{town.desk.chat}") as config:
            heard.append(await config.text())
    return heard
