"""Recordings, fetched from Twilio."""

from __future__ import annotations

import aiohttp

from connectors.twilio import media
from connectors.twilio.api import Api
from connectors.twilio.errors import GONE
from hub.contract import Fetched, File, Refused, Unavailable

READY_S = 10


async def fetch(api: Api, http: aiohttp.ClientSession, file: File, most: int) -> Fetched:
    """Twilio tells of a recording a moment before it has it: what isn't there may come."""
    try:
        return await media.fetch(api, http, file.url, most)
    except Refused as error:
        if str(error) != GONE:
            raise
        raise Unavailable("Twilio doesn't have the recording ready yet, or no longer", READY_S) from error
