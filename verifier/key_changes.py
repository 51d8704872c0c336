"""Changing the verifier's key: what it is proven by, and the files that say so.

The sealed file is written first, because it is what cannot be made again; then the certificate, then the
settings, then what is published. A kill in between leaves an identity that is refused when it is opened, or
the one from before, and every key there was. Not here: asking for a passphrase.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from protocols.oid4vp import ClientIdPrefix
from runtime.atomic import read_file, write_file
from runtime.keys import (
    KeptKey,
    KeyState,
    changing,
    find_key,
    made_key,
    own_key,
    read_keys,
    seal_keys,
    signing_with,
    token_key,
    without,
    write_sealed,
)
from runtime.keys.pem import read_private_key
from vclib.datetimes import format_datetime
from vclib.did import did_key, did_web_of
from vclib.errors import ConfigurationError
from vclib.keys import KeyType, PrivateKey, PublicKey
from verifier.config import VerifierConfig
from verifier.identity import (
    PURPOSE,
    certified_client_id,
    did_web_of_client,
    own_client_id,
    publish,
    read_leaf,
)
from verifier.settings import change_settings_file

if TYPE_CHECKING:
    from runtime.keys.pkcs11 import FoundKey

_MAX_CERTIFICATE_BYTES = 256 * 1024


@dataclass(frozen=True)
class NewIdentity:
    """What the verifier is to be: `key` is its key, `certificate` the chain that proves it, if one does."""

    prefix: ClientIdPrefix
    key: Callable[[tuple[KeptKey, ...]], KeptKey]
    certificate: Path | None = None
    as_did_key: bool = False


def new_key(now: datetime) -> Callable[[tuple[KeptKey, ...]], KeptKey]:
    """Return the choice of a new P-256 key, which is what every wallet knows."""
    return lambda kept: made_key(kept, KeyType.P256, created=format_datetime(now))


def imported_key(path: Path, now: datetime) -> Callable[[tuple[KeptKey, ...]], KeptKey]:
    """Return the choice of a private key in a PEM file. Raises StoreError, ConfigurationError."""
    secret: PrivateKey = read_private_key(path)
    return lambda kept: _known(kept, secret.public_key) or own_key(kept, secret, created=format_datetime(now))


def key_in_token(found: FoundKey, now: datetime) -> Callable[[tuple[KeptKey, ...]], KeptKey]:
    """Return the choice of a key of a PKCS#11 token, which has proven to be this one."""
    return lambda kept: (
        _known(kept, found.public_key)
        or token_key(kept, found.public_key, found.place, created=format_datetime(now))
    )


def set_identity(
    config: VerifierConfig, passphrase: str, identity: NewIdentity, *, now: datetime
) -> tuple[str, KeptKey]:
    """Make this the verifier's identity; returns its client identifier and its key.

    Keys from before stay published under a did:web. Raises ConfigurationError, StoreError, SealingError.
    """
    with changing(config.keys_path):
        kept = key_set(config, passphrase)
        key = identity.key(kept)
        client_id = _client_id(config, identity, key.public_key, now)
        known = kept if key in kept else (*kept, key)
        keys = _only_signing(signing_with(known, key.id), key.id)
        # Deriving the sealing key takes long, so it is done before anything is written.
        sealed = seal_keys(keys, passphrase, purpose=PURPOSE)
        write_sealed(config.keys_path, sealed)
        if identity.certificate is not None:
            content = read_file(identity.certificate, max_bytes=_MAX_CERTIFICATE_BYTES)
            write_file(config.certificate_path, content, mode=0o644)
        change_settings_file(config.file, {"client_id": client_id})
        changed = replace(config, client_id=client_id)
        publish(changed, own_client_id(changed), keys)
    return client_id, find_key(keys, key.id)


def rotate(config: VerifierConfig, passphrase: str, *, now: datetime) -> KeptKey:
    """Let a new key sign; the one before stays in the DID document. Raises ConfigurationError.

    Only a did:web can do that: another did:key or certificate is another identity.
    """
    did = did_web_of_client(config.client_id)
    if did is None:
        raise ConfigurationError(
            "only a did:web can change its key; `ddcc verifier key set` makes another identity"
        )

    def decide(kept: tuple[KeptKey, ...]) -> tuple[KeptKey, ...]:
        if any(key.place is not None and key.state is KeyState.SIGNING for key in kept):
            raise ConfigurationError(
                "the key is in a token: `ddcc verifier key set --hsm-label` names the next"
            )
        key = made_key(kept, KeyType.P256, created=format_datetime(now))
        return _only_signing(signing_with((*kept, key), key.id), key.id)

    return _change(config, passphrase, decide)[-1]


def withdraw(config: VerifierConfig, passphrase: str, key_id: str) -> KeptKey:
    """Take a key out of the DID document for good; ConfigurationError for the one that signs."""
    return find_key(_change(config, passphrase, lambda kept: without(kept, key_id)), key_id)


def key_set(config: VerifierConfig, passphrase: str) -> tuple[KeptKey, ...]:
    """Return all keys, none where there is no file yet. Raises SealingError, StoreError."""
    if not config.keys_path.exists():
        return ()
    return read_keys(config.keys_path, passphrase, purpose=PURPOSE)


def _change(
    config: VerifierConfig,
    passphrase: str,
    decide: Callable[[tuple[KeptKey, ...]], tuple[KeptKey, ...]],
) -> tuple[KeptKey, ...]:
    with changing(config.keys_path):
        keys = decide(key_set(config, passphrase))
        write_sealed(config.keys_path, seal_keys(keys, passphrase, purpose=PURPOSE))
        publish(config, own_client_id(config), keys)
    return keys


def _client_id(config: VerifierConfig, identity: NewIdentity, public_key: PublicKey, now: datetime) -> str:
    prefix = identity.prefix
    if prefix is ClientIdPrefix.DECENTRALIZED_IDENTIFIER:
        if identity.as_did_key:
            return f"{prefix}:{did_key(public_key)}"
        if config.url is None:
            raise ConfigurationError("a did:web needs the verifier's url in its settings")
        return f"{prefix}:{did_web_of(config.url)}"
    if not prefix.is_signed:
        raise ConfigurationError(f"requests of {prefix} are not signed: take client_id out of the settings")
    if identity.certificate is None:
        raise ConfigurationError(f"{prefix} needs a certificate and its key")
    _, leaf = read_leaf(identity.certificate, now=now)
    if leaf.public_key != public_key:
        raise ConfigurationError(f"{identity.certificate} is the certificate of another key")
    host = urlsplit(config.url).hostname if config.url is not None else None
    return certified_client_id(prefix, leaf, host)


def _only_signing(keys: tuple[KeptKey, ...], key_id: str) -> tuple[KeptKey, ...]:
    """Return the set in which no other key signs, of whatever type: a verifier signs with one key."""
    return tuple(
        key.in_state(KeyState.PUBLISHED) if key.state is KeyState.SIGNING and key.id != key_id else key
        for key in keys
    )


def _known(kept: tuple[KeptKey, ...], public_key: PublicKey) -> KeptKey | None:
    good = (key for key in kept if key.state is not KeyState.WITHDRAWN)
    return next((key for key in good if key.public_key == public_key), None)
