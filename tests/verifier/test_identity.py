"""verifier.identity and verifier.key_changes: who a wallet sees asking, proven as it would check it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

import verifier.key_changes as key_changes
from protocols.oid4vp import (
    ClientIdPrefix,
    InvalidRequestError,
    RequestReference,
    authenticate_request,
    parse_client_id,
    sign_request_object,
)
from runtime.keys import KeyState, open_token
from runtime.keys.pem import read_private_key
from runtime.sealing import Argon2Parameters
from tests.asgi import Client
from tests.certificates import NOW, authority, certificate, write_chain, write_key
from tests.protocols.oid4vp_parties import REQUEST
from tests.softhsm import LABEL, PIN, SoftHSM, softhsm
from vclib.did import did_key, resolver
from vclib.errors import ConfigurationError, FetchNotFoundError, SealingError
from vclib.keys import KeyType, PrivateKey
from verifier.app import create_verifier_app
from verifier.config import VerifierConfig, load_config
from verifier.identity import OwnIdentity, open_identity
from verifier.key_changes import (
    NewIdentity,
    imported_key,
    key_in_token,
    key_set,
    new_key,
    rotate,
    set_identity,
    withdraw,
)
from verifier.settings import write_settings_file
from verifier.store import VerifierStore

PASSPHRASE = "correct horse battery"
CHEAP = Argon2Parameters(memory_kib=64, iterations=1, lanes=1)
KEY = PrivateKey.from_secret_bytes(KeyType.P256, bytes([7]) * 32)
OTHER_KEY = PrivateKey.from_secret_bytes(KeyType.P256, bytes([8]) * 32)
DID_PREFIX = ClientIdPrefix.DECENTRALIZED_IDENTIFIER
DID = "did:web:venue.example"


@pytest.fixture(autouse=True)
def cheap_sealing(monkeypatch: pytest.MonkeyPatch) -> None:
    real = key_changes.seal_keys
    monkeypatch.setattr(
        key_changes, "seal_keys", lambda *args, **options: real(*args, **options, parameters=CHEAP)
    )


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "verifier"
    folder.mkdir()
    write_settings_file(
        folder / "verifier.toml", {"name": "The Venue", "url": "https://venue.example", "purpose": "Entry"}
    )
    return folder


def config(home: Path) -> VerifierConfig:
    loaded = load_config(home, {})
    assert loaded is not None
    return loaded


def identity(home: Path) -> OwnIdentity:
    return open_identity(config(home), PASSPHRASE, read_pin=lambda: PIN, now=NOW)


def become(home: Path, prefix: ClientIdPrefix, **members: object) -> str:
    chosen = NewIdentity(prefix, members.pop("key", new_key(NOW)), **members)  # type: ignore[arg-type]
    client_id, _ = set_identity(config(home), PASSPHRASE, chosen, now=NOW)
    assert config(home).client_id == client_id
    return client_id


def become_certified(home: Path, tmp_path: Path, prefix: ClientIdPrefix, *names: str) -> str:
    chain = write_chain(tmp_path / "chain.pem", certificate(KEY, *(names or ("venue.example",))), authority())
    key = imported_key(write_key(tmp_path / "key.pem", KEY), NOW)
    return become(home, prefix, key=key, certificate=chain)


def asks(home: Path, *, signer: OwnIdentity | None = None, anchors: tuple[bytes, ...] = ()) -> str:
    """Let the verifier sign a request and a wallet authenticate it; returns who asks."""
    own = signer or identity(home)
    client_id = parse_client_id(own.client_id)
    text = sign_request_object(
        replace(REQUEST, client_id=client_id), own, issued=NOW, expires=NOW + timedelta(minutes=5)
    )

    def fetch(url: str) -> bytes:
        if url != "https://venue.example/.well-known/did.json":
            raise FetchNotFoundError(url)
        return config(home).document_path.read_bytes()

    authenticated = authenticate_request(
        text,
        RequestReference(client_id, "https://venue.example/requests/1"),
        resolve=resolver(fetch=fetch),
        trust_anchors=anchors,
        now=NOW,
        wallet_nonce=None,
    )
    assert authenticated.identity.is_authenticated
    return authenticated.identity.name


def test_a_did_web_verifier_is_authenticated_by_its_own_document(home: Path) -> None:
    assert become(home, DID_PREFIX) == f"decentralized_identifier:{DID}"
    assert identity(home).header == {"kid": f"{DID}#p256-1"}
    assert asks(home) == DID


def test_the_document_lists_the_key_for_authentication_only(home: Path) -> None:
    become(home, DID_PREFIX)
    client = _client(home)
    document = client.get("/.well-known/did.json").json()
    assert document["authentication"] == [f"{DID}#p256-1"]
    assert "assertionMethod" not in document
    assert document["verificationMethod"][0]["type"] == "JsonWebKey"
    assert client.get("/did.json").status_code == 404


def test_a_did_key_verifier_is_authenticated_by_its_did(home: Path) -> None:
    client_id = become(home, DID_PREFIX, as_did_key=True)
    assert asks(home) == client_id.removeprefix("decentralized_identifier:")
    assert not config(home).document_path.exists()
    assert _client(home).get("/.well-known/did.json").status_code == 404


@pytest.mark.parametrize(
    ("prefix", "name"),
    [(ClientIdPrefix.X509_SAN_DNS, "venue.example"), (ClientIdPrefix.X509_HASH, "CN=The Venue")],
)
def test_a_verifier_with_a_certificate_is_authenticated_by_it(
    home: Path, tmp_path: Path, prefix: ClientIdPrefix, name: str
) -> None:
    client_id = become_certified(home, tmp_path, prefix)
    assert client_id.startswith(f"{prefix}:")
    header = identity(home).header
    assert header.keys() == {"x5c"}
    assert isinstance(header["x5c"], list)
    assert len(header["x5c"]) == 2
    from cryptography.hazmat.primitives.serialization import Encoding

    assert asks(home, anchors=(authority().public_bytes(Encoding.DER),)) == name
    with pytest.raises(InvalidRequestError):
        asks(home)


def test_a_certificate_for_another_host_is_refused(home: Path, tmp_path: Path) -> None:
    with pytest.raises(
        ConfigurationError, match=r"names evil.example, and not the verifier's: venue.example"
    ):
        become_certified(home, tmp_path, ClientIdPrefix.X509_SAN_DNS, "evil.example")
    assert config(home).client_id is None
    assert not config(home).keys_path.exists()


def test_a_host_that_no_wallet_would_know_is_refused_before_anything_is_written(
    home: Path, tmp_path: Path
) -> None:
    """A name of one label is only known to this network; requests in its name could never be made."""
    (home / "verifier.toml").write_text('name = "The Venue"\nurl = "https://venue"\n')
    with pytest.raises(ConfigurationError, match="no wallet would know a verifier at venue"):
        become_certified(home, tmp_path, ClientIdPrefix.X509_SAN_DNS, "venue")
    assert config(home).client_id is None
    assert not config(home).keys_path.exists()


def test_the_certificate_of_another_key_is_refused(home: Path, tmp_path: Path) -> None:
    chain = write_chain(tmp_path / "chain.pem", certificate(OTHER_KEY, "venue.example"))
    key = imported_key(write_key(tmp_path / "key.pem", KEY), NOW)
    with pytest.raises(ConfigurationError, match="certificate of another key"):
        become(home, ClientIdPrefix.X509_HASH, key=key, certificate=chain)


def test_a_certificate_that_was_exchanged_is_noticed_at_the_start(home: Path, tmp_path: Path) -> None:
    become_certified(home, tmp_path, ClientIdPrefix.X509_HASH)
    write_chain(config(home).certificate_path, certificate(KEY, "venue.example", until=NOW + timedelta(1)))
    with pytest.raises(ConfigurationError, match="another certificate than client_id names"):
        identity(home)
    write_chain(config(home).certificate_path, certificate(OTHER_KEY, "venue.example"))
    with pytest.raises(ConfigurationError, match="certificate of another key"):
        identity(home)


def test_an_expired_certificate_is_refused_by_name(home: Path, tmp_path: Path) -> None:
    chain = write_chain(
        tmp_path / "chain.pem", certificate(KEY, "venue.example", until=NOW - timedelta(days=1))
    )
    key = imported_key(write_key(tmp_path / "key.pem", KEY), NOW)
    with pytest.raises(ConfigurationError, match="is not in force"):
        become(home, ClientIdPrefix.X509_SAN_DNS, key=key, certificate=chain)


def test_a_certificate_is_needed_for_its_prefix(home: Path) -> None:
    with pytest.raises(ConfigurationError, match="x509_hash needs a certificate and its key"):
        become(home, ClientIdPrefix.X509_HASH)
    with pytest.raises(ConfigurationError, match="requests of redirect_uri are not signed"):
        become(home, ClientIdPrefix.REDIRECT_URI)


def test_after_a_rotation_requests_of_both_keys_are_authenticated(home: Path) -> None:
    become(home, DID_PREFIX)
    running = identity(home)
    assert rotate(config(home), PASSPHRASE, now=NOW).id == "p256-2"
    assert identity(home).header == {"kid": f"{DID}#p256-2"}
    assert asks(home) == DID
    assert asks(home, signer=running) == DID


def test_requests_of_a_withdrawn_key_are_refused(home: Path) -> None:
    """E7."""
    become(home, DID_PREFIX)
    running = identity(home)
    with pytest.raises(ConfigurationError, match="the key p256-1 signs"):
        withdraw(config(home), PASSPHRASE, "p256-1")
    rotate(config(home), PASSPHRASE, now=NOW)
    assert withdraw(config(home), PASSPHRASE, "p256-1").state is KeyState.WITHDRAWN
    with pytest.raises(InvalidRequestError, match="kid"):
        asks(home, signer=running)
    assert asks(home) == DID


def test_only_a_did_web_rotates(home: Path) -> None:
    become(home, DID_PREFIX, as_did_key=True)
    with pytest.raises(ConfigurationError, match="only a did:web can change its key"):
        rotate(config(home), PASSPHRASE, now=NOW)


def test_another_identity_keeps_the_keys_of_the_one_before(home: Path, tmp_path: Path) -> None:
    become(home, DID_PREFIX)
    become_certified(home, tmp_path, ClientIdPrefix.X509_SAN_DNS)
    assert [(key.id, key.state) for key in key_set(config(home), PASSPHRASE)] == [
        ("p256-1", KeyState.PUBLISHED),
        ("p256-2", KeyState.SIGNING),
    ]
    assert identity(home).key.public_key == KEY.public_key


def test_a_key_in_a_token_signs_requests(home: Path, hsm: SoftHSM) -> None:
    token = open_token(hsm.module, LABEL, PIN)
    found = token.generate(KeyType.P256, "venue")
    token.close()
    with (home / "verifier.toml").open("a") as file:
        file.write(f'hsm_module = "{hsm.module}"\nhsm_token = "{LABEL}"\n')
    become(home, DID_PREFIX, key=key_in_token(found, NOW))
    own = identity(home)
    own.check()
    assert asks(home, signer=own) == DID
    with pytest.raises(ConfigurationError, match="the key is in a token"):
        rotate(config(home), PASSPHRASE, now=NOW)


@pytest.fixture
def hsm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SoftHSM]:
    with softhsm(tmp_path, monkeypatch) as token:
        yield token


def test_without_a_client_id_nothing_is_signed(home: Path) -> None:
    with pytest.raises(ConfigurationError, match="signs no requests"):
        identity(home)


@pytest.mark.parametrize(
    ("client_id", "problem"),
    [
        ("redirect_uri:https://venue.example/x", "cannot be signed"),
        ("venue.example", "no client"),
        (f"decentralized_identifier:{did_key(OTHER_KEY.public_key)}", "expected a did:web, or the did:key"),
        ("decentralized_identifier:did:example:1", "expected a did:web, or the did:key"),
    ],
)
def test_a_client_id_that_the_key_cannot_prove_is_refused(home: Path, client_id: str, problem: str) -> None:
    become(home, DID_PREFIX)
    with pytest.raises(ConfigurationError, match=problem):
        open_identity(replace(config(home), client_id=client_id), PASSPHRASE, read_pin=lambda: PIN, now=NOW)


def test_a_wrong_passphrase_opens_nothing(home: Path) -> None:
    """K7."""
    become(home, DID_PREFIX)
    with pytest.raises(SealingError):
        open_identity(config(home), "wrong", read_pin=lambda: PIN, now=NOW)


def test_settings_stay_as_their_owner_wrote_them(home: Path) -> None:
    path = home / "verifier.toml"
    path.write_text("# ours\n" + path.read_text())
    before = path.read_text()
    become(home, DID_PREFIX)
    assert path.read_text().startswith(before)
    become(home, DID_PREFIX, as_did_key=True)
    assert path.read_text().count("client_id") == 1


@pytest.mark.parametrize("content", [b"", b"-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n"])
def test_what_is_no_private_key_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "key.pem").write_bytes(content)
    with pytest.raises(ConfigurationError, match="expected a private key in PEM"):
        read_private_key(tmp_path / "key.pem")


def test_an_encrypted_key_needs_its_password(tmp_path: Path) -> None:
    path = write_key(tmp_path / "key.pem", KEY, b"secret")
    assert read_private_key(path, "secret").public_key == KEY.public_key
    for password in (None, "wrong"):
        with pytest.raises(ConfigurationError, match="with its password if any"):
            read_private_key(path, password)


def _client(home: Path) -> Client:
    app = create_verifier_app(
        config(home),
        VerifierStore.open("sqlite://"),
        None,
        clock=lambda: NOW,
        fetch=None,
    )
    return Client(app)
