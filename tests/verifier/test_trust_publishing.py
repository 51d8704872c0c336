"""A registry that is signed here is taken in there, by the commands, and by nobody who pinned another."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from typer.testing import CliRunner

from tests import paper
from tests.registries import NOW, VACCINATION_TYPE
from vclib.did import did_key
from vclib.errors import ConfigurationError
from vclib.keys import KeyType, PrivateKey
from vclib.trusted_issuers import TrustedIssuers
from verifier.cli_trust import app
from verifier.trust_publishing import Publisher, sign_registry

_KEY = ed25519.Ed25519PrivateKey.from_private_bytes(bytes([9]) * 32)
_DID = did_key(PrivateKey.from_secret_bytes(KeyType.ED25519, bytes([9]) * 32).public_key)
_ENTRIES: dict[str, Any] = {
    "issuers": [
        {
            "id": "did:web:moh.example",
            "name": "Ministry of Health",
            "keys": ["did:key:z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH"],
            "types": ["VaccinationStatusCredential"],
            "validFrom": "2026-01-01T00:00:00Z",
        },
        {"id": "did:web:clinic.example", "name": "Clinic", "suspended": "under investigation"},
    ]
}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "entries.json").write_text(json.dumps(_ENTRIES))
    pem = _KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "key.pem").write_bytes(pem)
    return tmp_path


def _run(place: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, [*arguments])


def _sign(place: Path, *more: str) -> Result:
    options = ("--id", "https://registry.example/2026", "--name", "Registry", "--json")
    return _run(
        place,
        "sign",
        str(place / "entries.json"),
        "--private-key",
        str(place / "key.pem"),
        "--out",
        str(place / "registry.json"),
        *options,
        *more,
    )


def _import(place: Path, publisher: str) -> Result:
    registry, home = str(place / "registry.json"), str(place / "venue")
    return _run(place, "import", registry, "--publisher", publisher, "--home", home, "--offline")


def test_what_is_signed_is_taken_in_with_names_types_and_suspensions(place: Path) -> None:
    signed = _sign(place)
    assert signed.exit_code == 0
    assert json.loads(signed.stdout)["publisher"] == _DID
    assert _import(place, _DID).exit_code == 0
    listed = json.loads(_run(place, "list", "--home", str(place / "venue"), "--json").stdout)
    told = {each["name"]: each for each in listed["issuers"]}
    assert told["Ministry of Health"]["types"] == [VACCINATION_TYPE]
    assert told["Ministry of Health"]["validFrom"] == "2026-01-01T00:00:00Z"
    assert len(told["Ministry of Health"]["dids"]) == 2
    assert told["Clinic"]["types"] is None
    assert [told[name]["suspended"] for name in ("Ministry of Health", "Clinic")] == [
        None,
        "under investigation",
    ]


def test_what_is_signed_is_refused_by_who_pinned_another_publisher(place: Path) -> None:
    """Threat I4."""
    _sign(place)
    assert _import(place, "did:web:other.example").exit_code == 1


def test_what_was_changed_after_it_was_signed_is_refused(place: Path) -> None:
    """Threat I4."""
    _sign(place)
    registry = place / "registry.json"
    registry.write_text(registry.read_text().replace("Clinic", "Clinique"))
    assert _import(place, _DID).exit_code == 1


def test_an_entry_is_suspended_and_counts_again_by_the_command(place: Path) -> None:
    """Threat I3."""
    home = ("--home", str(place / "venue"))
    _sign(place)
    _import(place, _DID)
    assert _run(place, "suspend", "did:web:moh.example", "--reason", "its key leaked", *home).exit_code == 0
    assert "SUSPENDED  its key leaked" in _run(place, "list", *home).stdout
    assert _run(place, "resume", "did:web:moh.example", *home).exit_code == 0
    assert "its key leaked" not in _run(place, "list", *home).stdout
    assert _run(place, "suspend", "did:web:mho.example", "--reason", "mistyped", *home).exit_code == 0
    assert "did:web:mho.example  (on no list)" in _run(place, "list", *home).stdout
    assert _run(place, "resume", "did:web:moh.example", *home).exit_code == 2


def test_an_entry_that_nobody_has_is_suspended_with_a_warning(place: Path) -> None:
    """A suspension that was misspelt would suspend nobody, and look as if it did."""
    home = ("--home", str(place / "venue"))
    _sign(place)
    _import(place, _DID)
    known = _run(place, "suspend", "did:web:moh.example", "--reason", "why", *home)
    unknown = _run(place, "suspend", "did:web:m0h.example", "--reason", "why", *home)
    signer = _run(place, "suspend", "0123456789abcdef", "--reason", "why", *home)
    assert [each.exit_code for each in (known, unknown, signer)] == [0, 0, 0]
    told = ["is on no list" in each.stderr for each in (known, unknown, signer)]
    assert told == [False, True, True]


def test_a_signer_is_suspended_with_its_key_by_the_command(place: Path) -> None:
    """Threat I3."""
    home = ("--home", str(place / "venue"))
    (place / "venue" / "signers").mkdir(parents=True)
    (place / "venue" / "signers" / "signer.der").write_bytes(paper.CERTIFICATE)
    handle = x509.load_der_x509_certificate(paper.CERTIFICATE).public_key()
    written = handle.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    key, kid = hashlib.sha256(written).hexdigest(), paper.KID.hex()
    told = _run(place, "suspend", kid.upper(), "--reason", "its key leaked", "--json", *home)
    assert json.loads(told.stdout)["keys"] == [key]
    assert told.stderr == ""
    listed = _run(place, "list", *home).stdout
    assert f"signer {kid}\n  SUSPENDED  its key leaked\n  with key   sha256:{key}\n" in listed
    assert json.loads(_run(place, "list", "--json", *home).stdout)["suspendedKeys"] == {
        key: f"its key leaked (the key of {kid})"
    }
    assert _run(place, "resume", kid, *home).exit_code == 0
    assert key not in _run(place, "list", *home).stdout
    # Another identifier of the same key, as a home may have it from earlier.
    both = {each: {"reason": "its key leaked", "keys": [key]} for each in (kid, "0123456789abcdef")}
    (place / "venue" / "suspended.json").write_text(json.dumps({"suspended": both}))
    ended = _run(place, "resume", kid, *home)
    assert (ended.exit_code, ended.stdout) == (0, "")
    assert "its key stays suspended: it is that of 0123456789abcdef as well" in ended.stderr


def test_a_signer_is_suspended_at_once_although_its_key_cannot_be_looked_up(place: Path) -> None:
    home = ("--home", str(place / "venue"))
    (place / "venue" / "signers").mkdir(parents=True)
    (place / "venue" / "signers" / "broken.pem").write_text("no certificate")
    told = _run(place, "suspend", paper.KID.hex(), "--reason", "its key leaked", "--json", *home)
    assert (told.exit_code, json.loads(told.stdout)["keys"]) == (0, [])
    assert "cannot be read" in told.stderr
    assert "did:" not in _run(place, "suspend", "did:web:moh.example", "--reason", "why", *home).stderr


def test_a_did_web_signs_by_the_method_that_it_names() -> None:
    key = PrivateKey.from_secret_bytes(KeyType.P256, bytes([9]) * 32)
    publisher = Publisher.of(key, "did:web:registry.example#key-1")
    registry = _registry(publisher)
    assert registry["issuer"]["id"] == "did:web:registry.example"
    assert registry["proof"]["verificationMethod"] == "did:web:registry.example#key-1"
    assert registry["proof"]["cryptosuite"] == "ecdsa-rdfc-2019"


@pytest.mark.parametrize("method", ["did:web:registry.example", "https://x.example#k", f"{_DID}#{_DID[8:]}"])
def test_a_method_that_cannot_be_the_key_s_is_refused(method: str) -> None:
    key = PrivateKey.from_secret_bytes(KeyType.P256, bytes([9]) * 32)
    with pytest.raises(ConfigurationError, match="--method"):
        Publisher.of(key, method)


def test_a_registry_of_nobody_is_not_signed() -> None:
    key = PrivateKey.from_secret_bytes(KeyType.P256, bytes([9]) * 32)
    with pytest.raises(ConfigurationError, match="no entries"):
        _registry(Publisher.of(key, None), {"issuers": []})


@pytest.mark.parametrize(
    "registry_id", ["https://registry.example:8443/a/2026?version=1", "did:web:registry.example", _DID]
)
def test_a_registry_is_named_by_an_https_url_or_a_did(registry_id: str) -> None:
    key = PrivateKey.from_secret_bytes(KeyType.P256, bytes([9]) * 32)
    assert _registry(Publisher.of(key, None), registry_id=registry_id)["id"] == registry_id


@pytest.mark.parametrize(
    "registry_id",
    [
        "",
        "registry",
        "http://registry.example/2026",
        "HTTPS://registry.example/2026",
        "ftp://registry.example/2026",
        "urn:uuid:8d1e9a4e-9b0f-4f7e-8a55-3d1f0c7c9b11",
        "https://",
        "https:///2026",
        "https://[x/2026",
        "https://registry.example:port/",
        "https://registry.example/a b",
        "https://somebody@registry.example/2026",
        "https://registry.example/2026#now",
        "https://registry.example/" + "x" * 2048,
        "did:web",
        "did:web:registry.example#key-1",
        "did:web:registry.example/2026",
    ],
)
def test_a_registry_that_no_link_could_name_is_not_signed(registry_id: str) -> None:
    key = PrivateKey.from_secret_bytes(KeyType.P256, bytes([9]) * 32)
    with pytest.raises(ConfigurationError, match="--id: "):
        _registry(Publisher.of(key, None), registry_id=registry_id)


@pytest.mark.parametrize("name", ["", " ", "Registry\n of all", "x" * 201])
def test_a_publisher_without_a_name_that_can_be_shown_does_not_sign(place: Path, name: str) -> None:
    signed = _sign(place, "--name", name)
    assert signed.exit_code == 2
    assert "--name: expected 1 to 200 printable characters" in signed.stderr
    assert not (place / "registry.json").exists()


def _registry(
    publisher: Publisher,
    entries: dict[str, Any] = _ENTRIES,
    *,
    registry_id: str = "https://registry.example/2026",
) -> dict[str, Any]:
    return sign_registry(
        TrustedIssuers.from_json(entries),
        publisher,
        registry_id=registry_id,
        name="Registry",
        days=30,
        now=NOW,
    )
