"""Files are copied from where Meta keeps them, and from nowhere else."""

from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from connectors.meta.fetch import is_metas, name_of
from connectors.meta.simulator import MetaSimulator
from hub.contract import Fetches, File, Refused, TooLarge, Unavailable
from hub.testkit import Fault
from tests.connectors.meta.support import TOKEN, at_instagram, instagram

GRAPH = "https://graph.facebook.com"


@pytest.fixture
async def insta() -> AsyncIterator[MetaSimulator]:
    async with at_instagram() as running:
        yield running


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def there(url: str) -> File:
    return File("image.jpg", "image/jpeg", url=url)


async def test_a_picture_is_copied_with_the_type_it_really_has(
    insta: MetaSimulator, http: aiohttp.ClientSession
) -> None:
    connector = instagram(http, **insta.settings())
    assert isinstance(connector, Fetches)
    kept = insta.keep("boots.png", "image/png", bytes(range(256)) * 1000)
    fetched = await connector.fetch(there(kept.url), 256_000)
    assert (fetched.content, fetched.type) == (kept.content, "image/png")
    with pytest.raises(TooLarge):
        await connector.fetch(there(kept.url), 255_999)


async def test_what_has_expired_is_gone_and_what_fails_is_tried_again(
    insta: MetaSimulator, http: aiohttp.ClientSession
) -> None:
    connector = instagram(http, **insta.settings())
    kept = insta.keep("boots.png", "image/png", b"abc")
    insta.misbehave(Fault.DOWN)
    with pytest.raises(Unavailable, match="503"):
        await connector.fetch(there(kept.url), 100)
    insta.misbehave(Fault.DROPPED, Fault.DROPPED)  # a line that was used before is tried once more at once
    with pytest.raises(Unavailable):
        await connector.fetch(there(kept.url), 100)
    insta.expire_files()
    with pytest.raises(Refused, match="expired"):
        await connector.fetch(there(kept.url), 100)


async def test_nobody_is_led_into_our_own_network(http: aiohttp.ClientSession) -> None:
    asked: list[str] = []

    async def meta(request: web.Request) -> web.Response:
        asked.append(request.path)
        assert TOKEN not in str(request.headers), "the address is public: the token stays at home"
        return web.Response(status=302, headers={"Location": request.query.get("to", "/file")})

    async def inside(request: web.Request) -> web.Response:
        asked.append("inside")
        return web.Response(text="a secret")

    ours, theirs = web.Application(), web.Application()
    ours.router.add_get("/admin", inside)
    theirs.router.add_get("/file", meta)
    async with TestServer(ours) as private, TestServer(theirs) as cdn:
        connector = instagram(http, graph_base_url=str(cdn.make_url("")))
        with pytest.raises(Refused, match="outside Meta's own servers"):
            await connector.fetch(there(str(private.make_url("/admin"))), 100)
        lured = cdn.make_url("/file").with_query(to=str(private.make_url("/admin")))
        with pytest.raises(Refused, match="outside Meta's own servers"):
            await connector.fetch(there(str(lured)), 100)
        with pytest.raises(Refused, match="from address to address"):
            await connector.fetch(there(str(cdn.make_url("/file"))), 100)
    assert "inside" not in asked


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://scontent.xx.fbcdn.net/v/a.jpg?oh=1", True),
        ("https://lookaside.fbsbx.com/ig_messaging_cdn/?asset_id=1", True),
        ("https://scontent.cdninstagram.com/v/a.jpg", True),
        ("https://graph.facebook.com/x", True),
        ("http://scontent.xx.fbcdn.net/v/a.jpg", False),
        ("https://fbcdn.net.example/a.jpg", False),
        ("https://evilfbcdn.net/a.jpg", False),
        ("https://127.0.0.1/a.jpg", False),
        ("https://fbcdn.net@127.0.0.1/a.jpg", False),
        ("file:///etc/passwd", False),
        ("https://[", False),
        ("", False),
    ],
)
def test_which_addresses_are_metas(url: str, allowed: bool) -> None:
    assert is_metas(url, GRAPH) is allowed


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://cdn.fbsbx.com/v/17/Rechnung%20M%C3%A4rz.pdf?oh=1", "Rechnung März.pdf"),
        ("https://lookaside.fbsbx.com/ig_messaging_cdn/?asset_id=1", ""),
        ("https://cdn.fbsbx.com/v/file", ""),
        ("https://cdn.fbsbx.com/v/..", ""),
        ("https://cdn.fbsbx.com/v/%00a.pdf", "a.pdf"),
        ("https://cdn.fbsbx.com/v/..%2F..%2Fetc%2Fa.conf", "a.conf"),
        ("https://cdn.fbsbx.com/v/" + "a" * 500 + ".pdf", "a" * 200),
    ],
)
def test_a_files_name_is_the_last_part_of_its_address(url: str, name: str) -> None:
    assert name_of(url) == name
