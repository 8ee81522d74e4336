"""One spelling per address, so that the database can compare them."""

from __future__ import annotations

from hub.contract import Address


def canonical(address: Address) -> tuple[str, str]:
    """(kind, value) as identities store them. Tags and dots of mail addresses are kept: they may be other people."""
    value = address.value.strip()
    if address.kind == "email":
        local, at, domain = value.rpartition("@")
        value = f"{local}{at}{_ascii(domain)}".lower()
    elif address.kind == "phone":
        digits = "".join(c for c in value if c.isdigit())
        value = f"+{digits}" if value.startswith("+") else digits or value
    return address.kind, value[:320]


def _ascii(domain: str) -> str:
    try:
        return domain.encode("idna").decode() if not domain.isascii() else domain
    except UnicodeError:
        return domain
