"""A registry that somebody publishes: entries of a trust file, signed as a credential.

Whoever keeps a registry for others (a health authority, a federation) is no verifier and has no settings
here: a file of entries, a private key in PEM, and what comes out is read again before it is written, by the
same check that `ddcc trust import` makes. Not here: serving it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from health.trust import Material, Pins, registry_credential, verify_list
from vclib.cid import Resolve
from vclib.data_model import is_url
from vclib.did import PublishedKey, did_document, did_key_method, resolver
from vclib.errors import ConfigurationError
from vclib.keys import KeyType, PrivateKey
from vclib.proofs import add_proof
from vclib.strict_json import JSONObject, dump_json
from vclib.trusted_issuers import TrustedIssuers

_SUITES: Mapping[KeyType, str] = MappingProxyType(
    {KeyType.ED25519: "eddsa-rdfc-2022", KeyType.P256: "ecdsa-rdfc-2019"}
)


@dataclass(frozen=True)
class Publisher:
    """Who signs: a private key, and the DID URL under which verifiers find its public half."""

    key: PrivateKey
    method: str

    @classmethod
    def of(cls, key: PrivateKey, method: str | None) -> Publisher:
        """Return the publisher with this verification method, by default the did:key of the key."""
        if method is None:
            return cls(key, did_key_method(key.public_key))
        did, fragment, name = method.partition("#")
        if not did.startswith("did:") or not fragment or not name:
            raise ConfigurationError("--method: expected a DID URL such as did:web:x.example#key-1")
        if did.startswith("did:key:") and method != did_key_method(key.public_key):
            raise ConfigurationError("--method: this is the did:key of another key")
        return cls(key, method)

    @property
    def did(self) -> str:
        """The DID that a verifier pins."""
        return self.method.partition("#")[0]


def sign_registry(
    entries: TrustedIssuers,
    publisher: Publisher,
    *,
    registry_id: str,
    name: str,
    days: int,
    now: datetime,
) -> JSONObject:
    """Return the registry, signed at `now` and good for so many days.

    Raises ConfigurationError for no entries or an id that is no URL, and what reading it raises.
    """
    if not entries.by_did:
        raise ConfigurationError("there are no entries: a registry of nobody recognises nobody")
    if not is_url(registry_id):
        raise ConfigurationError(f"--id: expected a URL, found {registry_id[:80]!r}")
    begins = now.replace(microsecond=0)
    unsigned = registry_credential(
        entries,
        registry_id=registry_id,
        publisher=publisher.did,
        name=name,
        begins=begins,
        ends=begins + timedelta(days=days),
    )
    signed = add_proof(
        unsigned,
        cryptosuite=_SUITES[publisher.key.key_type],
        key=publisher.key,
        verification_method=publisher.method,
        created=begins,
    )
    # Read as every importer will read it, under the document that the publisher has to have published.
    pins = Pins(publisher=publisher.did)
    material = Material({"registry.json": dump_json(signed).encode()})
    verify_list(material, pins, resolve=_own_document(publisher), now=begins)
    return signed


def _own_document(publisher: Publisher) -> Resolve:
    if publisher.did.startswith("did:key:"):
        return resolver(fetch=None)
    fragment = publisher.method.partition("#")[2]
    document = did_document(publisher.did, [PublishedKey(fragment, publisher.key.public_key)])
    return lambda _: document
