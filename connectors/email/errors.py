"""The causes behind a failed connection, in words."""

from __future__ import annotations

import ssl

from hub.contract import Unauthorised, Unavailable


def unreachable(where: str, error: BaseException) -> Unavailable:
    return Unavailable(f"{where} can't be reached: {reason(error)}. Check the host and the port")


def no_encryption(where: str, error: BaseException) -> Unauthorised:
    """TLS failed: a setting is wrong, so trying again helps nobody."""
    inner = _innermost(error)
    if isinstance(inner, ssl.SSLCertVerificationError):
        return Unauthorised(f"The certificate of {where} is not valid: {inner.verify_message}. Check the host")
    return Unauthorised(f"{where} doesn't offer this encryption. Choose another “Encryption”, or check the port")


def is_about_tls(error: BaseException) -> bool:
    return isinstance(_innermost(error), ssl.SSLError)


def reason(error: BaseException) -> str:
    inner = _innermost(error)
    if isinstance(inner, ConnectionRefusedError):
        return "connection refused"
    if isinstance(inner, TimeoutError):
        return "no answer in time"
    if isinstance(inner, OSError) and inner.strerror:
        return inner.strerror.lower()
    return str(inner) or type(inner).__name__


def _innermost(error: BaseException) -> BaseException:
    """Libraries wrap "connection refused" several times."""
    while error.__cause__ is not None:
        error = error.__cause__
    return error
