"""Bytes to text: labels are often missing, unknown or wrong, and no mail may lose a word over it."""

from __future__ import annotations

import codecs
import functools

import chardet

_ALIASES = {
    "iso-8859-1": "cp1252",
    "latin-1": "cp1252",
    "latin1": "cp1252",
    "us-ascii": "ascii",
    "ansi_x3.4-1968": "ascii",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "gb_2312-80": "gb18030",
    "chinesesimplified": "gb18030",
    "cn-gb": "gb18030",
    "x-big5": "big5hkscs",
    "big5": "big5hkscs",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949",
    "ksc5601": "cp949",
    "euc-kr": "cp949",
    "x-windows-949": "cp949",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "iso-2022-jp": "iso2022_jp_ext",
    "iso-8859-8-i": "iso-8859-8",
    "iso-8859-8-e": "iso-8859-8",
    "iso-8859-9": "cp1254",
    "iso-8859-11": "cp874",
    "tis-620": "cp874",
    "windows-874": "cp874",
    "x-mac-roman": "mac_roman",
    "macintosh": "mac_roman",
    "x-mac-cyrillic": "mac_cyrillic",
    "unicode-1-1-utf-7": "utf-7",
    "utf8mb4": "utf-8",
    "unicode": "utf-16",
}
_SINGLE_BYTE = ("cp125", "cp874", "iso8859", "koi8", "mac", "cp437", "cp85", "cp86", "latin")
_NOT_FOR_MAIL = {"punycode", "idna", "undefined", "unicode_escape", "raw_unicode_escape", "mbcs", "oem"}
_SAMPLE = 16_384


def decode(data: bytes, label: str = "") -> str:
    """The text of `data`: by its label where that fits, else UTF-8, else by what the bytes look like; never fails."""
    if data.startswith(codecs.BOM_UTF8):
        return data[3:].decode("utf-8", "replace")
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace")
    name = codec_name(label)
    if data.isascii() and b"\x1b" not in data and name not in ("utf-7", "hz", "utf-16", "utf-16-le", "utf-16-be"):
        return data.decode("ascii")
    if not name or name.startswith(_SINGLE_BYTE):
        # Single-byte labels accept anything, so text that is valid UTF-8 beyond ASCII almost surely is UTF-8.
        text = _try(data, "utf-8")
        if text is not None:
            return text if b"\x1b$" not in data else _guess(data, name)
    if name:
        text = _try(data, name)
        if text is not None:
            return text
        text = _try(data, "utf-8")
        if text is not None:
            return text
    return _guess(data, name)


def decode_raw_header(data: bytes) -> str:
    """Unlabelled 8-bit header bytes are UTF-8, else Windows-1252; too short for statistics."""
    return _try(data, "utf-8") or data.decode("cp1252", "replace")


@functools.lru_cache(maxsize=512)
def codec_name(label: str) -> str:
    """Python's name of the codec behind a label, or "" when the label means nothing or is no charset."""
    label = label.strip(" \t\"'<>").lower().partition("*")[0]
    if not label or label in (
        "ascii",
        "us-ascii",
        "ansi_x3.4-1968",
        "unknown-8bit",
        "x-unknown",
        "8bit",
        "7bit",
        "binary",
    ):
        return ""
    for candidate in (
        _ALIASES.get(label, label),
        label.removeprefix("x-"),
        label.replace("windows", "cp").replace("-", ""),
    ):
        try:
            info = codecs.lookup(candidate)
        except (LookupError, ValueError):
            continue
        if getattr(info, "_is_text_encoding", True) and info.name.replace("-", "_") not in _NOT_FOR_MAIL:
            return "" if info.name == "ascii" else _ALIASES.get(info.name, info.name)
    return ""


def clean(text: str) -> str:
    """Without what no database stores: NUL and lone surrogates."""
    if "\x00" in text:
        text = text.replace("\x00", "")
    try:
        text.encode()
    except UnicodeEncodeError:
        text = text.encode("utf-8", "replace").decode()
    return text


def _try(data: bytes, name: str) -> str | None:
    try:
        return data.decode(name)
    except (UnicodeError, ValueError, LookupError):
        return None


def _guess(data: bytes, name: str) -> str:
    found = codec_name(chardet.detect(data[:_SAMPLE])["encoding"] or "")
    for candidate in (found, name):
        if candidate:
            text = _try(data, candidate)
            if text is not None:
                return text
    return data.decode(name or found or "cp1252", "replace")
