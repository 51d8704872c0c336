"""A proof-scoped key that is always the same, so that two proofs can be compared."""

from __future__ import annotations

from collections.abc import Iterable

from vclib.keys import KeyType, PrivateKey

SCOPED = PrivateKey.from_secret_bytes(KeyType.P256, bytes(31) + b"\x08")


class FixedScopedKey:
    """In place of `vclib.keys.EphemeralKey`."""

    public_key = SCOPED.public_key

    def sign_each(self, messages: Iterable[bytes]) -> tuple[bytes, ...]:
        return tuple(map(SCOPED.sign, messages))
