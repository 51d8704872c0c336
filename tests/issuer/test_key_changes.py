"""issuer.key_changes: other keys sign, old signatures verify, and a kill in between loses nothing."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import issuer.key_changes as key_changes
from health import parse_record
from issuer.config import IssuerConfig, load_config, save_config
from issuer.did_documents import publish
from issuer.key_changes import KeyChanges
from issuer.keys import IssuerKeys, generate_keys, open_keys, save_keys
from issuer.options import MintOptions
from issuer.report import trust_entry
from issuer.service import Issuer, Minted, MintRequest
from issuer.store import IssuerStore
from runtime.keys import KeyState
from runtime.sealing import Argon2Parameters, seal
from tests.world import TEST, VACCINATION
from vclib.did import did_web_url, resolver
from vclib.errors import (
    ConfigurationError,
    FetchNotFoundError,
    InvalidVerificationMethodError,
    SealingError,
    StoreError,
)
from vclib.keys import KeyType, encode_secret_multikey
from vclib.policy import Outcome, TrustedIssuers
from vclib.strict_json import JSONObject, dump_json, parse_json_object
from vclib.verification import Environment, verify_credential
from verifier.service import Question, Verifier

NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=30)
PASSPHRASE = "correct horse battery"
CHEAP = Argon2Parameters(memory_kib=64, iterations=1, lanes=1)
DID = "did:web:moh.example"


@dataclass
class Site:
    """An issuer's folder, and the commands that change its keys."""

    home: Path
    store: IssuerStore

    @property
    def config(self) -> IssuerConfig:
        return load_config(self.home, {})

    @property
    def changes(self) -> KeyChanges:
        return KeyChanges(self.config, self.store, PASSPHRASE)

    def keys(self) -> IssuerKeys:
        return open_keys(self.config, PASSPHRASE, read_pin=lambda: pytest.fail("no token here"))

    def issuer(self) -> Issuer:
        return Issuer(self.config, self.store, self.keys())

    def mint(self, *, record: JSONObject = VACCINATION, suite: str = "ecdsa-sd-2023") -> JSONObject:
        (minted,) = mint(self.issuer(), record, suite=suite)
        return minted

    def states(self) -> dict[str, str]:
        return {key.id: key.state.value for key in self.changes.key_set()}

    def fetch(self, url: str) -> bytes:
        """Answer as the issuer's service does."""
        if url != did_web_url(DID):
            raise FetchNotFoundError(url)
        return self.config.document_path.read_bytes()

    def verify(self, credential: JSONObject) -> None:
        """Verify the plain proof, as everybody can who is shown the whole credential."""
        proofs = credential["proof"]
        assert isinstance(proofs, list)
        whole = {**credential, "proof": proofs[1]}
        verify_credential(whole, Environment(resolver(fetch=self.fetch), LATER))


def mint(issuer: Issuer, *records: JSONObject, suite: str = "ecdsa-sd-2023") -> list[JSONObject]:
    requests = [
        MintRequest("record", parse_record(record, now=NOW), None, f"{number}.json")
        for number, record in enumerate(records)
    ]
    options = MintOptions(unbound=True, again=True, suite=suite)
    results = issuer.mint(requests, options, now=NOW)
    assert all(isinstance(each, Minted) for each in results), results
    return [each.credential for each in results if isinstance(each, Minted)]


def _site(home: Path, did: str | None) -> Site:
    keys = generate_keys(did)
    config = IssuerConfig(home, "Ministry", "https://moh.example/status", dids=keys.dids, did=did)
    config.status_folder.mkdir(parents=True)
    kept = save_keys(keys, config.keys_path, PASSPHRASE, parameters=CHEAP)
    if did is not None:
        publish(config.document_path, did, kept)
    save_config(config)
    return Site(home, IssuerStore.open("sqlite://"))


@pytest.fixture(autouse=True)
def cheap_sealing(monkeypatch: pytest.MonkeyPatch) -> None:
    real = key_changes.seal_keys
    monkeypatch.setattr(
        key_changes, "seal_keys", lambda *args, **options: real(*args, **options, parameters=CHEAP)
    )


@pytest.fixture
def web(tmp_path: Path) -> Site:
    """An issuer with a did:web."""
    return _site(tmp_path / "issuer", DID)


@pytest.fixture
def own(tmp_path: Path) -> Site:
    """An issuer with did:keys."""
    return _site(tmp_path / "issuer", None)


def test_a_did_web_issuer_signs_everything_under_one_did(web: Site) -> None:
    for suite in ("ecdsa-sd-2023", "bbs-2023"):
        credential = web.mint(suite=suite)
        issuer, proofs = credential["issuer"], credential["proof"]
        assert isinstance(issuer, dict)
        assert isinstance(proofs, list)
        assert issuer["id"] == DID
        assert [each["verificationMethod"] for each in proofs if isinstance(each, dict)] == [
            f"{DID}#{'p256-1' if suite == 'ecdsa-sd-2023' else 'bls-1'}",
            f"{DID}#p256-1",
        ]
        web.verify(credential)


def test_status_lists_of_a_did_web_issuer_are_under_its_did(web: Site) -> None:
    web.mint()
    document = parse_json_object((web.config.status_folder / "revocation-1.json").read_bytes())
    assert document["issuer"] == {"id": DID, "name": "Ministry"}
    verify_credential(document, Environment(resolver(fetch=web.fetch), NOW))


def test_before_and_after_a_rotation_both_credentials_verify_under_one_document(web: Site) -> None:
    first = web.mint()
    key = web.changes.rotate(KeyType.P256, now=NOW)
    second = web.mint(record=TEST)
    assert (key.id, key.state) == ("p256-2", KeyState.SIGNING)
    assert web.states()["p256-1"] == "published"
    assert _methods(first) == {f"{DID}#p256-1"}
    assert _methods(second) == {f"{DID}#p256-2"}
    web.verify(first)
    web.verify(second)


def test_a_verifier_accepts_credentials_of_both_keys_with_one_trust_entry(web: Site) -> None:
    trusted = TrustedIssuers.from_json(trust_entry(web.config))
    first = web.mint()
    web.changes.rotate(KeyType.P256, now=NOW)
    second = web.mint(record=TEST)
    assert trust_entry(web.config) == trust_entry(load_config(web.home, {}))
    lists = {
        str(document["id"]): document
        for path in web.config.status_folder.glob("*.json")
        for document in [parse_json_object(path.read_bytes())]
    }
    for credential in (first, second):
        proofs = credential["proof"]
        assert isinstance(proofs, list)
        result = Verifier(trusted, lists, web.fetch, None).check(
            {**credential, "proof": proofs[1]}, Question(), now=NOW
        )
        assert result.verdict.outcome is Outcome.ACCEPTED, result.verdict


def test_what_a_withdrawn_key_signed_is_refused(web: Site) -> None:
    first = web.mint()
    web.changes.rotate(KeyType.P256, now=NOW)
    second = web.mint(record=TEST)
    web.changes.withdraw("p256-1", now=LATER)
    with pytest.raises(InvalidVerificationMethodError, match="has no method"):
        web.verify(first)
    web.verify(second)
    assert web.states()["p256-1"] == "withdrawn"


def test_a_withdrawn_key_is_nowhere_any_more_but_by_name(web: Site) -> None:
    web.changes.rotate(KeyType.P256, now=NOW)
    web.changes.withdraw("p256-1", now=NOW)
    (withdrawn,) = [key for key in web.changes.key_set() if key.id == "p256-1"]
    assert (withdrawn.secret, withdrawn.place) == (None, None)
    with pytest.raises(ConfigurationError, match="was withdrawn and cannot sign again"):
        web.changes.use("p256-1", now=NOW)
    assert web.changes.rotate(KeyType.P256, now=NOW).id == "p256-3"


def test_the_key_that_signs_cannot_be_withdrawn(web: Site) -> None:
    with pytest.raises(ConfigurationError, match="the key p256-1 signs: let another one sign first"):
        web.changes.withdraw("p256-1", now=NOW)
    with pytest.raises(ConfigurationError, match="there is no key 'p256-9'"):
        web.changes.withdraw("p256-9", now=NOW)


def test_a_key_can_be_published_before_it_signs(web: Site) -> None:
    web.changes.rotate(KeyType.P256, now=NOW, publish_only=True)
    assert _methods(web.mint()) == {f"{DID}#p256-1"}
    assert f"{DID}#p256-2" in web.config.document_path.read_text()
    web.changes.use("p256-2", now=NOW)
    assert _methods(web.mint()) == {f"{DID}#p256-2"}


@pytest.mark.parametrize(
    ("key_type", "suite", "method"),
    [(KeyType.BLS12_381_G2, "bbs-2023", "bls-2"), (KeyType.P256, "ecdsa-sd-2023", "p256-2")],
)
def test_keys_of_each_type_rotate_alone(web: Site, key_type: KeyType, suite: str, method: str) -> None:
    web.changes.rotate(key_type, now=NOW)
    signing = {key_id for key_id, state in web.states().items() if state == "signing"}
    assert signing == {method, *({"p256-1", "ed25519-1", "bls-1"} - {f"{method[:-1]}1"})}
    assert f"{DID}#{method}" in _methods(web.mint(suite=suite))


def test_a_batch_in_the_middle_of_a_rotation_is_signed_by_one_published_key_each(web: Site) -> None:
    """F16."""
    issuer = web.issuer()
    before = mint(issuer, VACCINATION)
    web.changes.rotate(KeyType.P256, now=NOW)
    meanwhile = mint(issuer, TEST, VACCINATION)
    after = mint(web.issuer(), TEST)
    for credential in (*before, *meanwhile, *after):
        assert len(_methods(credential)) == 1
        web.verify(credential)
    assert [_methods(each) for each in (*before, *meanwhile)] == [{f"{DID}#p256-1"}] * 3
    assert _methods(after[0]) == {f"{DID}#p256-2"}


def test_a_running_issuer_stops_signing_with_a_key_that_was_withdrawn(web: Site) -> None:
    """F16: nothing is signed that nobody could verify."""
    issuer = web.issuer()
    mint(issuer, VACCINATION)
    web.changes.rotate(KeyType.P256, now=NOW)
    web.changes.withdraw("p256-1", now=NOW)
    with pytest.raises(ConfigurationError, match="p256-1 is not in the published document"):
        mint(issuer, TEST)


def test_a_did_key_cannot_change_its_key(own: Site) -> None:
    with pytest.raises(ConfigurationError, match="a did:key is its key"):
        own.changes.rotate(KeyType.P256, now=NOW)
    with pytest.raises(ConfigurationError, match="--new-identity"):
        own.changes.use("p256-1", now=NOW)
    assert own.states() == {"p256-1": "signing", "ed25519-1": "signing", "bls-1": "signing"}


def test_a_new_identity_keeps_the_old_did_in_the_trust_entry(own: Site) -> None:
    first = own.mint()
    old = own.config.dids
    own.changes.rotate(KeyType.P256, now=NOW, new_identity=True)
    second = own.mint(record=TEST)
    config = own.config
    assert config.dids["P-256"] != old["P-256"]
    assert {**config.dids, "P-256": ""} == {**old, "P-256": ""}
    assert config.other_dids == (old["P-256"],)
    trusted = TrustedIssuers.from_json(trust_entry(config))
    for credential in (first, second):
        issuer = credential["issuer"]
        assert isinstance(issuer, dict)
        assert trusted.is_known(str(issuer["id"]))
        own.verify(credential)


def test_a_withdrawn_did_key_leaves_the_trust_entry(own: Site) -> None:
    old = own.config.dids["P-256"]
    own.changes.rotate(KeyType.P256, now=NOW, new_identity=True)
    own.changes.withdraw("p256-1", now=NOW)
    assert own.config.other_dids == ()
    assert not TrustedIssuers.from_json(trust_entry(own.config)).is_known(old)


def test_settings_that_their_owner_wrote_stay_as_they_are(own: Site) -> None:
    path = own.home / "issuer.toml"
    path.write_text("# Ours: do not touch.\n" + path.read_text().replace("[dids]", "[dids]  # public"))
    before = tomllib.loads(path.read_text())
    own.changes.rotate(KeyType.P256, now=NOW, new_identity=True)
    assert path.read_text().startswith("# Ours: do not touch.\n")
    after = tomllib.loads(path.read_text())
    assert {name: after[name] for name in before if name != "dids"} == {
        name: before[name] for name in before if name != "dids"
    }


def test_a_file_of_the_first_version_is_replaced_by_the_first_change(web: Site) -> None:
    """Format 1 held one secret key of each type; nothing of it is lost."""
    kept = {key.key_type: key.secret for key in web.changes.key_set() if key.secret is not None}
    content = dump_json({key_type.value: encode_secret_multikey(key) for key_type, key in kept.items()})
    web.config.keys_path.write_bytes(
        seal(content.encode(), PASSPHRASE, aad=b"ddcc issuer keys 1", parameters=CHEAP)
    )
    before = web.mint()
    web.changes.rotate(KeyType.ED25519, now=NOW)
    web.verify(before)
    after = {key.key_type: key.secret for key in web.changes.key_set() if key.id.endswith("-1")}
    assert {key_type: key.secret_bytes for key_type, key in after.items() if key} == {
        key_type: key.secret_bytes for key_type, key in kept.items()
    }


@pytest.mark.parametrize("step", ["write_sealed", "_make_public"])
def test_a_kill_in_the_middle_of_a_rotation_loses_nothing_of_a_did_web(
    web: Site, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Killed just before the sealed file is replaced, and just after it."""
    first = web.mint()
    _killed(monkeypatch, step, lambda: web.changes.rotate(KeyType.P256, now=NOW))
    states = web.states()
    assert ("p256-2" in states) is (step == "_make_public")
    second = web.mint(record=TEST)
    web.verify(first)
    web.verify(second)
    web.changes.rotate(KeyType.P256, now=NOW)
    for credential in (first, second, web.mint()):
        web.verify(credential)


@pytest.mark.parametrize("step", ["write_sealed", "_make_public"])
def test_a_kill_in_the_middle_of_a_rotation_loses_nothing_of_did_keys(
    own: Site, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Between the keys and the settings, the DID of the settings goes on signing with its key."""
    before = own.config.dids
    _killed(monkeypatch, step, lambda: own.changes.rotate(KeyType.P256, now=NOW, new_identity=True))
    assert own.config.dids == before
    assert own.keys().dids == before
    own.verify(own.mint())
    own.changes.rotate(KeyType.P256, now=NOW, new_identity=True)
    own.verify(own.mint())


def test_a_withdrawal_that_was_killed_is_made_up_for_by_whoever_opens_the_keys(
    web: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = web.mint()
    web.changes.rotate(KeyType.P256, now=NOW)
    _killed(monkeypatch, "_make_public", lambda: web.changes.withdraw("p256-1", now=NOW))
    web.verify(first)
    web.keys()
    with pytest.raises(InvalidVerificationMethodError):
        web.verify(first)


def test_a_withdrawal_can_be_repeated(web: Site) -> None:
    web.changes.rotate(KeyType.P256, now=NOW)
    for _ in range(2):
        assert web.changes.withdraw("p256-1", now=NOW).state is KeyState.WITHDRAWN


def test_a_change_that_cannot_be_written_leaves_no_audit_entry(
    web: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr(key_changes, "write_sealed", full)
    with pytest.raises(StoreError):
        web.changes.rotate(KeyType.P256, now=NOW)
    with web.store.reading() as reading:
        assert list(reading.audit_entries()) == []


def test_every_change_is_audited(web: Site) -> None:
    web.changes.rotate(KeyType.P256, now=NOW)
    web.changes.rotate(KeyType.P256, now=NOW, publish_only=True)
    web.changes.use("p256-3", now=NOW)
    web.changes.withdraw("p256-1", now=NOW)
    with web.store.reading() as reading:
        entries = [(each.event, dict(each.details)) for each in reading.audit_entries()]
    assert entries == [
        ("key-rotate", {"key": "p256-2", "type": "P-256"}),
        ("key-publish", {"key": "p256-3", "type": "P-256"}),
        ("key-use", {"key": "p256-3", "type": "P-256"}),
        ("key-withdraw", {"key": "p256-1", "type": "P-256"}),
    ]


def test_a_wrong_passphrase_changes_nothing(web: Site) -> None:
    """K7."""
    before = web.config.keys_path.read_bytes()
    with pytest.raises(SealingError):
        KeyChanges(web.config, web.store, "wrong").rotate(KeyType.P256, now=NOW)
    assert web.config.keys_path.read_bytes() == before


def test_settings_with_another_did_than_the_one_they_name_are_refused(web: Site) -> None:
    path = web.home / "issuer.toml"
    path.write_text(path.read_text().replace(f'"P-256" = "{DID}"', '"P-256" = "did:web:other.example"'))
    with pytest.raises(ConfigurationError, match=f"expected {DID} for every key"):
        load_config(web.home, {})


@pytest.mark.parametrize("did", ["did:key:z6Mk", "did:web:192.0.2.1", "moh.example"])
def test_an_identity_that_is_no_did_web_is_refused(web: Site, did: str) -> None:
    path = web.home / "issuer.toml"
    path.write_text(path.read_text().replace(DID, did))
    with pytest.raises(ConfigurationError, match="did: expected"):
        load_config(web.home, {})


def _methods(credential: Mapping[str, object]) -> set[str]:
    proofs = credential["proof"]
    assert isinstance(proofs, list)
    return {proof["verificationMethod"] for proof in proofs}


def _killed(monkeypatch: pytest.MonkeyPatch, step: str, work: Callable[[], object]) -> None:
    """Do the work in a process that is killed when it comes to the step."""
    child = os.fork()
    if child == 0:
        try:
            owner = KeyChanges if step.startswith("_") else key_changes
            monkeypatch.setattr(owner, step, lambda *_: os._exit(9))
            work()
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 9
