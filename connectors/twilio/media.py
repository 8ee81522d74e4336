"""Files that Twilio keeps: pictures of messages, recordings of calls."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

import aiohttp
from yarl import URL

from hub.contract import Fetched, Refused, TooLarge, Unavailable

from .api import Api
from .errors import raise_answer

FILE = re.compile(r"/[A-Za-z0-9]+(/[A-Za-z0-9]+)*(\.[a-z0-9]{1,5})?(\?RequestedChannels=[12])?", re.ASCII)
"""What may stand behind the account in a file's address."""
HOPS = 3
WITHIN_S = 120
CHUNK = 64 * 1024


async def fetch(api: Api, http: aiohttp.ClientSession, url: str, most: int) -> Fetched:
    """The file at an address of our own account; our credentials go there alone, not to where it redirects.

    Raises `Refused` for any other address and for what is there no longer, `TooLarge`, and the errors of `Api`.
    """
    if not url.startswith(api.root) or not FILE.fullmatch(url[len(api.root) :]):
        raise Refused("The file's address is none of this Twilio account, so it was not fetched")
    try:
        return await _follow(http, url, {"authorization": api.key()}, most)
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        raise Unavailable(f"The file can't be fetched from Twilio ({type(error).__name__})") from error


async def _follow(http: aiohttp.ClientSession, url: str, headers: Mapping[str, str], most: int) -> Fetched:
    first = url
    timeout = aiohttp.ClientTimeout(total=WITHIN_S, sock_connect=10)
    for _ in range(HOPS):
        at = URL(url, encoded=True)  # a signed address is signed as it is written
        async with http.get(at, headers=headers, allow_redirects=False, timeout=timeout) as response:
            if response.status in (301, 302, 303, 307, 308):
                url, headers = _onward(first, url, response.headers.get("Location", "")), {}
                continue
            if response.status >= 300:
                await _raise(response, stored=url != first)
            return await _read(response, most)
    raise Unavailable("The file's address leads from one place to the next without an end")


def _onward(first: str, here: str, location: str) -> str:
    """Never from https to http."""
    target = str(URL(here, encoded=True).join(URL(location, encoded=True)))
    if not location or urlsplit(target).scheme not in {"https", urlsplit(first).scheme}:
        raise Unavailable("Twilio says that the file is at an address that can't be used")
    return target


async def _raise(response: aiohttp.ClientResponse, stored: bool) -> None:
    """Where Twilio stores it, a refusal is about the address it gave us, which is new at the next try."""
    if stored:
        raise Unavailable(f"The file can't be fetched from where Twilio stores it ({response.status})")
    raise_answer(response.status, await response.text(errors="replace"), response.headers, of_one=True)


async def _read(response: aiohttp.ClientResponse, most: int) -> Fetched:
    content = bytearray()
    async for chunk in response.content.iter_chunked(CHUNK):
        content += chunk
        if len(content) > most:
            raise TooLarge(f"The file is larger than {most:,} bytes")
    said = response.content_disposition
    name = ((said and said.filename) or "").replace("\0", "").encode(errors="ignore").decode()[:190]
    return Fetched(bytes(content), response.content_type if "Content-Type" in response.headers else "", name)
