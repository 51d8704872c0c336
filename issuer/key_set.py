"""An issuer's key set: several keys of each type, and what becomes of them. Functions over values.

One key of each type signs; keys that signed before, or will, are published; a withdrawn one is remembered by
name only. Rotation never takes a key away, so that what was signed keeps verifying; withdrawing does, so
that nothing it signed verifies any more. Not here: files (`key_changes`), and who may ask for a change.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from runtime.keys import KeptKey, KeyState, TokenPlace, find_key, next_id
from vclib.datetimes import format_datetime
from vclib.did import PublishedKey, did_key
from vclib.errors import ConfigurationError
from vclib.keys import KeyType, PublicKey, generate_private_key


def made_key(keys: Sequence[KeptKey], key_type: KeyType, *, now: datetime) -> KeptKey:
    """Return a new random key under the next free name, published and not signing yet."""
    secret = generate_private_key(key_type)
    return KeptKey(
        next_id(keys, key_type), secret.public_key, KeyState.PUBLISHED, format_datetime(now), secret=secret
    )


def token_key(keys: Sequence[KeptKey], public_key: PublicKey, place: TokenPlace, *, now: datetime) -> KeptKey:
    """Return a key of a PKCS#11 token under the next free name; ConfigurationError if the set has it."""
    known = next((key for key in keys if key.public_key == public_key), None)
    if known is not None:
        raise ConfigurationError(f"this key is {known.id} of the key set already, {known.state}")
    key_id = next_id(keys, public_key.key_type)
    return KeptKey(key_id, public_key, KeyState.PUBLISHED, format_datetime(now), place=place)


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
            f"the key {key_id} signs: let another one sign first, `ddcc issuer key rotate` makes one"
        )
    return tuple(key.in_state(KeyState.WITHDRAWN) if key.id == key_id else key for key in keys)


def in_settings(keys: tuple[KeptKey, ...], dids: Mapping[str, str]) -> tuple[KeptKey, ...]:
    """Return the set as the settings' did:key table has it: exactly the keys of these DIDs sign.

    Raises ConfigurationError where one of them is of no key here.
    """
    good = [key for key in keys if key.state is not KeyState.WITHDRAWN]
    by_did = {did_key(key.public_key): key for key in good}
    signing = set()
    for key_type, did in dids.items():
        if did not in by_did or by_did[did].key_type != key_type:
            raise ConfigurationError(f"the keys are not those of the settings' [dids]: no {key_type} {did}")
        signing.add(by_did[did].id)
    if {key.key_type for key in good if key.state is KeyState.SIGNING} != {KeyType(name) for name in dids}:
        raise ConfigurationError("the keys are not those of the settings' [dids]: other types of key")

    def state(key: KeptKey) -> KeyState:
        return KeyState.SIGNING if key.id in signing else KeyState.PUBLISHED

    return tuple(key if key.state is KeyState.WITHDRAWN else key.in_state(state(key)) for key in keys)


def published_keys(keys: Sequence[KeptKey]) -> list[PublishedKey]:
    """Return what a DID document lists: every key that is not withdrawn, to assert with."""
    return [PublishedKey(key.id, key.public_key) for key in keys if key.state is not KeyState.WITHDRAWN]
