"""What a mail says and what it carries: its text parts in order, the HTML to show, and its files."""

from __future__ import annotations

import mimetypes
import re
import unicodedata
from dataclasses import dataclass, field
from html import escape

from hub.contract import File

from . import charset, headers, html, mime
from .mime import Part

MAX_TEXT = 2_000_000
_META_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?([A-Za-z0-9_:.-]{2,40})", re.I)
_UU_BEGIN = re.compile(r"begin [0-7]{3,4} (\S.{0,200})")
_PATH = re.compile(r"[/\\]")
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f-\x9f<>:"|?*\u200e\u200f\u202a-\u202e\u2066-\u2069]')
_READABLE = ("text/plain", "text/html", "text/enriched", "text/richtext", "text/markdown", "text/x-amp-html")
_EXTENSIONS = {
    "message/rfc822": ".eml",
    "text/calendar": ".ics",
    "application/ms-tnef": ".dat",
    "application/pgp-signature": ".asc",
    "application/pkcs7-signature": ".p7s",
    "application/x-pkcs7-signature": ".p7s",
    "application/pkcs7-mime": ".p7m",
    "text/plain": ".txt",
    "text/html": ".html",
    "image/jpeg": ".jpg",
    "application/octet-stream": ".bin",
}


@dataclass(slots=True)
class Body:
    """A mail's content. `text` is empty only if no text came; `html` only if no HTML did."""

    text: str = ""
    html: str = ""
    files: list[File] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    signed: bool = False
    encrypted: bool = False


@dataclass(slots=True)
class _Block:
    text: str = ""
    html: str = ""


def read(tree: mime.Tree) -> Body:
    """Gather text, HTML and files of a parsed mail."""
    body = Body(warnings=list(tree.warnings))
    blocks = [block for block in _blocks(tree.root, body) if block.text.strip() or block.html.strip()]
    if any(block.html for block in blocks):
        body.html = "\n".join(block.html or f"<div>{_as_html(block.text)}</div>" for block in blocks)
    if all(block.text.strip() for block in blocks):
        body.text = "\n".join(block.text.rstrip("\n") for block in blocks)
    elif len(blocks) > 1:
        body.text = "\n".join((block.text or html.to_text(block.html)).rstrip("\n") for block in blocks)
    if len(body.text) > MAX_TEXT or len(body.html) > MAX_TEXT:
        body.warnings.append("This mail is very long; only its beginning is shown, the rest is in its original.")
        body.text = (body.text or html.without_tags(body.html[: 2 * MAX_TEXT]))[:MAX_TEXT]
        body.html = body.html if len(body.html) <= MAX_TEXT else ""
    return body


def _blocks(part: Part, body: Body) -> list[_Block]:
    if not part.multipart:
        return _leaf(part, body)
    if part.type == "multipart/signed":
        body.signed = True
    if part.type == "multipart/encrypted":
        body.encrypted = True
        body.warnings.append("This mail is encrypted: open the attached file with your key.")
    blocks = [block for child in part.children for block in _blocks(child, body)]
    if part.type == "multipart/alternative" and blocks:
        plain = next((block.text for block in blocks if block.text.strip() and not block.html), "")
        rich = [block for block in blocks if block.html]
        return [_Block(plain or "\n".join(b.text for b in rich if b.text), "\n".join(block.html for block in rich))]
    if part.type == "multipart/related" and part.children[0].type != "multipart/alternative":
        return blocks[:1] + [block for block in blocks[1:] if not block.html]
    return blocks


def _leaf(part: Part, body: Body) -> list[_Block]:
    if part.type.startswith("message/delivery-status") or part.type == "text/rfc822-headers":
        text = charset.clean(charset.decode(part.payload(), part.parameter("charset")))
        return [_Block(text=text)] if part.depth == 0 else []
    shown = part.type in _READABLE or (part.depth == 0 and part.type.startswith("text/"))
    if not shown or part.disposition == "attachment" or (part.filename and part.depth):
        _add_file(part, body)
        return []
    if part.type == "text/x-amp-html":
        return []
    data = part.payload()
    label = part.parameter("charset")
    if part.type == "text/html" and not charset.codec_name(label) and (found := _META_CHARSET.search(data[:2048])):
        label = found[1].decode("ascii")
    text = charset.clean(charset.decode(data, label)).replace("\r\n", "\n").replace("\r", "\n")
    if part.type == "text/html":
        return [_Block(html=text)]
    if part.parameter("format").lower() == "flowed":
        text = unflow(text, part.parameter("delsp").lower() == "yes")
    if "\nbegin " in "\n" + text[:MAX_TEXT]:
        text = _take_uuencoded(text, body)
    return [_Block(text=text)]


def _as_html(text: str) -> str:
    return escape(text, quote=False).replace("\n", "<br>\n")


def unflow(text: str, delete_space: bool) -> str:
    """Join the soft line breaks of RFC 3676 within one quote depth; the signature line stays as it is."""
    out: list[str] = []
    paragraph: list[str] = []
    last_depth = 0
    for line in text.split("\n"):
        content = line.lstrip(">")
        depth = len(line) - len(content)
        content = content.removeprefix(" ")
        signature = content == "-- "
        if paragraph and (depth != last_depth or signature):
            out.append("".join(paragraph))
            paragraph.clear()
        if not paragraph:
            paragraph.append(">" * depth + (" " if depth else ""))
        last_depth = depth
        if content.endswith(" ") and not signature:
            paragraph.append(content[:-1] if delete_space else content)
        else:
            out.append("".join([*paragraph, content]))
            paragraph.clear()
    return "\n".join([*out, *(["".join(paragraph)] if paragraph else [])])


def _take_uuencoded(text: str, body: Body) -> str:
    """Turn `begin … end` blocks of old mailers into files; a block that isn't whole stays text."""
    kept: list[str] = []
    begins = -1
    for line in text.split("\n"):
        kept.append(line)
        if _UU_BEGIN.fullmatch(line.rstrip()):
            begins = len(kept) - 1
        elif begins >= 0 and line.strip() == "end":
            name = _UU_BEGIN.fullmatch(kept[begins].rstrip())
            data = mime.uudecode([one.encode("utf-8") for one in kept[begins:]])
            if data and name:
                safe = safe_name(name[1], "application/octet-stream")
                body.files.append(File(safe, mimetypes.guess_type(safe)[0] or "application/octet-stream", data))
                del kept[begins:]
            begins = -1
    return "\n".join(kept)


def _add_file(part: Part, body: Body) -> None:
    content = part.payload()
    if not content and not part.filename:
        return
    name = part.filename
    if part.type == "message/rfc822" and not name:
        name = (headers.split(content)[0].text("subject")[:80] or "message") + ".eml"
    body.files.append(File(safe_name(name, part.type), part.type, content, cid=part.cid))


def safe_name(name: str, type: str) -> str:
    """Without path, control or direction characters; if nothing is left, a made-up name with the right extension."""
    name = charset.clean(_FORBIDDEN.sub("", _PATH.split(unicodedata.normalize("NFC", name))[-1])).strip(" .")
    if len(name) > 150:
        stem, dot, extension = name.rpartition(".")
        name = f"{stem[:130]}.{extension}" if dot and len(extension) <= 10 else name[:150]
    return name or "attachment" + (_EXTENSIONS.get(type) or mimetypes.guess_extension(type) or ".bin")
