"""Pages and files of the built web: strict policies, cached rightly, nothing outside their folder."""

import gzip
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer
from yarl import URL

from hub.http.api import openapi
from hub.http.docs import Docs
from hub.http.errors import problems
from hub.http.static import Web


@pytest.fixture
def built(tmp_path: Path) -> Path:
    (tmp_path / "secret.txt").write_text("not for you")
    for name, files in {
        "console": {"index.html": "<title>console</title>", "favicon.svg": "<svg/>", "assets/a-1.js": "x" * 2000},
        "widget": {"index.html": "<title>widget</title>", "w.js": "loader()", "assets/w-1.css": "a{}"},
        "demo": {"index.html": "<title>demo</title>", "assets/d-1.js": "demo()"},
    }.items():
        for path, text in files.items():
            file = tmp_path / name / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
    (tmp_path / "console" / "leak").symlink_to(tmp_path / "secret.txt")
    return tmp_path


@pytest_asyncio.fixture
async def site(built: Path) -> AsyncIterator[str]:
    app = web.Application(middlewares=[problems])
    Docs(openapi).install(app.router)
    Web(built).install(app.router)
    async with TestServer(app) as server:
        yield str(server.make_url("")).rstrip("/")


async def get(address: str | URL, **headers: str) -> tuple[int, bytes, Mapping[str, str]]:
    async with aiohttp.ClientSession(auto_decompress=False) as session, session.get(address, headers=headers) as told:
        return told.status, await told.read(), told.headers


@pytest.mark.parametrize("path", ["/", "/inbox/mine", "/link/abc", "/settings/channels", "/search?q=a.b"])
async def test_every_console_address_is_the_console(site: str, path: str) -> None:
    status, body, headers = await get(site + path)
    assert (status, body) == (200, b"<title>console</title>")
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize(
    ("path", "ancestors"), [("/chat/x", "frame-ancestors *"), ("/c/x.y", "frame-ancestors 'none'")]
)
async def test_the_chat_may_be_framed_and_the_link_page_not(site: str, path: str, ancestors: str) -> None:
    status, body, headers = await get(site + path)
    assert (status, body) == (200, b"<title>widget</title>")
    assert headers["Content-Security-Policy"].endswith(ancestors)
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "X-Frame-Options" not in headers


async def test_assets_are_kept_for_ever_and_the_loader_for_an_hour(site: str) -> None:
    _, _, headers = await get(f"{site}/assets/a-1.js")
    assert "immutable" in headers["Cache-Control"]
    _, _, headers = await get(f"{site}/w.js")
    assert "max-age=3600" in headers["Cache-Control"]
    assert headers["Content-Type"].startswith("application/javascript")
    status, body, _ = await get(f"{site}/w.js", **{"If-None-Match": headers["ETag"]})
    assert (status, body) == (304, b"")


async def test_large_text_goes_packed_to_who_can_unpack(site: str) -> None:
    _, body, headers = await get(f"{site}/assets/a-1.js", **{"Accept-Encoding": "gzip"})
    assert headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(body) == b"x" * 2000
    _, body, headers = await get(f"{site}/assets/a-1.js", **{"Accept-Encoding": "identity"})
    assert body == b"x" * 2000
    assert "Accept-Encoding" in headers["Vary"]


@pytest.mark.parametrize(
    "path",
    [
        "/assets/..%2f..%2fsecret.txt",
        "/..%2fsecret.txt",
        "/%2e%2e/secret.txt",
        "/assets/%2e%2e%2f%2e%2e%2fsecret.txt",
        "/leak",
        "/assets/..%5c..%5csecret.txt",
        "/widget/assets/..%2f..%2fsecret.txt",
        "//etc/passwd",
        "/assets/a-1.js%00.html",
    ],
)
async def test_nothing_outside_the_folder_is_given(site: str, path: str) -> None:
    _, body, _ = await get(URL(site + path, encoded=True))
    assert b"not for you" not in body
    assert b"root:" not in body


@pytest.mark.parametrize("path", ["/missing.js", "/assets/missing.js", "/api/missing", "/hooks/x/y.z"])
async def test_a_missing_file_is_not_the_console(site: str, path: str) -> None:
    status, body, headers = await get(site + path)
    assert status == 404
    assert headers["Content-Type"].startswith("application/problem+json")
    assert b"<title>" not in body


async def test_a_file_that_was_built_anew_is_shown_at_once(site: str, built: Path) -> None:
    await get(f"{site}/w.js")
    (built / "widget" / "w.js").write_text("newer()")
    assert (await get(f"{site}/w.js"))[1] == b"newer()"


async def test_without_a_build_a_page_says_what_to_do(tmp_path: Path) -> None:
    app = web.Application(middlewares=[problems])
    Web(tmp_path).install(app.router)
    async with TestServer(app) as server:
        for path in ("/", "/chat/x", "/demo"):
            status, body, headers = await get(str(server.make_url(path)))
            assert status == 503
            assert b"make demo" in body
            assert "sha256-" in headers["Content-Security-Policy"]


async def test_the_documentation_asks_nobody_else(site: str) -> None:
    status, body, headers = await get(f"{site}/api/docs")
    assert status == 200
    assert b"http" not in body.replace(b"https://www.w3.org", b"")
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    status, body, _ = await get(f"{site}/openapi.json")
    assert (status, body[:20]) == (200, b'{"openapi":"3.1.0","')


async def test_the_console_may_speak_to_a_telephone_provider(built: Path) -> None:
    app = web.Application()
    Web(built, hosts=lambda: ["wss://phone.example"]).install(app.router)
    async with TestServer(app) as server:
        _, _, headers = await get(server.make_url("/"))
    assert "connect-src 'self' wss://phone.example;" in headers["Content-Security-Policy"]
