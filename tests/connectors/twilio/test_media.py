"""Files that Twilio keeps: taken with our credentials from its own host alone, whatever it answers."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from connectors.twilio_sms.conformance import ACCOUNT, CUSTOMER
from connectors.twilio_sms.simulator import Picture, TwilioSimulator
from hub.contract import ConnectorError, File, Message, Refused, TooLarge, Unauthorised, Unavailable
from hub.testkit import Fault
from tests.connectors.twilio_sms.support import KEY, build, provider

PHOTO = Picture("image/jpeg", b"\xff\xd8\xff" + bytes(range(256)) * 400, "péché.jpg")
Answers = Callable[[web.Request], Awaitable[web.Response]]


@pytest.fixture
async def twilio() -> AsyncIterator[TwilioSimulator]:
    async with provider() as running:
        yield running


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def came(twilio: TwilioSimulator, *media: Picture) -> tuple[File, ...]:
    """The files of a message, as its webhook tells of them."""
    message = next(iter(build().normalise(twilio.says(CUSTOMER, "", media))))
    assert isinstance(message, Message)
    return message.files


@pytest.mark.parametrize("keyed", [{}, {"api_key_sid": KEY[0], "api_key_secret": KEY[1]}])
async def test_each_file_comes_from_the_store_and_our_credentials_stay_at_twilio(
    twilio: TwilioSimulator, http: aiohttp.ClientSession, keyed: dict[str, str]
) -> None:
    """The store refuses whoever shows a second proof, as the real one does."""
    ours = build(http, **keyed, **twilio.settings())
    photo, card = came(twilio, PHOTO, Picture("text/x-vcard", b"BEGIN:VCARD"))
    fetched = await ours.fetch(photo, 200_000)
    assert (fetched.content, fetched.type, fetched.name) == (PHOTO.content, "image/jpeg", "péché.jpg")
    fetched = await ours.fetch(card, 200_000)
    assert (fetched.content, fetched.type, fetched.name) == (b"BEGIN:VCARD", "text/x-vcard", "")
    assert len(twilio.store.asked) == 2
    assert all("%2B%2F%3D" in asked for asked in twilio.store.asked), "a signed address is asked for as it is written"


async def test_a_file_that_is_too_large_is_not_read_to_its_end(
    twilio: TwilioSimulator, http: aiohttp.ClientSession
) -> None:
    ours, (photo,) = build(http, **twilio.settings()), came(twilio, PHOTO)
    size = len(PHOTO.content)
    assert len((await ours.fetch(photo, size)).content) == size
    with pytest.raises(TooLarge, match="larger than 102,402 bytes"):
        await ours.fetch(photo, size - 1)


async def test_what_was_deleted_is_gone_for_ever_and_a_wrong_token_is_told(
    twilio: TwilioSimulator, http: aiohttp.ClientSession
) -> None:
    (photo,) = came(twilio, PHOTO)
    with pytest.raises(Unauthorised, match="20003"):
        await build(http, auth_token="a-token-of-somebody-else", **twilio.settings()).fetch(photo, 200_000)
    for kept in twilio.kept.values():
        kept.media.clear()
    with pytest.raises(Refused, match="no longer"):
        await build(http, **twilio.settings()).fetch(photo, 200_000)


@pytest.mark.parametrize("fault", [Fault.DOWN, Fault.BUSY])
async def test_a_fault_passes(twilio: TwilioSimulator, http: aiohttp.ClientSession, fault: Fault) -> None:
    ours, (photo,) = build(http, **twilio.settings()), came(twilio, PHOTO)
    twilio.misbehave(fault)
    with pytest.raises(Unavailable):
        await ours.fetch(photo, 200_000)
    assert (await ours.fetch(photo, 200_000)).content == PHOTO.content


async def test_a_store_that_is_away_or_refuses_is_asked_again(
    twilio: TwilioSimulator, http: aiohttp.ClientSession
) -> None:
    ours, (photo,) = build(http, **twilio.settings()), came(twilio, PHOTO)
    there, twilio.store.url = twilio.store.url, twilio.store.url + "/nowhere"
    with pytest.raises(Unavailable, match="where Twilio stores it \\(404\\)"):
        await ours.fetch(photo, 200_000)
    twilio.store.url = there
    await twilio.store.stop()
    with pytest.raises(Unavailable, match="can't be fetched"):
        await ours.fetch(photo, 200_000)


async def test_an_address_that_is_not_of_our_account_is_asked_nothing(
    twilio: TwilioSimulator, http: aiohttp.ClientSession
) -> None:
    """Nobody may make the hub call an address of their choice, least of all with our credentials."""
    asked: list[str] = []

    async def note(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response()

    elsewhere = web.Application()
    elsewhere.router.add_get("/{path:.*}", note)
    (photo,) = came(twilio, PHOTO)
    ours = build(http, **twilio.settings())
    async with TestServer(elsewhere) as server:
        host = str(server.make_url("")).rstrip("/")
        path = photo.url.removeprefix(twilio.url)
        for url in (
            host + path,
            photo.url.replace("127.0.0.1", "127.0.0.1@evil.example"),
            photo.url.replace(ACCOUNT, "AC" + "00" * 16),
            photo.url.replace("/Messages", "/../AC" + "00" * 16 + "/Messages"),
            photo.url.replace("/Messages", "/%2e%2e/Messages"),
            photo.url + "?x=1",
            photo.url + "#x",
            f"{twilio.url}/2010-04-01/Accounts/{ACCOUNT}.json",
            f"{twilio.url}/2010-04-01/Accounts/{ACCOUNT}",
            "file:///etc/passwd",
            "",
        ):
            with pytest.raises(Refused, match="none of this Twilio account"):
                await ours.fetch(replace(photo, url=url), 200_000)
    assert asked == []


@pytest.mark.parametrize(
    ("location", "kind"),
    [
        ("", Unavailable),
        ("ftp://store.example/1", Unavailable),
        ("file:///etc/passwd", Unavailable),
        ("http://[", Unavailable),
        ("/2010-04-01/Accounts/{account}/Messages/again", Unavailable),
    ],
)
async def test_a_redirect_to_nowhere_is_an_error_with_words(
    http: aiohttp.ClientSession, location: str, kind: type[ConnectorError]
) -> None:
    credentials: list[str | None] = []

    async def send_on(request: web.Request) -> web.Response:
        credentials.append(request.headers.get("authorization"))
        return web.Response(status=302, headers={"Location": location.format(account=ACCOUNT)})

    app = web.Application()
    app.router.add_get("/{path:.*}", send_on)
    async with TestServer(app) as server:
        api = str(server.make_url("")).rstrip("/")
        file = File("a", "image/png", url=f"{api}/2010-04-01/Accounts/{ACCOUNT}/Messages/MM1/Media/ME1")
        with pytest.raises(kind):
            await build(http, api=api).fetch(file, 100)
    assert [bool(shown) for shown in credentials] in ([True], [True, False, False])
