"""An issuer whose keys are in a PKCS#11 token: it mints, others verify, and a token that is away stops it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from health import parse_record
from issuer.config import IssuerConfig, load_config, save_config
from issuer.identity import HSMSettings, change_identity
from issuer.key_changes import KeyChanges
from issuer.keys import IssuerKeys, generate_keys, open_keys, save_keys
from issuer.options import MintOptions
from issuer.service import Issuer, Minted, MintRequest, NotMinted
from issuer.store import IssuerStore
from runtime.keys import TokenError, open_token
from runtime.sealing import Argon2Parameters
from tests.issuer.batch_home import credentials, run_as_process, write_records
from tests.softhsm import LABEL, PIN, SoftHSM, softhsm
from tests.world import TEST, VACCINATION
from vclib.did import resolver
from vclib.errors import ConfigurationError, StoreError
from vclib.keys import KeyType
from vclib.proofs import derive
from vclib.strict_json import JSONObject
from vclib.verification import Environment, verify_credential

NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
PASSPHRASE = "correct horse battery"
CHEAP = Argon2Parameters(memory_kib=64, iterations=1, lanes=1)
DID = "did:web:moh.example"
HSM_TYPES = (KeyType.P256, KeyType.ED25519)


@pytest.fixture
def hsm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SoftHSM]:
    with softhsm(tmp_path, monkeypatch) as token:
        yield token


@pytest.fixture
def home(tmp_path: Path, hsm: SoftHSM) -> Path:
    """An issuer whose P-256 and Ed25519 keys are in the token, and whose BBS key is in the sealed file."""
    folder = tmp_path / "issuer"
    keys = generate_keys(DID)
    config = IssuerConfig(folder, "Ministry", "https://moh.example/status", dids=keys.dids, did=DID)
    config.status_folder.mkdir(parents=True)
    save_keys(keys, config.keys_path, PASSPHRASE, parameters=CHEAP)
    save_config(config)
    change_identity(folder / "issuer.toml", hsm=HSMSettings(hsm.module, LABEL))
    store = IssuerStore.open("sqlite://")
    token = open_token(hsm.module, LABEL, PIN)
    for key_type in HSM_TYPES:
        found = token.generate(key_type, f"mint {key_type}")
        changes = KeyChanges(load_config(folder, {}), store, PASSPHRASE)
        changes.add(found.public_key, found.place, now=NOW, sign=True)
    token.close()
    store.close()
    return folder


def keys_of(home: Path, pin: str = PIN) -> IssuerKeys:
    return open_keys(load_config(home, {}), PASSPHRASE, read_pin=lambda: pin)


def mint(
    home: Path, keys: IssuerKeys, record: JSONObject = VACCINATION, **options: str
) -> Minted | NotMinted:
    store = IssuerStore.open("sqlite://")
    request = MintRequest("record 1", parse_record(record, now=NOW), None, "record.vc.json")
    (result,) = Issuer(load_config(home, {}), store, keys).mint(
        [request], MintOptions(unbound=True, **options), now=NOW
    )
    return result


def verify(home: Path, credential: JSONObject) -> None:
    document = load_config(home, {}).document_path.read_bytes()
    verify_credential(credential, Environment(resolver(fetch=lambda _: document), NOW))


@pytest.mark.parametrize("plain", ["ecdsa-rdfc-2019", "eddsa-rdfc-2022"])
def test_credentials_of_keys_in_a_token_verify(home: Path, plain: str) -> None:
    minted = mint(home, keys_of(home), plain=plain)
    assert isinstance(minted, Minted)
    proofs = minted.credential["proof"]
    assert isinstance(proofs, list)
    verify(home, {**minted.credential, "proof": proofs[1]})
    verify(home, derive(minted.credential, selective_pointers=["/validFrom"]))
    assert proofs[0]["verificationMethod"] == f"{DID}#p256-2"  # type: ignore[index, call-overload]


def test_bbs_keys_stay_in_the_sealed_file(home: Path) -> None:
    minted = mint(home, keys_of(home), suite="bbs-2023")
    assert isinstance(minted, Minted)
    verify(home, derive(minted.credential, selective_pointers=["/validFrom"]))


def test_a_wrong_pin_stops_the_service_before_it_begins(home: Path) -> None:
    keys = keys_of(home, "000000")
    with pytest.raises(ConfigurationError, match="refuses the PIN"):
        keys.check()
    keys_of(home).check()


def test_a_token_that_goes_away_mints_nothing_and_then_goes_on(home: Path, hsm: SoftHSM) -> None:
    keys = keys_of(home)
    assert isinstance(mint(home, keys), Minted)
    hsm.unplug()
    with pytest.raises(StoreError) as away:
        mint(home, keys, TEST)
    assert isinstance(away.value, TokenError)
    hsm.plug_in()
    assert isinstance(mint(home, keys, TEST), Minted)


def test_a_key_in_a_token_is_not_rotated_out_of_it(home: Path) -> None:
    changes = KeyChanges(load_config(home, {}), IssuerStore.open("sqlite://"), PASSPHRASE)
    with pytest.raises(ConfigurationError, match="the P-256 key is in a token"):
        changes.rotate(KeyType.P256, now=NOW)


def test_without_settings_of_the_token_its_keys_are_refused_by_name(home: Path) -> None:
    path = home / "issuer.toml"
    path.write_text(path.read_text().partition("[hsm]")[0])
    with pytest.raises(ConfigurationError, match="p256-2 is in a PKCS#11 token, and the settings name none"):
        keys_of(home)


def test_a_batch_is_signed_in_the_token_by_workers_that_have_its_pin(home: Path, tmp_path: Path) -> None:
    config = load_config(home, {})
    IssuerStore.open(config.database_url).close()
    records, out = write_records(tmp_path / "records.csv", 4), tmp_path / "out"
    handles = {"DDCC_PASSPHRASE": PASSPHRASE, "SOFTHSM2_CONF": os.environ["SOFTHSM2_CONF"]}
    code, _, errors = run_as_process(config, records, out, **handles)
    assert code == 2
    assert "no terminal to ask for 'PIN of the token'" in errors
    code, result, errors = run_as_process(config, records, out, "--workers", "2", DDCC_HSM_PIN=PIN, **handles)
    assert (code, result["minted"]) == (0, 4), errors
    methods = {proof["verificationMethod"] for each in credentials(out) for proof in each["proof"]}
    assert {method.partition("#")[0] for method in methods} == {DID}
