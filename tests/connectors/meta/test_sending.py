"""What leaves, over real sockets: what Meta is asked, and what its answers mean."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from connectors.meta.errors import CODES, Told, raise_answer, reason
from connectors.meta.instagram.conformance import ACCOUNT as INSTAGRAM_ID
from connectors.meta.messenger.conformance import ACCOUNT as PAGE_ID
from connectors.meta.rules import GraphError
from connectors.meta.simulator import MetaSimulator
from hub.contract import (
    Choice,
    ConnectorError,
    Marks,
    OutgoingFile,
    Refused,
    Types,
    Unauthorised,
    Unavailable,
    Uncertain,
)
from hub.testkit import Fault
from tests.connectors.meta.support import (
    answer,
    at_instagram,
    at_messenger,
    instagram,
    messenger,
    sign,
    who_wrote,
)
from tests.support.specs import published


@pytest.fixture
async def page() -> AsyncIterator[MetaSimulator]:
    async with at_messenger() as running:
        yield running


@pytest.fixture
async def insta() -> AsyncIterator[MetaSimulator]:
    async with at_instagram() as running:
        yield running


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def a_file(url: str, type: str = "image/png", size: int = 3) -> OutgoingFile:
    async def read() -> bytes:
        raise AssertionError("Meta fetches the file itself")

    return OutgoingFile("boots", type, size, read, url=url)


async def test_a_message_goes_out_with_our_key_in_it(page: MetaSimulator, http: aiohttp.ClientSession) -> None:
    ada = who_wrote(page)
    ref = await messenger(http, **page.settings()).send(answer(ada))
    (asked,) = page.asked
    assert asked.model_dump(exclude_none=True, exclude_defaults=True) == {
        "recipient": {"id": ada.id},
        "messaging_type": "RESPONSE",
        "message": {"text": "It left this morning.", "metadata": f"d-7f3a.{sign('metadata:d-7f3a')}"},
    }
    assert (ada.turns[-1].mid, ada.turns[-1].text) == (ref, "It left this morning.")


async def test_choices_become_buttons_below_the_text(insta: MetaSimulator, http: aiohttp.ClientSession) -> None:
    ada = who_wrote(insta)
    choices = tuple(Choice(f"size:{size}", f"Size {size}") for size in range(30, 43))
    await instagram(http, **insta.settings()).send(answer(ada, "Which size?", choices=choices))
    assert ada.turns[-1].choices[0] == ("Size 30", "size:30")
    assert len(ada.turns[-1].choices) == 13
    (chosen,) = instagram().normalise(insta.webhook(ada.picks(ada.turns[-1], "Size 39")))
    assert getattr(chosen, "choice", "") == "size:39"


async def test_what_an_answer_is_about_is_shown_where_that_is_set(
    page: MetaSimulator, http: aiohttp.ClientSession
) -> None:
    ada = who_wrote(page)
    about = answer(ada, reply_to=("m_17", "m_16"))
    await messenger(http, **page.settings()).send(about)
    await messenger(http, quotes=True, **page.settings()).send(about)
    assert [turn.reply_to for turn in ada.turns[-2:]] == ["", "m_17"]


@pytest.mark.parametrize(
    ("build", "at", "subcode"), [(messenger, at_messenger, 2018278), (instagram, at_instagram, 2534022)]
)
async def test_after_a_day_only_a_person_answers_and_only_if_meta_has_granted_it(
    build: Any, at: Any, subcode: int, http: aiohttp.ClientSession
) -> None:
    async with at() as meta:
        ada = who_wrote(meta)
        usual, granted = build(http, **meta.settings()), build(http, human_agent=True, **meta.settings())
        assert (usual.capabilities.late_window_s, granted.capabilities.late_window_s) == (None, 7 * 86_400)
        meta.ahead = timedelta(hours=25)
        with pytest.raises(Refused, match=f"reply window is closed.*10/{subcode}"):
            await usual.send(answer(ada))
        with pytest.raises(Refused, match="Only a person"):
            await usual.send(answer(ada, late=True))
        with pytest.raises(Refused, match="Only a person"):
            await granted.send(answer(ada, late=True, automatic=True))
        with pytest.raises(Refused, match="reply window is closed"):
            await granted.send(answer(ada, late=True))  # the setting claims more than Meta has granted
        meta.human_agent = True
        await granted.send(answer(ada, late=True))
        assert (meta.asked[-1].messaging_type, meta.asked[-1].tag) == ("MESSAGE_TAG", "HUMAN_AGENT")
        meta.ahead = timedelta(days=8)
        with pytest.raises(Refused, match="reply window is closed"):
            await granted.send(answer(ada, late=True))
        ada.writes("Hello again")
        await usual.send(answer(ada))
    assert len(meta.shown) == 2


async def test_a_file_is_fetched_by_meta_and_comes_as_what_it_is(
    page: MetaSimulator, http: aiohttp.ClientSession
) -> None:
    ada, connector = who_wrote(page), messenger(http, **page.settings())
    for type, kind in [
        ("image/png", "image"),
        ("video/mp4", "video"),
        ("audio/mp4", "audio"),
        ("application/pdf", "file"),
    ]:
        url = page.keep("boots", type, b"abc").url
        await connector.send(answer(ada, "", files=(a_file(url, type),)))
        held = ada.turns[-1].file
        assert held
        assert page.asked[-1].message
        assert page.asked[-1].message.attachment
        assert (page.asked[-1].message.attachment.type, held.content) == (kind, b"abc")


async def test_a_file_that_cannot_be_fetched_is_told_with_the_cause(
    page: MetaSimulator, http: aiohttp.ClientSession
) -> None:
    ada, connector = who_wrote(page), messenger(http, **page.settings())
    with pytest.raises(Refused, match=r"public address must be reachable.*100/2018008"):
        await connector.send(answer(ada, "", files=(a_file(f"{page.url}/nowhere"),)))
    with pytest.raises(Refused, match="no public address"):
        await connector.send(answer(ada, "", files=(a_file(""),)))
    with pytest.raises(Refused, match="larger than 25 MB"):
        await connector.send(answer(ada, "", files=(a_file("x", size=26 * 2**20),)))
    with pytest.raises(Refused, match="one by one"):
        await connector.send(answer(ada, "With text", files=(a_file("x"),)))
    assert page.shown == []


async def test_instagram_takes_pictures_videos_and_audio_and_small_pictures_only() -> None:
    connector = instagram()
    with pytest.raises(Refused, match="pictures, videos and audio only"):
        await connector.send(answer("", "", files=(a_file("x", "application/pdf"),)))
    with pytest.raises(Refused, match="larger than 8 MB"):
        await connector.send(answer("", "", files=(a_file("x", "image/png", 9 * 2**20),)))
    with pytest.raises(Refused, match="larger than 25 MB"):
        await connector.send(answer("", "", files=(a_file("x", "video/mp4", 26 * 2**20),)))


async def test_who_is_gone_is_told_in_words(page: MetaSimulator, http: aiohttp.ClientSession) -> None:
    ada, connector = who_wrote(page), messenger(http, **page.settings())
    with pytest.raises(Refused, match=r"knows no such person.*100/2018001"):
        await connector.send(answer("17"))
    ada.blocked = True
    with pytest.raises(Refused, match=r"blocked the account.*551/1545041"):
        await connector.send(answer(ada))


async def test_a_text_that_is_too_long_is_refused_with_metas_words(
    insta: MetaSimulator, page: MetaSimulator, http: aiohttp.ClientSession
) -> None:
    with pytest.raises(Refused, match=r"Meta finds the message wrong: .* 1000 bytes"):
        await instagram(http, **insta.settings()).send(answer(who_wrote(insta), "ü" * 501))
    await instagram(http, **insta.settings()).send(answer(who_wrote(insta), "ü" * 500))
    with pytest.raises(Refused, match="2000"):
        await messenger(http, **page.settings()).send(answer(who_wrote(page), "ü" * 2001))
    await messenger(http, **page.settings()).send(answer(who_wrote(page), "ü" * 2000))


async def test_how_long_to_wait_is_heeded(page: MetaSimulator, http: aiohttp.ClientSession) -> None:
    ada, connector = who_wrote(page), messenger(http, **page.settings())
    page.misbehave(Fault.BUSY)
    with pytest.raises(Unavailable, match="too many requests") as raised:
        await connector.send(answer(ada))
    assert raised.value.retry_after == 7
    page.busy_minutes = 12
    with pytest.raises(Unavailable, match="613") as raised:
        await connector.send(answer(ada))
    assert raised.value.retry_after == 12 * 60
    page.busy_minutes = 10**6
    with pytest.raises(Unavailable) as raised:
        await connector.send(answer(ada))
    assert raised.value.retry_after == 86_400


async def test_a_dead_token_pauses_the_inbox(page: MetaSimulator, http: aiohttp.ClientSession) -> None:
    connector = messenger(http, access_token="a-token-of-yesterday", **page.settings())
    with pytest.raises(Unauthorised, match=r"no longer valid.*190"):
        await connector.send(answer(who_wrote(page)))


async def test_a_line_that_breaks_after_the_send_leaves_it_open(
    page: MetaSimulator, http: aiohttp.ClientSession
) -> None:
    ada = who_wrote(page)
    page.misbehave(Fault.DROPPED)
    with pytest.raises(Uncertain, match="may have been sent"):
        await messenger(http, **page.settings()).send(answer(ada))
    assert len(page.shown) == 1


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (500, '{"error": {"code": 1, "message": "An unknown error occurred"}}', Unavailable),
        (500, '{"error": {"code": 2, "is_transient": true}}', Unavailable),
        (400, '{"error": {"code": 1200}}', Unavailable),
        (400, '{"error": {"code": 80006}}', Unavailable),
        (400, '{"error": {"code": 99999, "message": "New", "is_transient": true}}', Unavailable),
        (400, '{"error": {"code": 100, "message": "Odd", "is_transient": true}}', Unavailable),
        (401, '{"error": {"code": 190, "is_transient": true}}', Unauthorised),
        (500, "<html>Sorry</html>", Uncertain),
        (502, "", Uncertain),
        (503, "", Unavailable),
        (200, "not JSON", Uncertain),
        (200, "[]", Uncertain),
        (200, "{}", Uncertain),
        (200, '{"message_id": 5}', Uncertain),
        (400, '{"error": {"code": [], "message": 5}}', Refused),
        (400, '{"error": {"code": 99999, "message": "Something new"}}', Refused),
        (
            400,
            '{"error": {"code": 10, "message": "(#10) sent outside of allowed window", "error_subcode": 5}}',
            Refused,
        ),
        (400, '{"error": {"code": 10, "message": "(#10) Application does not have permission"}}', Unauthorised),
        (400, '{"error": {"code": 200, "error_subcode": 2018028}}', Refused),
        (403, '{"error": {"code": 200}}', Unauthorised),
        (403, "", Unauthorised),
        (302, "", Refused),
    ],
)
async def test_an_answer_means_the_right_error(
    http: aiohttp.ClientSession, status: int, body: str, kind: type[ConnectorError]
) -> None:
    async def take(request: web.Request) -> web.Response:
        return web.Response(status=status, text=body, content_type="application/json")

    app = web.Application()
    app.router.add_post(f"/v23.0/{PAGE_ID}/messages", take)
    async with TestServer(app) as server:
        with pytest.raises(kind) as raised:
            await messenger(http, graph_base_url=str(server.make_url(""))).send(answer())
        assert type(raised.value) is kind
        assert str(raised.value)


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_code_of_the_table_has_its_words(code: tuple[int, int]) -> None:
    kinds = {"refused": Refused, "paused": Unauthorised, "later": Unavailable}
    does, sentence = CODES[code]
    assert not sentence.endswith(".")
    problem = f'{{"error": {{"code": {code[0]}, "error_subcode": {code[1]}, "message": "Their words"}}}}'
    with pytest.raises(kinds[does], match=f"Meta error {code[0]}") as raised:
        raise_answer(400, problem, {}, sends=True)
    assert str(raised.value).startswith(sentence)
    assert str(raised.value) == reason(Told(*code, "Their words"))


def test_of_an_act_that_breaks_inside_meta_nothing_is_uncertain() -> None:
    with pytest.raises(Unavailable):
        raise_answer(500, "Sorry", {}, sends=False)


async def test_a_meta_that_is_not_there_is_tried_again(http: aiohttp.ClientSession) -> None:
    async with at_messenger() as gone:
        settings = gone.settings()
    with pytest.raises(Unavailable, match="can't be reached"):
        await messenger(http, **settings).send(answer())


async def test_the_customer_sees_us_write_and_read(insta: MetaSimulator, http: aiohttp.ClientSession) -> None:
    ada, connector = who_wrote(insta), instagram(http, **insta.settings())
    assert isinstance(connector, Types)
    assert isinstance(connector, Marks)
    to = answer(ada).to
    await connector.typing(to, True)
    assert ada.typing
    await connector.typing(to, False)
    assert not ada.typing
    assert not ada.seen
    await connector.mark_read(to, ada.turns[0].mid)
    assert ada.seen
    assert insta.shown == []


# --- health ---


async def test_the_health_check_names_the_account(
    page: MetaSimulator, insta: MetaSimulator, http: aiohttp.ClientSession
) -> None:
    assert await messenger(http, **page.settings()).health() == "Connected to the page “Example”."
    assert await instagram(http, **insta.settings()).health() == "Connected to Instagram as @Example."
    assert await instagram(http, login="page", **insta.settings()).health() == "Connected to Instagram as @Example."


async def test_a_token_of_another_account_is_told(
    page: MetaSimulator, insta: MetaSimulator, http: aiohttp.ClientSession
) -> None:
    with pytest.raises(Refused, match=f"of another account \\({PAGE_ID}\\), not of 17171717"):
        await messenger(http, page_id="17171717", **page.settings()).health()
    with pytest.raises(Refused, match=f"of another account \\({INSTAGRAM_ID}\\)"):
        await instagram(http, instagram_id="17171717", **insta.settings()).health()
    with pytest.raises(Refused, match="does not exist"):
        await instagram(http, instagram_id="17171717", login="page", **insta.settings()).health()
    with pytest.raises(Unauthorised, match="190"):
        await messenger(http, access_token="a-token-of-yesterday", **page.settings()).health()


async def test_what_the_account_is_not_subscribed_to_is_told(
    page: MetaSimulator, insta: MetaSimulator, http: aiohttp.ClientSession
) -> None:
    page.fields = ["messages", "messaging_postbacks", "message_deliveries", "message_reactions", "message_echoes"]
    told = await messenger(http, **page.settings()).health()
    assert "Not subscribed at Meta: message_reads, message_edits" in told
    assert "what they have read and what they change" in told
    page.fields = ["message_reads"]
    with pytest.raises(Refused, match=r"nothing arrives.*field messages"):
        await messenger(http, **page.settings()).health()
    with pytest.raises(Refused, match="nothing arrives"):
        await messenger(http, app_id="17171717", **page.settings()).health()
    insta.fields = ["messages"]
    assert "messaging_seen" in await instagram(http, **insta.settings()).health()
    assert "Not subscribed" not in await instagram(http, login="page", **insta.settings()).health()
    with pytest.raises(Refused, match="nothing arrives"):
        await instagram(http, login="page", app_id="17171717", **insta.settings()).health()


# --- Meta, played ---


async def test_the_simulator_refuses_what_meta_would(insta: MetaSimulator, http: aiohttp.ClientSession) -> None:
    """A simulator that takes anything proves nothing."""
    ada = who_wrote(insta)
    url, auth = f"{insta.url}/v23.0/me/messages", {"authorization": f"Bearer {insta.token}"}
    words = {"text": "Hello"}
    good = {"recipient": {"id": ada.id}, "messaging_type": "RESPONSE", "message": words}
    quick = {"content_type": "text", "title": "Yes", "payload": "yes"}
    attached = {"type": "file", "payload": {"url": "https://shop.example/a.pdf"}}
    wrong: list[tuple[Any, int, int]] = [
        ({}, 100, 0),
        (good | {"colour": "red"}, 100, 0),
        (good | {"recipient": ada.id}, 100, 0),
        (good | {"recipient": {"id": 17}}, 100, 0),
        (good | {"recipient": {"id": "17"}}, 100, 2018001),
        (good | {"messaging_type": "MESSAGE_TAG"}, 100, 0),
        (good | {"messaging_type": "NEWS"}, 100, 0),
        (good | {"tag": "HUMAN_AGENT"}, 100, 0),
        (good | {"sender_action": "typing_on"}, 100, 0),
        (good | {"message": {}}, 100, 0),
        (good | {"message": {"text": " "}}, 100, 0),
        (good | {"message": {"text": 5}}, 100, 0),
        (good | {"message": words | {"attachment": attached}}, 100, 0),
        (good | {"message": {"attachment": attached}}, 100, 0),
        (good | {"message": words | {"quick_replies": [quick] * 14}}, 100, 0),
        (good | {"message": words | {"quick_replies": [quick | {"title": "y" * 21}]}}, 100, 0),
        (good | {"message": words | {"metadata": "m" * 1001}}, 100, 0),
    ]
    for body, code, subcode in wrong:
        async with http.post(url, json=body, headers=auth) as response:
            error = (await response.json())["error"]
            assert (response.status, error["code"], error.get("error_subcode", 0)) == (400, code, subcode), body
    async with http.post(url, json=good) as response:
        assert (response.status, (await response.json())["error"]["code"]) == (401, 190)
    async with http.post(url.replace("/me/", "/17/"), json=good, headers=auth) as response:
        assert response.status == 400
    async with http.post(f"{url}?fields=id", json=good, headers=auth) as response:
        assert response.status == 400
    assert insta.shown == []
    async with http.post(
        url, json=good | {"message": words | {"quick_replies": [quick] * 13}}, headers=auth
    ) as response:
        assert set(await response.json()) == {"recipient_id", "message_id"}


def test_an_error_has_the_shape_that_meta_publishes() -> None:
    described = published("whatsapp_cloud_v23.json")["components"]["schemas"]["GraphAPIError"]["properties"]["error"]
    body = GraphError(10, "Closed", 2018278, transient=True).body()["error"]
    assert set(body) <= set(described["properties"])
    assert set(described.get("required", ())) <= set(body)
    for name, value in body.items():
        kinds = {"string": str, "integer": int, "boolean": bool}
        assert isinstance(value, kinds[described["properties"][name]["type"]])
