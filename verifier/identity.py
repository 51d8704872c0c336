"""A verifier's own identity: the client identifier that wallets see, and the key that proves it.

What stands before the first colon of a client identifier says how it is proven (OpenID4VP 1.0 section 5.9.3):
`decentralized_identifier:` by a key of the DID's document, named by `kid`; `x509_san_dns:` and `x509_hash:`
by the key of a certificate, whose chain goes along as `x5c`. A verifier without one asks without a signature
(`redirect_uri:`). Settings, keys and certificate are compared when they are opened, because a wallet would
refuse what does not fit without saying so to anybody.

Why: docs/decisions/0154-verifier-identity.md. Not here: requests, and changing keys (`key_changes`).
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from protocols.oid4vp import ClientId, ClientIdPrefix, InvalidRequestError, parse_client_id
from runtime.keys import KeptKey, KeyState, check_keys, open_token, read_keys, signing_key
from runtime.keys.pem import read_certificates
from runtime.watched import keep_current
from vclib.certificates import Leaf, validate_chain
from vclib.did import PublishedKey, did_document, did_key, did_key_method
from vclib.encoding import encode_base64url
from vclib.errors import ConfigurationError, VCError
from vclib.keys import SigningKey
from vclib.strict_json import JSONValue, dump_json
from verifier.config import VerifierConfig

# What the file of keys is sealed for.
PURPOSE = b"ddcc verifier keys 1"

# A key of the document signs requests, and asserts nothing.
RELATIONSHIPS = ("authentication",)


@dataclass(frozen=True)
class OwnIdentity:
    """Who asks, as `protocols.oid4vp.RequestSigner`: the client identifier, the key, and what names the key.

    `header` holds `kid`, a DID URL, or `x5c`, the certificates in base64 DER with the leaf first.
    """

    client_id: str
    key: SigningKey
    header: Mapping[str, JSONValue]

    def sign(self, message: bytes) -> bytes:
        """Return the signature of `message`; raises StoreError where the key's token is away."""
        return self.key.sign(message)

    def check(self) -> None:
        """Let a key in a token prove that it signs, before a service begins. Raises TokenError."""
        check_keys([self.key])


def open_identity(
    config: VerifierConfig, passphrase: str, *, read_pin: Callable[[], str], now: datetime
) -> OwnIdentity:
    """Return the verifier's identity, and make its DID document say what its keys say.

    `read_pin` is asked where the key is in a token. Raises SealingError and StoreError for the files,
    ConfigurationError where settings, keys and certificate are not of one identity.
    """
    client_id = own_client_id(config)
    kept = read_keys(config.keys_path, passphrase, purpose=PURPOSE)
    signing = next((key for key in kept if key.state is KeyState.SIGNING), None)
    if signing is None:
        raise ConfigurationError("none of the verifier's keys signs: `ddcc verifier key set`")
    header = _header(config, client_id, signing, now)
    publish(config, client_id, kept)
    hsm_module, hsm_token = config.hsm_module, config.hsm_token
    token = (
        (lambda: open_token(hsm_module, hsm_token, read_pin()))
        if hsm_module is not None and hsm_token is not None
        else None
    )
    return OwnIdentity(client_id.text, signing_key(signing, token), header)


def own_client_id(config: VerifierConfig) -> ClientId:
    """Return the client identifier of the settings; ConfigurationError for none, or one that cannot be."""
    if config.client_id is None:
        raise ConfigurationError("the verifier signs no requests: `ddcc verifier key set` makes a key")
    try:
        client_id = parse_client_id(config.client_id, allow_loopback=True)
    except VCError as err:
        raise ConfigurationError(err.message) from err
    if not client_id.prefix.is_signed:
        raise ConfigurationError(f"client_id: requests of {client_id.prefix} cannot be signed; leave it out")
    return client_id


def did_web_of_client(client_id: str | None) -> str | None:
    """Return the did:web of a client identifier, None for any other."""
    prefix = f"{ClientIdPrefix.DECENTRALIZED_IDENTIFIER}:did:web:"
    if client_id is None or not client_id.startswith(prefix):
        return None
    return client_id.partition(":")[2]


def publish(config: VerifierConfig, client_id: ClientId, keys: Sequence[KeptKey]) -> None:
    """Make the DID document of a did:web say what `keys` say; nothing for another identity. StoreError."""
    did = did_web_of_client(client_id.text)
    if did is None:
        return
    # As JWKs, because those who read a verifier's key read it for JOSE.
    listed = [
        PublishedKey(key.id, key.public_key, RELATIONSHIPS, as_jwk=True)
        for key in keys
        if key.state is not KeyState.WITHDRAWN
    ]
    keep_current(config.document_path, (dump_json(did_document(did, listed), indent=2) + "\n").encode())


def read_leaf(path: Path, *, now: datetime) -> tuple[tuple[bytes, ...], Leaf]:
    """Return a chain in DER and its leaf, checked link by link up to the last certificate in it.

    Whether a wallet knows an authority above that one cannot be seen here. Raises ConfigurationError.
    """
    chain = read_certificates(path)
    try:
        return chain, validate_chain(chain, anchors=chain[-1:], at=now)
    except VCError as err:
        raise ConfigurationError(f"{path}: {err.message}") from err


def certified_client_id(prefix: ClientIdPrefix, leaf: Leaf, host: str | None) -> str:
    """Return the client identifier that a certificate proves; `host` is the verifier's own.

    Raises ConfigurationError for a certificate that names another host.
    """
    if prefix is ClientIdPrefix.X509_HASH:
        return f"{prefix}:{encode_base64url(leaf.sha256)}"
    names = {name.lower() for name in leaf.dns_names}
    # The answer goes to this host, and wallets compare (OpenID4VP 1.0 section 5.9.3).
    if host is None or host not in names:
        raise ConfigurationError(
            f"the certificate names {', '.join(sorted(names)) or 'no host'}, and not the verifier's: {host}"
        )
    client_id = f"{prefix}:{host}"
    try:
        parse_client_id(client_id, allow_loopback=True)
    except InvalidRequestError as err:
        raise ConfigurationError(f"no wallet would know a verifier at {host}: {err.message}") from err
    return client_id


def _header(
    config: VerifierConfig, client_id: ClientId, key: KeptKey, now: datetime
) -> Mapping[str, JSONValue]:
    if client_id.prefix is not ClientIdPrefix.DECENTRALIZED_IDENTIFIER:
        chain, leaf = read_leaf(config.certificate_path, now=now)
        if leaf.public_key != key.public_key:
            raise ConfigurationError(f"{config.certificate_path} is the certificate of another key")
        name = client_id.original if client_id.prefix is ClientIdPrefix.X509_SAN_DNS else None
        if certified_client_id(client_id.prefix, leaf, name) != client_id.text:
            raise ConfigurationError(f"{config.certificate_path} is another certificate than client_id names")
        return {"x5c": [base64.b64encode(der).decode("ascii") for der in chain]}
    did = client_id.original
    if did.startswith("did:web:"):
        return {"kid": f"{did}#{key.id}"}
    if did != did_key(key.public_key):
        raise ConfigurationError("client_id: expected a did:web, or the did:key of the key that signs")
    return {"kid": did_key_method(key.public_key)}
