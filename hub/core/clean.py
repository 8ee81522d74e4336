"""Mail HTML made harmless: first line of three, before the sandboxed frame and its content policy."""

from __future__ import annotations

import nh3

TAGS = nh3.ALLOWED_TAGS | {"font"}
ATTRIBUTES: dict[str, set[str]] = {
    "*": {"style", "dir", "lang", "title", "align", "valign"},
    "a": {"href", "name"},
    "img": {"src", "alt", "width", "height"},
    "font": {"color", "size", "face"},
    "table": {"width", "border", "cellpadding", "cellspacing", "bgcolor"},
    "td": {"width", "height", "colspan", "rowspan", "bgcolor"},
    "th": {"width", "height", "colspan", "rowspan", "bgcolor"},
    "tr": {"bgcolor", "height"},
    "col": {"width", "span"},
    "ol": {"start", "type"},
    "blockquote": {"type"},
}
STYLES = {
    *("color", "background-color", "font", "font-family", "font-size", "font-style", "font-weight", "line-height"),
    *("text-align", "text-decoration", "text-indent", "vertical-align", "white-space", "direction"),
    *("margin", "margin-top", "margin-right", "margin-bottom", "margin-left"),
    *("padding", "padding-top", "padding-right", "padding-bottom", "padding-left"),
    *("border", "border-top", "border-right", "border-bottom", "border-left", "border-collapse", "border-spacing"),
    *("border-color", "border-style", "border-width", "border-radius"),
    *("width", "max-width", "height", "list-style-type"),
}
SCHEMES = {"http", "https", "mailto", "tel", "cid"}

_cleaner = nh3.Cleaner(
    tags=TAGS,
    attributes=ATTRIBUTES,
    url_schemes=SCHEMES,
    link_rel="noopener noreferrer nofollow",
    filter_style_properties=STYLES,
    set_tag_attribute_values={"a": {"target": "_blank"}},
)


def clean(html: str) -> str:
    """No script, no form, no layer over the page; remote images stay as addresses for the reader to ask for."""
    return _cleaner.clean(html) if html else ""
