"""How far the sender can be believed: only what our own mail server said about SPF, DKIM and DMARC counts."""

from __future__ import annotations

import re

from hub.contract import Proof

from .headers import Headers

_RESULT = re.compile(r"\b(dmarc|dkim|spf)\s*=\s*([a-z]+)", re.I)
_PROPERTY = re.compile(r"\b(header\.from|header\.d|header\.i|smtp\.mailfrom)\s*=\s*([^\s;\"]{1,300})", re.I)
_PIECE = re.compile(r'\\.?|[()"]|[^\\()"]+', re.S)
_PLAIN = re.compile(r"[A-Za-z0-9@._+-]+")


def proof(fields: Headers, author_domain: str, trusted_server: str) -> tuple[Proof, str]:
    """The verdict of the trusted server's newest Authentication-Results; without one it is only the sender's word."""
    if not trusted_server:
        return Proof.CLAIMED, ""
    for value in fields.all_raw("authentication-results"):
        server, _, results = _spoken(value[:10_000]).partition(";")
        if server.split()[:1] == [trusted_server] or server.strip().lower() == trusted_server.lower():
            return _verdict(results, author_domain.lower())
    return Proof.CLAIMED, ""


def _spoken(value: str) -> str:
    """Without comments, and of what is quoted only plain words: a sender's address may hold a verdict of their own."""
    kept: list[str] = []
    quoted: list[str] | None = None
    depth = 0
    for piece in _PIECE.findall(value):
        if piece == '"':
            if quoted is not None and not depth:
                words = "".join(quoted)
                kept.append(words if _PLAIN.fullmatch(words) else " ")
            quoted = [] if quoted is None else None
        elif quoted is not None:
            quoted.append(piece)
        elif piece in "()":
            depth = max(0, depth + (1 if piece == "(" else -1))
            kept.append(" ")
        elif not depth:
            kept.append(piece)
    return "".join(kept)


def _verdict(results: str, author_domain: str) -> tuple[Proof, str]:
    aligned = False
    for method, result, properties in _methods(results):
        if method == "dmarc":
            about = properties.get("header.from", author_domain)
            if result == "pass" and about == author_domain:
                return Proof.DMARC, "dmarc=pass"
            if result in ("fail", "permerror"):
                return Proof.FAILED, f"dmarc={result}"
        elif result == "pass":
            signer = properties.get("header.d") or properties.get("header.i") or properties.get("smtp.mailfrom") or ""
            aligned = aligned or _covers(signer.rpartition("@")[2], author_domain)
    return (Proof.DMARC, "aligned") if aligned else (Proof.CLAIMED, "")


def _methods(results: str) -> list[tuple[str, str, dict[str, str]]]:
    found = []
    for clause in results.split(";"):
        method = _RESULT.search(clause)
        if method:
            properties = {name.lower(): value.lower() for name, value in _PROPERTY.findall(clause)}
            found.append((method[1].lower(), method[2].lower(), properties))
    return found


def _covers(signer: str, author: str) -> bool:
    """Relaxed alignment without a list of public suffixes: nobody can sign as a bare top-level domain."""
    return signer.count(".") > 0 and (author == signer or author.endswith("." + signer))
