"""Secrets that are shown once and kept as digests: access tokens, codes, ids that open something.

A random value of 128 bits or more cannot be guessed from its SHA-256, so that is what a database holds and
looks values up by: neither a copy of the database nor the time of an answer tells one. Not here: what a token
opens, and short codes, whose digests could be tried one by one.
"""

from __future__ import annotations

import hashlib
import secrets

_TOKEN_BYTES = 32
_MAX_NAME_CHARACTERS = 100


def new_token() -> str:
    """Return a new access token: 256 random bits in base64url."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def secret_digest(secret: str) -> str:
    """Return the SHA-256 of a random text in hexadecimal, by which the text is kept and looked up."""
    return hashlib.sha256(secret.encode()).hexdigest()


def is_token_name(name: str) -> bool:
    """Whether a token can be listed under this name: 1 to 100 printable characters."""
    return bool(name.strip()) and len(name) <= _MAX_NAME_CHARACTERS and name.isprintable()
