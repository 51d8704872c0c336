"""What becomes of the keys of a set: another one signs, one is withdrawn, one is made. Functions over values.

Rotation never takes a key away, so that what was signed keeps verifying; withdrawing does, so that nothing
it signed verifies any more. Not here: files, and who may ask for a change.
"""

from __future__ import annotations

from collections.abc import Sequence

from runtime.keys.kept import KeptKey, KeyState, TokenPlace, find_key
from runtime.keys.sealed import next_id
from vclib.errors import ConfigurationError
from vclib.keys import KeyType, PrivateKey, PublicKey, generate_private_key


def made_key(keys: Sequence[KeptKey], key_type: KeyType, *, created: str) -> KeptKey:
    """Return a new random key under the next free name, published and not signing yet."""
    return own_key(keys, generate_private_key(key_type), created=created)


def own_key(keys: Sequence[KeptKey], secret: PrivateKey, *, created: str) -> KeptKey:
    """Return a key that is held here under the next free name; ConfigurationError if the set has it."""
    _check_new(keys, secret.public_key)
    key_id = next_id(keys, secret.key_type)
    return KeptKey(key_id, secret.public_key, KeyState.PUBLISHED, created, secret=secret)


def token_key(keys: Sequence[KeptKey], public_key: PublicKey, place: TokenPlace, *, created: str) -> KeptKey:
    """Return a key of a PKCS#11 token under the next free name; ConfigurationError if the set has it."""
    _check_new(keys, public_key)
    key_id = next_id(keys, public_key.key_type)
    return KeptKey(key_id, public_key, KeyState.PUBLISHED, created, place=place)


def signing_with(keys: tuple[KeptKey, ...], key_id: str) -> tuple[KeptKey, ...]:
    """Return the set in which this key signs; the one of its type that signed stays published."""
    chosen = find_key(keys, key_id)
    if chosen.state is KeyState.WITHDRAWN:
        raise ConfigurationError(f"the key {key_id} was withdrawn and cannot sign again")

    def state(key: KeptKey) -> KeyState:
        if key.id == key_id:
            return KeyState.SIGNING
        if key.key_type is chosen.key_type and key.state is KeyState.SIGNING:
            return KeyState.PUBLISHED
        return key.state

    return tuple(key.in_state(state(key)) for key in keys)


def without(keys: tuple[KeptKey, ...], key_id: str) -> tuple[KeptKey, ...]:
    """Return the set with this key withdrawn; ConfigurationError for the one that signs."""
    if find_key(keys, key_id).state is KeyState.SIGNING:
        raise ConfigurationError(
            f"the key {key_id} signs: let another one sign first, `key rotate` makes one"
        )
    return tuple(key.in_state(KeyState.WITHDRAWN) if key.id == key_id else key for key in keys)


def _check_new(keys: Sequence[KeptKey], public_key: PublicKey) -> None:
    known = next((key for key in keys if key.public_key == public_key), None)
    if known is not None:
        raise ConfigurationError(f"this key is {known.id} of the key set already, {known.state}")
