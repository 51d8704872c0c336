"""issuer.service: what is minted is remembered, what is refused leaves nothing, status and list agree."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from health import parse_record, record_from_credential
from issuer.options import MintOptions
from issuer.service import Issuer, Minted, MintRequest, NotMinted
from tests.world import RECOVERY, START, TEST, VACCINATION, World, changed
from vclib.credentials import parse_credential
from vclib.errors import ConfigurationError, RecordError, StoreError
from vclib.proofs import base_proofs, drop_base_proofs, proofs_of
from vclib.status import decode_list
from vclib.strict_json import JSONObject


def _request(record: JSONObject, place: str = "record 1", name: str = "record.vc.json") -> MintRequest:
    return MintRequest(place, parse_record(record, now=START), None, name)


def _set_positions(world: World, purpose: str) -> list[int]:
    document = world.status_lists[f"https://status.example/lists/{purpose}-1.json"]
    subject = document["credentialSubject"]
    assert isinstance(subject, dict)
    bits = decode_list(subject["encodedList"])
    return [index for index in range(len(bits)) if bits.get(index)]


def _kept(world: World) -> tuple[int, int, int]:
    """How many records, waiting credentials and audit entries there are."""
    with world.store.reading() as reading:
        return len(list(reading.records())), len(reading.waiting()), reading.verify_audit()


@pytest.mark.parametrize("record", [VACCINATION, TEST, RECOVERY])
def test_a_record_becomes_a_credential_that_reads_back_the_same(world: World, record: JSONObject) -> None:
    period = {"start": "2026-07-01T00:00:00Z", "end": "2026-12-31T23:59:59Z"}
    complete = changed(record, "certificate", issuer="Ministry of Health", period=period)
    credential = world.mint(complete, world.person(11))
    assert record_from_credential(credential) == parse_record(complete, now=START)


def test_a_credential_has_a_base_proof_and_a_plain_proof_by_the_issuer(world: World) -> None:
    credential = world.mint(VACCINATION, world.person(11))
    issuer = credential["issuer"]
    assert issuer == {"id": world.config.dids["P-256"], "name": "Ministry of Health"}
    assert [proof["cryptosuite"] for proof in proofs_of(credential)] == ["ecdsa-sd-2023", "ecdsa-rdfc-2019"]
    assert len(base_proofs(credential)) == 1
    for proof in proofs_of(credential):
        assert str(proof["verificationMethod"]).startswith(f"{world.config.dids['P-256']}#")


def test_what_was_minted_is_remembered(world: World) -> None:
    alice = world.person(11)
    credential = world.mint(VACCINATION, alice)
    status = world.issuer.status(world.last_record_id, now=START)
    assert status.state == "valid"
    assert (status.record.holder, status.record.credential_id) == (alice.did, credential["id"])
    entries = credential["credentialStatus"]
    assert isinstance(entries, list)
    assert [entry["statusListIndex"] for entry in entries if isinstance(entry, dict)] == [
        str(each.position) for each in status.positions
    ]
    assert _kept(world) == (1, 1, 1)


def test_the_file_is_the_one_whose_digest_was_remembered(world: World, tmp_path: Path) -> None:
    world.mint(VACCINATION, world.person(11))
    (path,) = world.issuer.deliver(tmp_path)
    digest = world.issuer.status(world.last_record_id, now=START).record.credential_sha256
    assert hashlib.sha256(path.read_bytes()).hexdigest() == digest
    assert path.stat().st_mode & 0o777 == 0o600


def test_two_credentials_have_different_ids_and_positions(world: World) -> None:
    first = world.mint(VACCINATION, world.person(11))
    second = world.mint(VACCINATION, world.person(12))
    assert first["id"] != second["id"]
    assert first["credentialStatus"] != second["credentialStatus"]


def test_an_unlinkable_credential_carries_no_handle(world: World) -> None:
    """D14: what every presentation shows is shared by everybody of that day."""
    credential = world.mint(VACCINATION, suite="bbs-2023")
    assert {"id", "credentialStatus"}.isdisjoint(credential)
    subject = credential["credentialSubject"]
    assert isinstance(subject, dict)
    assert "id" not in subject
    assert (credential["validFrom"], credential["validUntil"]) == (
        "2026-07-01T00:00:00Z",
        "2027-07-01T00:00:00Z",
    )
    assert all("created" not in proof for proof in proofs_of(credential))
    issuer = credential["issuer"]
    assert isinstance(issuer, dict)
    assert issuer["id"] == world.config.dids["BLS12381G2"]


def test_the_period_of_a_record_is_cut_to_the_day_where_it_would_be_a_handle(world: World) -> None:
    """D14."""
    period = {"start": "2026-07-01T09:15:33Z", "end": "2026-12-01T09:15:33Z"}
    record = changed(VACCINATION, "certificate", period=period)
    credential = world.mint(record, suite="bbs-2023")
    assert (credential["validFrom"], credential["validUntil"]) == (
        "2026-07-01T00:00:00Z",
        "2026-12-01T00:00:00Z",
    )


def test_the_dates_of_a_record_are_kept_as_days_anywhere(world: World) -> None:
    period = {"start": "2026-07-01", "end": "2026-12-01"}
    record = changed(VACCINATION, "certificate", period=period)
    credential = world.mint(record, suite="bbs-2023")
    assert (credential["validFrom"], credential["validUntil"]) == (
        "2026-07-01T00:00:00+14:00",
        "2026-12-01T23:59:59-12:00",
    )


def test_a_plain_proof_by_another_key_names_its_own_did(world: World) -> None:
    credential = world.mint(VACCINATION, world.person(11), plain="eddsa-rdfc-2022")
    (plain,) = proofs_of(drop_base_proofs(credential))
    assert str(plain["verificationMethod"]).startswith(f"{world.config.dids['Ed25519']}#")


def test_the_digest_of_our_context_is_written_where_it_is_asked_for(world: World) -> None:
    with_digest = world.mint(VACCINATION, world.person(11), related_resource=True)
    without = world.mint(VACCINATION, world.person(12))
    assert [each.url for each in parse_credential(with_digest).related_resources] == [
        "https://w3id.org/ddcc/v1"
    ]
    assert "relatedResource" not in without


def test_the_same_record_is_not_minted_twice_for_one_holder(world: World) -> None:
    """F10."""
    alice = world.person(11)
    world.mint(VACCINATION, alice)
    again = world.try_mint(VACCINATION, alice)
    assert isinstance(again, NotMinted)
    assert isinstance(again.error, RecordError)
    assert "minted before as" in again.error.message
    assert isinstance(world.try_mint(VACCINATION, alice, again=True), Minted)


def test_a_bad_record_does_not_stop_the_others_and_leaves_nothing(world: World) -> None:
    """F15: the second row's holder could not hold."""
    requests = [
        _request(VACCINATION, "line 2", "a.vc.json"),
        replace(_request(TEST, "line 3", "b.vc.json"), holder="did:web:wallet.example"),
        _request(RECOVERY, "line 4", "c.vc.json"),
    ]
    options = MintOptions(unbound=True)
    results = world.issuer.mint(requests, options, now=START)
    assert [type(each) for each in results] == [Minted, NotMinted, Minted]
    assert _kept(world) == (2, 2, 2)


def test_a_mandatory_pointer_that_a_record_has_not_is_told_for_that_record(world: World) -> None:
    result = world.try_mint(RECOVERY, world.person(11), mandatory=("/credentialSubject/sex",))
    assert isinstance(result, NotMinted)
    assert "/credentialSubject/sex" in result.error.message
    assert _kept(world) == (0, 0, 0)


def test_options_that_no_record_could_have_are_refused_at_once(world: World) -> None:
    with pytest.raises(ConfigurationError, match="--no-holder"):
        world.issuer.mint([_request(VACCINATION)], MintOptions(), now=START)
    assert _kept(world) == (0, 0, 0)


def test_nothing_is_kept_where_a_list_cannot_be_published(world: World) -> None:
    """K5: a credential whose status nobody could look up is not minted."""
    world.config.status_folder.rmdir()
    with pytest.raises(StoreError, match="nothing was changed"):
        world.mint(VACCINATION, world.person(11))
    assert _kept(world) == (0, 0, 0)


def test_minting_without_keys_is_refused(world: World) -> None:
    with pytest.raises(ConfigurationError, match="keys are needed"):
        Issuer(world.config, world.store).mint([_request(VACCINATION)], MintOptions(unbound=True), now=START)


def test_a_file_in_the_way_is_kept_and_the_credential_waits(world: World, tmp_path: Path) -> None:
    world.mint(VACCINATION, world.person(11))
    (tmp_path / "record.vc.json").write_text("mine")
    with pytest.raises(StoreError, match="exists already"):
        world.issuer.deliver(tmp_path)
    assert (tmp_path / "record.vc.json").read_text() == "mine"
    assert _kept(world) == (1, 1, 1)
    assert len(world.issuer.deliver(tmp_path, overwrite=True)) == 1
    assert _kept(world) == (1, 0, 1)


def test_what_was_written_waits_no_longer_even_if_a_later_file_fails(world: World, tmp_path: Path) -> None:
    requests = [_request(VACCINATION, "1", "a.vc.json"), _request(TEST, "2", "b.vc.json")]
    world.issuer.mint(requests, MintOptions(unbound=True), now=START)
    with world.store.reading() as reading:
        second = reading.waiting()[1].file_name
    (tmp_path / second).touch()
    with pytest.raises(StoreError):
        world.issuer.deliver(tmp_path)
    with world.store.reading() as reading:
        assert [each.file_name for each in reading.waiting()] == [second]


def test_only_what_was_asked_for_is_delivered(world: World, tmp_path: Path) -> None:
    world.mint(VACCINATION, world.person(11))
    assert world.issuer.deliver(tmp_path, record_ids={"another"}) == []
    assert _kept(world) == (1, 1, 1)


def test_a_revoked_credential_stands_in_the_published_list(world: World) -> None:
    world.mint(VACCINATION, world.person(11))
    world.mint(TEST, world.person(12))
    status = world.issuer.revoke(world.last_record_id[:5], reason="wrong batch", now=START)
    assert status.state == "revoked"
    assert _set_positions(world, "revocation") == [status.positions[0].position]
    assert _set_positions(world, "suspension") == []


def test_a_suspension_ends_when_it_is_reinstated(world: World) -> None:
    world.mint(VACCINATION, world.person(11))
    assert world.issuer.suspend(world.last_record_id, reason=None, now=START).state == "suspended"
    assert len(_set_positions(world, "suspension")) == 1
    assert world.issuer.reinstate(world.last_record_id, reason=None, now=START).state == "valid"
    assert _set_positions(world, "suspension") == []


def test_a_revocation_is_for_good(world: World) -> None:
    world.mint(VACCINATION, world.person(11))
    record_id = world.last_record_id
    world.issuer.revoke(record_id, reason=None, now=START)
    for change in (world.issuer.revoke, world.issuer.suspend, world.issuer.reinstate):
        with pytest.raises(ConfigurationError, match="is revoked, which cannot be changed"):
            change(record_id, reason=None, now=START)


def test_a_change_that_changes_nothing_is_refused(world: World) -> None:
    world.mint(VACCINATION, world.person(11))
    with pytest.raises(ConfigurationError, match="is not suspended"):
        world.issuer.reinstate(world.last_record_id, reason=None, now=START)
    world.issuer.suspend(world.last_record_id, reason=None, now=START)
    with pytest.raises(ConfigurationError, match="suspended already"):
        world.issuer.suspend(world.last_record_id, reason=None, now=START)


def test_what_has_no_status_entry_cannot_be_revoked(world: World) -> None:
    world.mint(VACCINATION, suite="bbs-2023")
    with pytest.raises(ConfigurationError, match=r"without a status entry.* valid until 2027-07-01"):
        world.issuer.revoke(world.last_record_id, reason=None, now=START)


def test_a_status_stays_as_it_was_where_its_list_cannot_be_written(world: World) -> None:
    """K5: register and list never disagree."""
    world.mint(VACCINATION, world.person(11))
    world.config.status_folder.rename(world.folder / "moved")
    with pytest.raises(StoreError, match="nothing was changed"):
        world.issuer.revoke(world.last_record_id, reason=None, now=START)
    assert world.issuer.status(world.last_record_id, now=START).state == "valid"
    assert _kept(world)[2] == 1


def test_an_expired_credential_is_told_as_expired(world: World) -> None:
    world.mint(VACCINATION, world.person(11), valid_days=10)
    world.clock.advance(days=11)
    assert world.issuer.status(world.last_record_id, now=world.clock.now).state == "expired"


def test_lists_are_signed_anew_before_they_expire(world: World) -> None:
    world.mint(VACCINATION, world.person(11))
    world.clock.advance(days=20)
    paths = world.issuer.publish(now=world.clock.now)
    assert [path.name for path in paths] == ["revocation-1.json", "suspension-1.json"]
    published = world.status_lists["https://status.example/lists/revocation-1.json"]
    assert (published["validFrom"], published["validUntil"]) == (
        "2026-07-21T12:00:00Z",
        "2026-08-20T12:00:00Z",
    )


def test_every_deed_is_in_the_audit_log_without_claims(world: World) -> None:
    """M8, M9."""
    world.mint(VACCINATION, world.person(11))
    world.issuer.suspend(world.last_record_id, reason="lost card", now=START)
    world.issuer.reinstate(world.last_record_id, reason=None, now=START)
    world.issuer.revoke(world.last_record_id, reason=None, now=START)
    world.issuer.publish(now=START)
    with world.store.reading() as reading:
        entries = list(reading.audit_entries())
    assert [entry.event for entry in entries] == ["mint", "suspend", "reinstate", "revoke", "publish"]
    assert "Aulus" not in str(entries)
    assert "did:key" not in str(entries)
