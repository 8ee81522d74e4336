"""Text from HTML line by line, each line knowing its node: one quote splitter serves both, HTML is cut like its text.

What is shown as HTML the hub cleans itself; nothing here makes it safe.
"""

from __future__ import annotations

import re
from html import unescape

from selectolax.lexbor import LexborHTMLParser, LexborNode


def _tags(names: str) -> frozenset[str]:
    return frozenset(names.split())


_BLOCK = _tags(
    "address article aside blockquote body center dd details dir div dl dt fieldset figure footer form h1 h2 h3 h4 h5 "
    "h6 header hr li main menu nav ol p pre section summary table tbody tfoot thead tr ul"
)
_SPACED = _tags("p h1 h2 h3 h4 h5 h6 ul ol table pre hr")
_HIDDEN = _tags("head script style title template noscript object iframe svg math select textarea meta link")
_NAMED = _tags("div blockquote hr table span p section")
_SPACE = re.compile(r"[ \t\r\n\f]+")
_MARKER_NAMES = re.compile(
    r"gmail_quote|gmail_extra|divrplyfwdmsg|appendonsend|yahoo_quoted|moz-cite-prefix|moz-forward-container|olk_src_body_section|"
    r"protonmail_quote|tutanota_quote|zmail_extra|ms-outlook-mobile-reference-message|mail-editor-reference-message|isreplycontent|"
    r"replyforwardcontainer|stopspelling|front-blockquote|onethread-history",
    re.I,
)
_EMPTY_MARKER = re.compile(r"appendonsend|stopspelling|moz-cite-prefix|isreplycontent", re.I)
_SIGNATURE_NAMES = re.compile(
    r"(?:gmail_signature|moz-signature|applemailsignature|onethread-signature|ms-outlook-mobile-signature|(?:^|\s)(?:x_)*signature)(?:\s|$)",
    re.I,
)
_OUTLOOK_RULE = re.compile(r"border:none;border-top:solid#(?:e1e1e1|b5c4df)", re.I)
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,20})")
_ANY_TAG = re.compile(r"<[^<>]*>?")
_CLOSED_BY_THEMSELVES = _tags(
    "p li td tr th dt dd option br img hr input meta link col wbr area base source tbody thead"
)
_MAX_OPEN = 2_000
_MAX_TAGS = 60_000
_MAX_ATTRIBUTES = 1_000


class Line:
    """One line of text and where it comes from in the tree."""

    __slots__ = ("marked", "node", "signature", "text")

    def __init__(self, text: str, node: LexborNode | None, marked: bool = False, signature: bool = False) -> None:
        self.text = text
        self.node = node
        """The first node that contributed to it."""
        self.marked = marked
        """A mail program's own quote marker stands here."""
        self.signature = signature
        """It stands in what a mail program marked as the signature."""


def parse(source: str) -> LexborHTMLParser:
    return LexborHTMLParser(source)


def is_damaged(source: str) -> bool:
    """Parsers take quadratic time on thousands of elements left open, or attributes of one; people write neither."""
    tags = source.count("<")
    if tags > _MAX_TAGS:
        return True
    if any(len(part) > _MAX_ATTRIBUTES * 2 and _attributes(part) > _MAX_ATTRIBUTES for part in source.split("<")):
        return True
    if tags <= _MAX_OPEN:
        return False
    still_open = 0
    for closing, tag in _TAG.findall(source):
        if tag.lower() not in _CLOSED_BY_THEMSELVES:
            still_open += -1 if closing else 1
            if still_open > _MAX_OPEN:
                return True
    return False


def _attributes(part: str) -> int:
    """About how many attributes the tag has with which this part begins."""
    return len(part.partition(">")[0].split())


def without_tags(source: str) -> str:
    """The words of HTML that is too broken to be parsed."""
    return unescape(_ANY_TAG.sub(" ", source))


def to_text(source: str) -> str:
    """The words of an HTML text, block by block; quoted blocks get `> `."""
    if is_damaged(source):
        return without_tags(source)
    return "\n".join(line.text for line in lines(parse(source)))


def lines(document: LexborHTMLParser) -> list[Line]:
    """Every line of text in the document, in order."""
    body = document.body
    if body is None:
        return []
    builder = _Builder()
    node: LexborNode | None = body.first_child
    depth = 0
    while node is not None:
        child = builder.enter(node)
        if child is not None:
            node, depth = child, depth + 1
            continue
        while node is not None:
            builder.leave(node)
            following = node.next
            if following is not None:
                node = following
                break
            node, depth = node.parent, depth - 1
            if node is None or depth < 0:
                node = None
    return builder.finish()


class _Builder:
    """Collects text into lines while the tree is walked."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.parts: list[str] = []
        self.first: LexborNode | None = None
        self.quotes = 0
        self.preformatted = 0
        self.marker = 0
        """The marker element whose first line is still to come."""
        self.signature = 0
        """The signature element that is being read."""
        self.gap = False

    def enter(self, node: LexborNode) -> LexborNode | None:
        """Take one node; returns the child to go on with, if its inside is to be read."""
        tag = node.tag
        if tag == "-text":
            self.text(node)
            return None
        if tag is None or tag in _HIDDEN or tag.startswith("-"):
            return None
        if tag == "br":
            self.line(node, force=True)
            return None
        if tag in _NAMED:
            self.names(node, tag)
        if tag in _BLOCK:
            self.line(node)
            self.gap = self.gap or _is_spaced(node, tag)
            self.quotes += tag == "blockquote"
            self.preformatted += tag == "pre"
            if tag == "li":
                self.parts.append("- ")
        elif tag in ("td", "th") and self.parts:
            self.parts.append(" ")
        return node.first_child

    def names(self, node: LexborNode, tag: str) -> None:
        attributes = node.attributes
        if not attributes:
            return
        names = f"{attributes.get('class') or ''} {attributes.get('id') or ''}"[:500]
        if _is_marker(attributes, names, tag):
            self.line(node)
            self.marker = -1 if _EMPTY_MARKER.search(names) else node.mem_id
        elif not self.signature and len(names) > 8 and _SIGNATURE_NAMES.search(names):
            self.line(node)
            self.signature = node.mem_id

    def leave(self, node: LexborNode) -> None:
        tag = node.tag
        if tag in _BLOCK:
            self.line(node)
            self.gap = self.gap or _is_spaced(node, tag)
            self.quotes -= tag == "blockquote"
            self.preformatted -= tag == "pre"
        if self.marker and node.mem_id == self.marker:
            self.marker = 0
        if self.signature and node.mem_id == self.signature:
            self.line(node)
            self.signature = 0

    def text(self, node: LexborNode) -> None:
        words = node.text_content or ""
        if self.preformatted:
            first, *others = words.replace("\r\n", "\n").split("\n")
            self.append(first, node)
            for other in others:
                self.line(node, force=True)
                self.append(other, node)
            return
        words = _SPACE.sub(" ", words)
        if words != " " or self.parts:
            self.append(words, node)

    def append(self, words: str, node: LexborNode) -> None:
        if words and self.first is None:
            self.first = node
        self.parts.append(words)

    def line(self, node: LexborNode, force: bool = False) -> None:
        """End the current line; without `force`, or a hard space that stands for one, an empty line leaves no trace."""
        text = "".join(self.parts)
        force = force or "\xa0" in text
        text = text.rstrip() if self.preformatted else _SPACE.sub(" ", text).strip(" \xa0")
        self.parts.clear()
        node, self.first = self.first or node, None
        if not text and not force:
            return
        prefix = ">" * self.quotes + " " if self.quotes else ""
        if self.gap and self.lines and self.lines[-1].text.strip("> "):
            self.lines.append(Line(prefix.rstrip(), node, signature=bool(self.signature)))
        self.gap = False
        marked = bool(self.marker and text)
        self.lines.append(Line((prefix + text).rstrip(), node, marked, bool(self.signature)))
        if marked:
            self.marker = 0

    def finish(self) -> list[Line]:
        if self.parts and self.first is not None:
            self.line(self.first)
        return self.lines


def _is_spaced(node: LexborNode, tag: str) -> bool:
    """Word writes every line as a paragraph without margins."""
    return tag in _SPACED and not (tag == "p" and "Mso" in (node.attributes.get("class") or ""))


def _is_marker(attributes: dict[str, str | None], names: str, tag: str) -> bool:
    if len(names) > 8 and _MARKER_NAMES.search(names):
        return True
    if tag == "blockquote":
        return attributes.get("type") == "cite"
    if tag == "div":
        style = attributes.get("style") or ""
        return attributes.get("name") == "quote" or bool(_OUTLOOK_RULE.search(style[:300].replace(" ", "")))
    return False


def cut(document: LexborHTMLParser, first: LexborNode | None, last: LexborNode | None) -> str:
    """Remove everything before `first` and from `last` on; returns what was removed, as HTML, in order."""
    body = document.body
    removed: list[str] = []
    if body is None:
        return ""
    if last is not None:
        removed += _remove(_outermost(last, body), body, forward=True)
    if first is not None:
        removed[:0] = reversed(_remove(first, body, forward=False))
    return "".join(removed)


def _outermost(node: LexborNode, body: LexborNode) -> LexborNode:
    """The highest element that begins with this node, so that no empty frame of the quote stays behind."""
    while _is_first(node) and (parent := node.parent) is not None and parent.mem_id != body.mem_id:
        node = parent
    return node


def _is_first(node: LexborNode) -> bool:
    before = node.prev
    while before is not None and before.tag == "-text" and not (before.text_content or "").strip():
        before = before.prev
    return before is None


def _remove(node: LexborNode, body: LexborNode, forward: bool) -> list[str]:
    doomed = [node] if forward else []
    current: LexborNode | None = node
    while current is not None and current.mem_id != body.mem_id:
        sibling = current.next if forward else current.prev
        while sibling is not None:
            doomed.append(sibling)
            sibling = sibling.next if forward else sibling.prev
        current = current.parent
    removed = [found.html or "" for found in doomed]
    for found in doomed:
        found.decompose()
    return removed


def inner(document: LexborHTMLParser) -> str:
    """The body's content, with the head's style sheets kept in front: clients put all their looks there."""
    body = document.body
    if body is None:
        return ""
    styles = "".join(style.html or "" for style in document.css("head style"))
    child, parts = body.first_child, [styles]
    while child is not None:
        parts.append(child.html or "")
        child = child.next
    return "".join(parts)
