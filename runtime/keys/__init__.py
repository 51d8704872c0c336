"""Custody of signing keys: where the keys come from that `vclib.keys.SigningKey` signs with.

Two places: a file sealed under a passphrase (`read_keys`), and a PKCS#11 token (`open_token`). Either gives
what satisfies `SigningKey`, and whoever signs does not know which it was. Not here: what keys are for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from runtime.keys.changes import made_key, own_key, signing_with, token_key, without
from runtime.keys.errors import TokenError
from runtime.keys.kept import KeptKey, KeyState, OutsideKey, TokenPlace, find_key
from runtime.keys.sealed import changing, next_id, read_keys, seal_keys, write_sealed
from vclib.errors import ConfigurationError
from vclib.keys import SigningKey

if TYPE_CHECKING:
    from runtime.keys.pkcs11 import Token

__all__ = [
    "KeptKey",
    "KeyState",
    "OutsideKey",
    "TokenError",
    "TokenPlace",
    "changing",
    "check_keys",
    "find_key",
    "made_key",
    "next_id",
    "open_token",
    "own_key",
    "read_keys",
    "seal_keys",
    "signing_key",
    "signing_with",
    "token_key",
    "without",
    "write_sealed",
]


def open_token(module: str, label: str, pin: str) -> Token:
    """Return a PKCS#11 token; nothing is asked of it yet.

    Raises ConfigurationError where python-pkcs11 is not installed.
    """
    try:
        from runtime.keys.pkcs11 import Token
    except ImportError as err:
        raise ConfigurationError(
            "keys in a token need the package python-pkcs11: install ddcc-wallet[hsm]"
        ) from err
    return Token(module, label, pin)


def signing_key(key: KeptKey, token: Callable[[], Token] | None) -> SigningKey:
    """Return what signs with a kept key; ConfigurationError for one in a token where `token` is None."""
    if key.secret is not None:
        return key.secret
    if key.place is None:
        raise ConfigurationError(f"the key {key.id} was withdrawn and signs nothing")
    if token is None:
        raise ConfigurationError(f"the key {key.id} is in a PKCS#11 token, and the settings name none")
    return token().signing_key(key.place, key.public_key)


def check_keys(keys: Iterable[SigningKey]) -> None:
    """Let every key that is kept outside prove that it signs, then close what that opened.

    For a service's start, before it forks: a wrong PIN is then tried once and not once by every process.
    """
    outside = [key for key in keys if isinstance(key, OutsideKey)]
    try:
        for key in outside:
            key.check()
    finally:
        for key in outside:
            key.close()
