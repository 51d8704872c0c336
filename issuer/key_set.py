"""How an issuer's key set shows outside: as the DIDs of its settings, and as its DID document.

Functions over values; what becomes of keys is in `runtime.keys`, files are in `key_changes`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from runtime.keys import KeptKey, KeyState
from vclib.did import PublishedKey, did_key
from vclib.errors import ConfigurationError
from vclib.keys import KeyType


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
