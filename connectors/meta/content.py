"""What a message has beside its text: files to copy, cards to show, and what can't be shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from hub.contract import Card, File

from .fetch import name_of
from .shapes import Attachment, Coordinates, Product, ReplyTo, Said

FILES = {
    "image": ("image.jpg", "image/jpeg"),
    "video": ("video.mp4", "video/mp4"),
    "audio": ("audio.mp4", "audio/mp4"),
    "file": ("file", "application/octet-stream"),
}
"""Name and type until the file itself is there, which tells the right type."""
SHARED = {
    "fallback": ("link", "A link"),
    "ig_post": ("post", "A post"),
    "ig_reel": ("post", "A reel"),
    "ig_story": ("story", "A story"),
    "post": ("post", "A post"),
    "reel": ("post", "A reel"),
    "share": ("post", "A post"),
    "story_mention": ("story", "Mentioned us in a story"),
    "video_share": ("post", "A video"),
}
"""Kind and title of the card for what people share."""
MAP = "https://www.openstreetmap.org/?mlat={0}&mlon={1}#map=16/{0}/{1}"


class Contents(NamedTuple):
    files: tuple[File, ...]
    cards: tuple[Card, ...]
    warnings: tuple[str, ...]


def contents(said: Said, label: str) -> Contents:
    files: list[File] = []
    cards: list[Card] = []
    warnings: list[str] = []
    for attachment in said.attachments or ():
        file, shown = (_file(attachment), _cards(attachment)) if attachment else (None, ())
        if file:
            files.append(file)
        elif shown:
            cards += shown
        else:
            warnings.append(_missing(attachment, label))
    if said.is_unsupported:
        warnings.append(f"{label} does not pass this message on to the hub. Open {label} to see it.")
    return Contents(tuple(files), tuple(cards), tuple(warnings))


def about_story(reply_to: ReplyTo | None) -> Sequence[Card]:
    """What the customer answered to, if it was a story of ours."""
    if reply_to is None or reply_to.story is None:
        return ()
    return (Card("Answered our story", url=_web(reply_to.story.url or ""), kind="story"),)


def _file(attachment: Attachment) -> File | None:
    known, url = FILES.get(attachment.type), _web(attachment.link)
    if known is None or not url:
        return None
    name, kind = known
    return File((name_of(url) if attachment.type == "file" else "") or name, kind, url=url)


def _cards(attachment: Attachment) -> Sequence[Card]:
    payload = attachment.payload
    if payload and payload.coordinates:
        return (_place(payload.coordinates, attachment.words),)
    if payload and payload.product:
        return _products(payload.product)
    kind, title = SHARED.get(attachment.type, ("", ""))
    url = _web(attachment.link)
    if not kind or not (url or attachment.words):
        return ()
    return (Card(title, attachment.words, url, kind),)


def _place(at: Coordinates, words: str) -> Card:
    return Card(words or "A place", f"{at.lat}, {at.long}", MAP.format(at.lat, at.long), "location")


def _products(product: Product) -> Sequence[Card]:
    return tuple(
        Card(element.title or "A product", element.subtitle or "", kind="product") for element in product.elements
    )


def _missing(attachment: Attachment | None, label: str) -> str:
    """An ephemeral picture, a sticker of a new sort: there is no way to show these."""
    what = f" ({attachment.type[:40]})" if attachment else ""
    return f"Something came with this message that can't be shown here{what}. Open {label} to see it."


def _web(url: str) -> str:
    """Only what a browser may safely open."""
    try:
        parts = urlsplit(url)
        return url if parts.scheme in ("http", "https") and parts.hostname else ""
    except ValueError:
        return ""
