"""An issuer's keys: one for each kind of signature, sealed under a passphrase when at rest.

Each key is its own `did:key`, so an issuer has as many DIDs as keys. Which of them is a credential's
`issuer.id` follows from its base proof (docs/decisions/0070-issuer-identity.md); `dids` are the others'
reason to be in a relying party's trust file. Not here: what is signed, and keys in hardware.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from runtime.atomic import read_file, write_file
from runtime.sealing import DEFAULT_PARAMETERS, Argon2Parameters, open_sealed, seal
from vclib.did import did_key, did_key_method
from vclib.errors import ConfigurationError, SealingError, VCError
from vclib.keys import (
    KeyType,
    PrivateKey,
    decode_secret_multikey,
    encode_secret_multikey,
    generate_private_key,
)
from vclib.strict_json import JSONObject, dump_json, parse_json_object

KEY_TYPES: Mapping[str, KeyType] = MappingProxyType(
    {
        "ecdsa-sd-2023": KeyType.P256,
        "ecdsa-rdfc-2019": KeyType.P256,
        "eddsa-rdfc-2022": KeyType.ED25519,
        "bbs-2023": KeyType.BLS12_381_G2,
    }
)

_AAD = b"ddcc issuer keys 1"
_MAX_BYTES = 64 * 1024


@dataclass(frozen=True)
class IssuerKeys:
    """The issuer's keys by type: P-256, Ed25519 and BLS12-381 G2."""

    keys: Mapping[KeyType, PrivateKey]

    def key(self, cryptosuite: str) -> PrivateKey:
        """Return the key that signs with `cryptosuite`; ConfigurationError where there is none."""
        key_type = KEY_TYPES.get(cryptosuite)
        if key_type is None or key_type not in self.keys:
            raise ConfigurationError(f"this issuer has no key for {cryptosuite}")
        return self.keys[key_type]

    def did(self, cryptosuite: str) -> str:
        """Return the DID of the key that signs with `cryptosuite`."""
        return did_key(self.key(cryptosuite).public_key)

    def verification_method(self, cryptosuite: str) -> str:
        """Return the DID URL of the key that signs with `cryptosuite`."""
        return did_key_method(self.key(cryptosuite).public_key)

    @property
    def dids(self) -> Mapping[str, str]:
        """The DID of each key by key type, e.g. "P-256": "did:key:zDn..."."""
        return {key_type.value: did_key(key.public_key) for key_type, key in self.keys.items()}


def generate_keys() -> IssuerKeys:
    """Return new random keys, one of each type that some suite needs."""
    key_types = dict.fromkeys(KEY_TYPES.values())
    return IssuerKeys(MappingProxyType({key_type: generate_private_key(key_type) for key_type in key_types}))


def save_keys(
    keys: IssuerKeys, path: Path, passphrase: str, *, parameters: Argon2Parameters = DEFAULT_PARAMETERS
) -> None:
    """Write the keys, sealed; never over an existing file. Raises StoreError."""
    members: JSONObject = {key_type.value: encode_secret_multikey(key) for key_type, key in keys.keys.items()}
    sealed = seal(dump_json(members).encode(), passphrase, aad=_AAD, parameters=parameters)
    write_file(path, sealed, overwrite=False)


def load_keys(path: Path, passphrase: str, *, dids: Mapping[str, str]) -> IssuerKeys:
    """Return the keys of `path`, which must be those of `dids`, the settings' table.

    Raises SealingError for a wrong passphrase or an altered file, StoreError for one that cannot be read,
    ConfigurationError where settings and keys are not of one issuer.
    """
    plaintext = open_sealed(read_file(path, max_bytes=_MAX_BYTES), passphrase, aad=_AAD)
    with _sealed_content():
        members = parse_json_object(plaintext)
        keys = IssuerKeys(
            MappingProxyType({KeyType(name): decode_secret_multikey(text) for name, text in members.items()})
        )
    if dict(keys.dids) != dict(dids):
        raise ConfigurationError(f"the keys in {path} are not those of the settings' [dids]")
    return keys


@contextmanager
def _sealed_content() -> Iterator[None]:
    # What opens was sealed by us, so this is damage before sealing or another version's file.
    try:
        yield
    except (VCError, ValueError) as err:
        raise SealingError("the sealed keys are not in the form this version reads") from err
