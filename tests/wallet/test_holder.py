"""The holder's service: which keys and credentials are kept, and which are refused."""

from __future__ import annotations

import copy
import json
import sqlite3
from pathlib import Path

import pytest

from tests.wallet.conftest import CHEAP, PASSPHRASE, VENUE_REQUEST, outcomes
from tests.world import RECOVERY, TEST, VACCINATION, Person, World
from vclib.did import resolver
from vclib.encoding import decode_multibase, encode_multibase
from vclib.errors import (
    ContextNotAcceptedError,
    FetchError,
    HolderBindingError,
    InvalidSignatureError,
    IssuerKeyMismatchError,
    MalformedValueError,
    NoProofError,
    ProofVerificationError,
    StoreError,
    UnsupportedCryptosuiteError,
    UnsupportedKeyError,
)
from vclib.keys import KeyType
from vclib.proofs import add_proof, proofs_of, without_proofs
from vclib.strict_json import JSONObject
from vclib.verification import Validity
from wallet.holder import Holder

# --- keys ---------------------------------------------------------------------------------------


def test_keys_are_of_two_types_and_named(holder: Holder) -> None:
    holder.new_key(" Ben ", KeyType.ED25519)
    keys = holder.keys()
    assert [(key.name, key.type) for key in keys] == [("Anna", "P-256"), ("Ben", "Ed25519")]
    assert [key.did[:12] for key in keys] == ["did:key:zDna", "did:key:z6Mk"]


def test_a_key_that_cannot_sign_presentations_is_refused(holder: Holder) -> None:
    with pytest.raises(UnsupportedKeyError, match="P-256 or Ed25519, not BLS12381G2"):
        holder.new_key("Anna", KeyType.BLS12_381_G2)
    with pytest.raises(MalformedValueError, match="a name of 1 to 100 characters"):
        holder.new_key(" ")


def test_a_secret_key_shows_nowhere(holder: Holder) -> None:
    """K8."""
    (key,) = holder.shelf.held_keys()
    (view,) = holder.keys()
    secret = json.dumps(key.to_json()["secretKeyMultibase"])[1:-1]
    assert secret not in repr(key)
    assert secret not in json.dumps(view.to_json())
    assert secret not in json.dumps([entry.to_json() for entry in holder.history()])
    assert secret.encode() not in holder.path.read_bytes()


# --- adding -------------------------------------------------------------------------------------


@pytest.mark.parametrize("suite", ["ecdsa-sd-2023", "bbs-2023"])
@pytest.mark.parametrize(
    ("record", "title"),
    [
        (VACCINATION, "Vaccination status"),
        (TEST, "Test result"),
        (RECOVERY, "Recovery from an infection"),
    ],
)
def test_a_genuine_credential_is_kept_and_listed(
    world: World, holder: Holder, anna: Person, suite: str, record: JSONObject, title: str
) -> None:
    added = holder.add_credential(world.mint(record, anna, suite=suite, with_holder=True))
    assert added.duplicate is False
    assert added.warnings == ()
    (view,) = holder.credentials()
    assert view == added.view
    assert (view.title, view.person, view.issuer_name) == (title, record["name"], "Ministry of Health")
    assert (view.key_name, view.validity) == ("Anna", Validity.VALID)
    assert view.proofs == (f"{suite} (selective)", "ecdsa-rdfc-2019")


def test_the_document_is_kept_as_it_was_received(world: World, holder: Holder, anna: Person) -> None:
    document = world.mint(VACCINATION, anna)
    view = holder.add_credential(copy.deepcopy(document)).view
    assert holder.document(view.short_id) == document


def test_a_credential_that_is_held_already_is_not_added_again(
    world: World, holder: Holder, anna: Person
) -> None:
    document = world.mint(VACCINATION, anna)
    first = holder.add_credential(document)
    second = holder.add_credential(document)
    assert second.duplicate is True
    assert second.view == first.view
    assert len(holder.credentials()) == 1


def test_the_other_form_of_an_ecdsa_signature_is_the_same_credential(
    world: World, holder: Holder, anna: Person
) -> None:
    """C12: (r, n-s) verifies too, so a proof value is no name."""
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    document = world.mint(VACCINATION, anna)
    holder.add_credential(document)
    plain = next(proof for proof in proofs_of(document) if proof["cryptosuite"] == "ecdsa-rdfc-2019")
    signature = decode_multibase(plain["proofValue"])
    other_s = order - int.from_bytes(signature[32:], "big")
    plain["proofValue"] = encode_multibase(signature[:32] + other_s.to_bytes(32, "big"), base="z")
    assert holder.add_credential(document).duplicate is True


@pytest.mark.parametrize("suite", ["ecdsa-sd-2023", "bbs-2023"])
def test_a_changed_claim_is_refused_and_nothing_is_kept(
    world: World, holder: Holder, anna: Person, suite: str
) -> None:
    """F13."""
    document = world.mint(VACCINATION, anna, suite=suite, with_holder=True)
    document["credentialSubject"]["vaccination"]["dose"] = 2  # type: ignore[index,call-overload]
    with pytest.raises((InvalidSignatureError, ProofVerificationError), match="does not"):
        holder.add_credential(document)
    assert holder.credentials() == []
    assert outcomes(holder)[-1] == ("add", "failed")


@pytest.mark.parametrize("suite", ["ecdsa-sd-2023", "bbs-2023"])
def test_a_claim_changed_under_its_plain_proof_only_is_refused(
    world: World, holder: Holder, anna: Person, suite: str
) -> None:
    """F13: the base proof alone is verified as well, through everything that can be derived from it."""
    document = world.mint(VACCINATION, anna, suite=suite, with_holder=True)
    base = proofs_of(document)[0]
    forged = {**without_proofs(document), "proof": base}
    forged["credentialSubject"]["vaccination"]["dose"] = 2  # type: ignore[index,call-overload]
    with pytest.raises((InvalidSignatureError, ProofVerificationError), match="does not"):
        holder.add_credential(forged)


def test_a_credential_without_proof_is_refused(world: World, holder: Holder, anna: Person) -> None:
    with pytest.raises(NoProofError):
        holder.add_credential(without_proofs(world.mint(VACCINATION, anna)))


def test_a_proof_of_an_unknown_suite_alone_is_refused_and_beside_another_passed_over(
    world: World, holder: Holder, anna: Person
) -> None:
    """C3, C20."""
    document = world.mint(VACCINATION, anna)
    base, plain = proofs_of(document)
    unknown = {**plain, "cryptosuite": "mldsa44-rdfc-2024"}
    with pytest.raises(UnsupportedCryptosuiteError):
        holder.add_credential({**without_proofs(document), "proof": unknown})
    assert holder.add_credential({**without_proofs(document), "proof": [base, unknown]}).duplicate is False


def test_an_unknown_context_is_refused_by_name(world: World, holder: Holder, anna: Person) -> None:
    """A1."""
    document = world.mint(VACCINATION, anna)
    document["@context"] = ["https://www.w3.org/ns/credentials/v2", "https://evil.example/v1"]
    with pytest.raises(ContextNotAcceptedError, match=r"https://evil\.example/v1"):
        holder.add_credential(document)


def test_an_issuer_that_did_not_sign_is_refused(world: World, holder: Holder, anna: Person) -> None:
    """C7: signed by somebody over the name of the ministry."""
    mallory = world.person(66)
    forged = add_proof(
        without_proofs(world.mint(VACCINATION, anna)),
        cryptosuite=mallory.key.cryptosuite,
        key=mallory.key.private_key,
        verification_method=mallory.key.verification_method,
        created=world.clock.now,
    )
    with pytest.raises(IssuerKeyMismatchError, match="no proof was made by a key of the issuer"):
        holder.add_credential(forged)


def test_somebody_elses_credential_is_refused_unless_asked_for(world: World, holder: Holder) -> None:
    """E4: it could not be presented from here."""
    document = world.mint(VACCINATION, world.person(12))
    with pytest.raises(HolderBindingError, match="a key that this wallet does not have"):
        holder.add_credential(document)
    added = holder.add_credential(document, keep_foreign=True)
    assert "cannot be presented from here" in added.warnings[0]
    with pytest.raises(HolderBindingError, match="bound to a key that is not in this wallet"):
        holder.plan_presentation([added.view.id], VENUE_REQUEST)


def test_an_unbound_credential_is_kept_with_a_warning(world: World, holder: Holder) -> None:
    """D11."""
    added = holder.add_credential(world.mint(VACCINATION, suite="bbs-2023"))
    assert added.warnings == ("it is not bound to a person's key: whoever has a copy can present it",)
    assert added.view.bound_to == ()


def test_an_expired_credential_is_kept_with_a_warning(world: World, holder: Holder, anna: Person) -> None:
    document = world.mint(VACCINATION, anna)
    world.clock.advance(days=400)
    added = holder.add_credential(document)
    assert added.warnings == ("the credential is expired",)
    assert holder.credentials()[0].validity is Validity.EXPIRED


def test_an_issuer_that_cannot_be_looked_up_is_not_called_forged(world: World, holder: Holder) -> None:
    """G10."""

    def unreachable(did: str) -> JSONObject:
        raise FetchError("the host is down")

    holder._resolve = unreachable
    with pytest.raises(FetchError, match="the host is down"):
        holder.add_credential(world.mint(VACCINATION, suite="bbs-2023"))
    assert holder.credentials() == []


# --- finding and removing -----------------------------------------------------------------------


def test_a_credential_is_found_by_the_beginning_of_its_id(world: World, holder: Holder, anna: Person) -> None:
    first = holder.add_credential(world.mint(VACCINATION, anna)).view
    assert holder.credential(first.id[:4].upper()) == first
    for prefix in ("", "zzzz", first.id + "0"):
        with pytest.raises(MalformedValueError, match="no credential in the wallet with an id that begins"):
            holder.credential(prefix)


def test_a_beginning_that_fits_two_is_refused(world: World, holder: Holder, anna: Person) -> None:
    for number in range(17):
        changed = copy.deepcopy(VACCINATION)
        changed["certificate"] = {"hcid": f"HC-{number}"}
        holder.add_credential(world.mint(changed, anna))
    first_digits = [view.id[0] for view in holder.credentials()]
    twice = next(digit for digit in first_digits if first_digits.count(digit) > 1)
    with pytest.raises(MalformedValueError, match="credentials in the wallet with an id that begins"):
        holder.credential(twice)


def test_a_removed_credential_is_gone_and_remembered(world: World, holder: Holder, anna: Person) -> None:
    view = holder.add_credential(world.mint(VACCINATION, anna)).view
    holder.remove_credential(view.short_id)
    assert holder.credentials() == []
    assert outcomes(holder)[-1] == ("remove", "done")


# --- the file -----------------------------------------------------------------------------------


def test_everything_is_there_after_reopening_with_a_new_passphrase(
    world: World, holder: Holder, anna: Person
) -> None:
    view = holder.add_credential(world.mint(VACCINATION, anna)).view
    holder.change_passphrase("a new passphrase", parameters=CHEAP)
    saves = holder.saves
    holder.close()
    with Holder.open(
        holder.path, "a new passphrase", resolve=resolver(), clock=lambda: world.clock.now
    ) as reopened:
        assert reopened.credentials() == [view]
        assert reopened.saves == saves
        assert [entry.action for entry in reopened.history()] == ["new-key", "add", "passphrase"]


def test_a_damaged_wallet_names_its_backup(world: World, holder: Holder, tmp_path: Path) -> None:
    """K2."""
    holder.note_backup(tmp_path / "wallet.backup")
    holder.close()
    connection = sqlite3.connect(holder.path)
    connection.execute("DELETE FROM items WHERE rowid = 1")
    connection.commit()
    connection.close()
    with pytest.raises(StoreError, match=r"newest backup, .*wallet\.backup of 2026-07-01T12:00:00Z"):
        Holder.open(holder.path, PASSPHRASE, resolve=resolver(), clock=lambda: world.clock.now)
