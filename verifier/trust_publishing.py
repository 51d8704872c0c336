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
from urllib.parse import urlsplit

from health.trust import Material, Pins, registry_credential, verify_list
from vclib.cid import Resolve
from vclib.data_model import is_url
from vclib.did import PublishedKey, did_document, did_key_method, parse_did, resolver
from vclib.errors import ConfigurationError, InvalidDIDError
from vclib.keys import KeyType, PrivateKey
from vclib.proofs import add_proof
from vclib.strict_json import JSONObject, dump_json
from vclib.trusted_issuers import TrustedIssuers

_SUITES: Mapping[KeyType, str] = MappingProxyType(
    {KeyType.ED25519: "eddsa-rdfc-2022", KeyType.P256: "ecdsa-rdfc-2019"}
)

_MAX_NAME_CHARACTERS = 200
_MAX_URL_CHARACTERS = 2048


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

    `registry_id` is an https URL or a DID, and `name` has 1 to 200 printable characters. Raises
    ConfigurationError for another id or name and for no entries, and what reading it raises.
    """
    if not entries.by_did:
        raise ConfigurationError("there are no entries: a registry of nobody recognises nobody")
    _check_id(registry_id)
    if not name.strip() or len(name) > _MAX_NAME_CHARACTERS or not name.isprintable():
        raise ConfigurationError(f"--name: expected 1 to {_MAX_NAME_CHARACTERS} printable characters")
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


def _check_id(registry_id: str) -> None:
    """Return if other registries can name this one in a link (`recognizedIn`); else ConfigurationError.

    A link is read by https and compared with the id character by character, so the id is what can be read
    so. A DID cannot; registries that link to it have to be given to their reader together with it.
    """
    if registry_id.startswith("did:"):
        try:
            parse_did(registry_id)
        except InvalidDIDError as err:
            raise ConfigurationError(f"--id: {err.message}") from err
        return
    try:
        parts = urlsplit(registry_id)
        host, _ = parts.hostname, parts.port
    except ValueError as err:
        raise ConfigurationError(f"--id: {registry_id[:80]!r} is not a URL") from err
    if not registry_id.startswith("https://") or not host or not is_url(registry_id):
        raise ConfigurationError(f"--id: expected an https URL or a DID, found {registry_id[:80]!r}")
    if "@" in parts.netloc or "#" in registry_id or len(registry_id) > _MAX_URL_CHARACTERS:
        raise ConfigurationError(
            f"--id: expected a URL of at most {_MAX_URL_CHARACTERS} characters without user and fragment"
        )


def _own_document(publisher: Publisher) -> Resolve:
    if publisher.did.startswith("did:key:"):
        return resolver(fetch=None)
    fragment = publisher.method.partition("#")[2]
    document = did_document(publisher.did, [PublishedKey(fragment, publisher.key.public_key)])
    return lambda _: document
