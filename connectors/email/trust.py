"""How far the sender can be believed: only what our own mail server said about SPF, DKIM and DMARC counts."""

from __future__ import annotations

import re

from hub.contract import Proof

from .headers import Headers

_RESULT = re.compile(r"\b(dmarc|dkim|spf)\s*=\s*([a-z]+)", re.I)
_PROPERTY = re.compile(r"\b(header\.from|header\.d|header\.i|smtp\.mailfrom)\s*=\s*\"?([^\s;\"]{1,300})", re.I)
_COMMENT = re.compile(r"\([^()]*\)")


def proof(fields: Headers, author_domain: str, trusted_server: str) -> tuple[Proof, str]:
    """The verdict of the trusted server's newest Authentication-Results; without one it is only the sender's word."""
    if not trusted_server:
        return Proof.CLAIMED, ""
    for value in fields.all_raw("authentication-results"):
        server, _, results = _COMMENT.sub(" ", value[:10_000]).partition(";")
        if server.split()[:1] == [trusted_server] or server.strip().lower() == trusted_server.lower():
            return _verdict(results, author_domain.lower())
    return Proof.CLAIMED, ""


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
