"""An issuer's keys: what signs for each kind of signature, under which DID and verification method.

Under `did:key` each key is a DID of its own, so an issuer has as many DIDs as keys; which of them is a
credential's `issuer.id` follows from its base proof (docs/decisions/0070-issuer-identity.md). Under
`did:web` there is one DID, and its document (`did_documents`) lists the keys by name. Where a key is, in the
sealed file or in a PKCS#11 token, is custody (`runtime.keys`). Keys are opened once and do not change
afterwards: one set signs a whole batch, whatever is rotated meanwhile (threat F16).

Not here: what is signed, and changing keys (`key_changes`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from issuer.config import IssuerConfig
from issuer.did_documents import WatchedDocument, publish, watched_document
from issuer.key_set import in_settings
from runtime.keys import (
    KeptKey,
    KeyState,
    check_keys,
    next_id,
    open_token,
    read_keys,
    seal_keys,
    signing_key,
    write_sealed,
)
from runtime.sealing import DEFAULT_PARAMETERS, Argon2Parameters
from vclib.did import did_key, did_key_method
from vclib.errors import ConfigurationError
from vclib.keys import KeyType, PrivateKey, SigningKey, generate_private_key

if TYPE_CHECKING:
    from runtime.keys.pkcs11 import Token

KEY_TYPES: Mapping[str, KeyType] = MappingProxyType(
    {
        "ecdsa-sd-2023": KeyType.P256,
        "ecdsa-rdfc-2019": KeyType.P256,
        "eddsa-rdfc-2022": KeyType.ED25519,
        "bbs-2023": KeyType.BLS12_381_G2,
    }
)

# What the file is sealed for; the number is of the purpose, not of the format inside.
PURPOSE = b"ddcc issuer keys 1"


@dataclass(frozen=True)
class WebIdentity:
    """A did:web, the name of the key of each type that signs, and the document as it is published."""

    did: str
    fragments: Mapping[KeyType, str]
    document: WatchedDocument | None = None

    def method(self, key_type: KeyType) -> str:
        """Return the DID URL of the key that signs."""
        return f"{self.did}#{self.fragments[key_type]}"

    def check_published(self, key_type: KeyType) -> None:
        """Refuse a key that its document does not list any more: nobody could verify what it signs now."""
        method = self.method(key_type)
        if self.document is not None and method not in self.document.current().meaning:
            raise ConfigurationError(
                f"{method} is not in the published document: the keys were changed, start the service anew"
            )


@dataclass(frozen=True)
class IssuerKeys:
    """The keys that sign, by type: P-256, Ed25519 and BLS12-381 G2; `web` where they are of a did:web."""

    keys: Mapping[KeyType, SigningKey]
    web: WebIdentity | None = None

    def key(self, cryptosuite: str) -> SigningKey:
        """Return the key that signs with `cryptosuite`; ConfigurationError where there is none."""
        key_type = self._key_type(cryptosuite)
        if self.web is not None:
            self.web.check_published(key_type)
        return self.keys[key_type]

    def did(self, cryptosuite: str) -> str:
        """Return the DID of the key that signs with `cryptosuite`."""
        return self._did(self._key_type(cryptosuite))

    def verification_method(self, cryptosuite: str) -> str:
        """Return the DID URL of the key that signs with `cryptosuite`."""
        key_type = self._key_type(cryptosuite)
        if self.web is not None:
            return self.web.method(key_type)
        return did_key_method(self.keys[key_type].public_key)

    @property
    def dids(self) -> Mapping[str, str]:
        """The DID of each key by key type, e.g. "P-256": "did:key:zDn..."."""
        return {key_type.value: self._did(key_type) for key_type in self.keys}

    def check(self) -> None:
        """Let the keys in a token prove that they sign, before a service begins. Raises TokenError."""
        check_keys(self.keys.values())

    def _key_type(self, cryptosuite: str) -> KeyType:
        key_type = KEY_TYPES.get(cryptosuite)
        if key_type is None or key_type not in self.keys:
            raise ConfigurationError(f"this issuer has no key for {cryptosuite}")
        return key_type

    def _did(self, key_type: KeyType) -> str:
        return self.web.did if self.web is not None else did_key(self.keys[key_type].public_key)


def generate_keys(did: str | None = None) -> IssuerKeys:
    """Return new random keys, one of each type that some suite needs; `did` is their did:web if any."""
    secrets = {key_type: generate_private_key(key_type) for key_type in dict.fromkeys(KEY_TYPES.values())}
    keys: Mapping[KeyType, SigningKey] = MappingProxyType(secrets)
    if did is None:
        return IssuerKeys(keys)
    return IssuerKeys(keys, WebIdentity(did, {key.key_type: key.id for key in _first_keys(keys, None)}))


def save_keys(
    keys: IssuerKeys,
    path: Path,
    passphrase: str,
    *,
    created: str | None = None,
    parameters: Argon2Parameters = DEFAULT_PARAMETERS,
) -> tuple[KeptKey, ...]:
    """Write a new issuer's keys, sealed; never over an existing file. Raises StoreError."""
    kept = _first_keys(keys.keys, created)
    sealed = seal_keys(kept, passphrase, purpose=PURPOSE, parameters=parameters)
    write_sealed(path, sealed, overwrite=False)
    return kept


def load_keys(
    path: Path,
    passphrase: str,
    *,
    dids: Mapping[str, str],
    token: Callable[[], Token] | None = None,
    document: WatchedDocument | None = None,
) -> IssuerKeys:
    """Return the keys of `path` that sign for `dids`, the settings' table.

    Raises SealingError for a wrong passphrase or an altered file, StoreError for one that cannot be read,
    ConfigurationError where settings and keys are not of one issuer.
    """
    return signing_keys(
        read_keys(path, passphrase, purpose=PURPOSE), dids=dids, token=token, document=document
    )


def open_keys(config: IssuerConfig, passphrase: str, *, read_pin: Callable[[], str]) -> IssuerKeys:
    """Return the issuer's keys as `load_keys`, and make its DID document say what they say.

    `read_pin` is asked only where a key that signs is in a token. Nothing is signed with a key before it is
    published: a document that a killed command left behind is made up for here.
    """
    kept = read_keys(config.keys_path, passphrase, purpose=PURPOSE)
    document = None
    if config.did is not None:
        publish(config.document_path, config.did, kept)
        document = watched_document(config.document_path, config.did)
    return signing_keys(kept, dids=config.dids, token=_token_opener(config, read_pin), document=document)


def signing_keys(
    kept: tuple[KeptKey, ...],
    *,
    dids: Mapping[str, str],
    token: Callable[[], Token] | None = None,
    document: WatchedDocument | None = None,
) -> IssuerKeys:
    """Return those of the kept keys that sign for `dids`; ConfigurationError where they do not fit."""
    web = next((did for did in dids.values() if did.startswith("did:web:")), None)
    signing = {
        key.key_type: key
        for key in (kept if web is not None else in_settings(kept, dids))
        if key.state is KeyState.SIGNING
    }
    # In the order of the settings, which is the order in which DIDs are told.
    if {key_type.value for key_type in signing} != set(dids):
        raise ConfigurationError("the keys are not those of the settings' [dids]: other types of key")
    keys = MappingProxyType({KeyType(name): signing_key(signing[KeyType(name)], token) for name in dids})
    if web is None:
        return IssuerKeys(keys)
    fragments = {key_type: key.id for key_type, key in signing.items()}
    return IssuerKeys(keys, WebIdentity(web, MappingProxyType(fragments), document))


def _token_opener(config: IssuerConfig, read_pin: Callable[[], str]) -> Callable[[], Token] | None:
    hsm = config.hsm
    if hsm is None:
        return None
    opened: list[Token] = []

    def token() -> Token:
        if not opened:
            opened.append(open_token(hsm.module, hsm.token, read_pin()))
        return opened[0]

    return token


def _first_keys(keys: Mapping[KeyType, SigningKey], created: str | None) -> tuple[KeptKey, ...]:
    kept: list[KeptKey] = []
    for secret in keys.values():
        if not isinstance(secret, PrivateKey):
            raise ConfigurationError("a new issuer's keys are in its sealed file; a token's are added later")
        key_id = next_id(kept, secret.key_type)
        kept.append(KeptKey(key_id, secret.public_key, KeyState.SIGNING, created, secret=secret))
    return tuple(kept)
