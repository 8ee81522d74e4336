"""Where a telephone may be made to call: never emergencies or numbers that cost, else what the line allows."""

from __future__ import annotations

from collections.abc import Iterable

from hub.contract import Address
from hub.core.addresses import canonical

COSTLY = (
    "+1900", "+1976", "+3170", "+3190", "+32900", "+32902", "+32903", "+32904", "+32905", "+32906", "+32907", "+32908",
    "+32909", "+3389", "+34803", "+34806", "+34807", "+34905", "+3519", "+39144", "+39166", "+39878", "+3989", "+41900",
    "+41901", "+41906", "+43900", "+43901", "+43930", "+43931", "+4470", "+4487", "+449", "+45901", "+46900", "+46939",
    "+46944", "+4782", "+48703", "+48704", "+48708", "+49137", "+49900", "+61190", "+64900", "+8190", "+8210600",
    "+870", "+878", "+881", "+882", "+883", "+979",
)  # fmt: skip
"""Premium rates and satellites."""
ISLANDS = (
    "+1242", "+1246", "+1264", "+1268", "+1284", "+1340", "+1345", "+1441", "+1473", "+1649", "+1658", "+1664", "+1721",
    "+1758", "+1767", "+1784", "+1809", "+1829", "+1849", "+1868", "+1869", "+1876",
)  # fmt: skip
"""Countries that share North America's code and not its prices: whoever means them names them."""
_RUNS = ((20, 20), (27, 27), (30, 34), (36, 36), (39, 41), (43, 49), (51, 58), (60, 66), (81, 82), (84, 84), (86, 86),
         (90, 95), (98, 98))  # fmt: skip
TWO_DIGITS = frozenset(str(code) for first, last in _RUNS for code in range(first, last + 1))
"""Calling codes of two digits; those of zones 1 and 7 have one, all others three."""
SHORTEST, LONGEST = 7, 15
WRITTEN = frozenset("+0123456789 ()-./\u00a0\u2011\u2013")
"""What people write into numbers; letters may be an extension, which would make it another number."""


def country(number: str) -> str:
    """The calling code of an international number, with its plus; empty for what is none."""
    digits = number.removeprefix("+")
    if not number.startswith("+") or not digits.isdigit():
        return ""
    if number.startswith(ISLANDS):
        return number[:5]
    length = 1 if digits[0] in "17" else 2 if digits[:2] in TWO_DIGITS else 3
    return f"+{digits[:length]}"


def refusal(address: Address, own: str, allowed: Iterable[str]) -> str:
    """Why this number must not be called, in words; empty if it may."""
    _, number = canonical(address)
    digits = number.removeprefix("+")
    typed = set(address.value) <= WRITTEN
    if address.kind != "phone" or not typed or not number.startswith("+") or not digits.isdigit():
        return f"{address.value} is no telephone number with its country code, such as +49 30 1234567."
    if not SHORTEST <= len(digits) <= LONGEST or digits.startswith("0"):
        return f"{number} can't be called: a number with its country code has {SHORTEST} to {LONGEST} digits."
    if number.startswith(COSTLY):
        return f"{number} is a premium or satellite number. Those are never called."
    prefixes = tuple(allowed) or tuple(filter(None, [country(own)]))
    if number.startswith(ISLANDS):
        prefixes = tuple(prefix for prefix in prefixes if len(prefix) > 2) or (" ",)
    if prefixes and not number.startswith(prefixes):
        return (
            f"Calls to {country(number) or number} are not allowed. An administrator can allow them in Settings, Calls."
        )
    return ""
