"""Copies the files of messages from where Meta keeps them for a while: addresses that are public and expire."""

from __future__ import annotations

from urllib.parse import unquote, urljoin, urlsplit

import aiohttp

from hub.contract import Fetched, Refused, TooLarge, Unavailable

HOSTS = ("fbcdn.net", "fbsbx.com", "cdninstagram.com", "facebook.com", "instagram.com")
"""With all below them. Nobody else's address is ever asked: a message could name one of our own network."""
MOST_HOPS = 4
WITHIN_S = 60
PIECE = 64 * 1024


async def fetch(http: aiohttp.ClientSession, url: str, most: int, base: str) -> Fetched:
    """`base` is the Graph API that the settings name: what lies there is trusted as it is itself."""
    timeout = aiohttp.ClientTimeout(total=WITHIN_S, sock_connect=10)
    for _ in range(MOST_HOPS):
        if not is_metas(url, base):
            raise Refused("The file lies outside Meta's own servers, where the hub doesn't go")
        try:
            async with http.get(url, allow_redirects=False, timeout=timeout) as response:
                if 300 <= response.status < 400:
                    url = urljoin(url, response.headers.get("Location", ""))
                    continue
                _raise(response.status)
                return Fetched(await _read(response, most), response.content_type)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise Unavailable(f"The file can't be fetched from Meta ({type(error).__name__})") from error
    raise Refused("Meta sends the hub from address to address for this file")


def is_metas(url: str, base: str) -> bool:
    try:
        there, ours = urlsplit(url), urlsplit(base)
        if (there.scheme, there.hostname, there.port) == (ours.scheme, ours.hostname, ours.port):
            return True
        host = there.hostname or ""
        return there.scheme == "https" and any(host == one or host.endswith(f".{one}") for one in HOSTS)
    except ValueError:
        return False


def name_of(url: str) -> str:
    """The last part of the address, where it looks like a file's name."""
    last = unquote(urlsplit(url).path, errors="replace").replace("\0", "").rpartition("/")[2]
    return last[:200] if "." in last.strip(".") else ""


def _raise(status: int) -> None:
    if status in (408, 429) or status >= 500:
        raise Unavailable(f"Meta does not hand over the file now ({status})")
    if status >= 400:
        raise Refused(f"Meta no longer has the file, or its address has expired ({status})")


async def _read(response: aiohttp.ClientResponse, most: int) -> bytes:
    """Stops at the limit, whatever length was announced."""
    content = bytearray()
    async for piece in response.content.iter_chunked(PIECE):
        content += piece
        if len(content) > most:
            raise TooLarge(f"The file is larger than {most // 1_048_576} MB")
    return bytes(content)
