"""Stories through the services: arrange a world, act, and be accepted or refused for the reason told."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.world import CHALLENGE, RECOVERY, TEST, VACCINATION, VENUE, World, disclosed, reasons
from vclib.did import did_key
from vclib.errors import PointerError, ProofGenerationError
from vclib.policy import Outcome
from vclib.presentations import new_presentation
from vclib.proofs import AUTHENTICATION, add_proof, derive, drop_base_proofs
from vclib.strict_json import JSONObject


def _credential(presentation: JSONObject) -> JSONObject:
    held = presentation["verifiableCredential"]
    assert isinstance(held, list)
    (only,) = held
    assert isinstance(only, dict)
    return only


def _leaves(value: object) -> list[str]:
    if isinstance(value, dict):
        return [leaf for member in value.values() for leaf in _leaves(member)]
    if isinstance(value, list):
        return [leaf for item in value for leaf in _leaves(item)]
    return [str(value)]


@pytest.mark.parametrize("record", [VACCINATION, TEST, RECOVERY])
@pytest.mark.parametrize("suite", ["ecdsa-sd-2023", "bbs-2023"])
def test_what_is_minted_held_and_presented_is_accepted(world: World, record: JSONObject, suite: str) -> None:
    alice = world.person(11)
    credential = world.mint(record, alice if suite == "ecdsa-sd-2023" else None, suite=suite)
    result = world.check(alice.present(credential))
    assert result.verdict.outcome is Outcome.ACCEPTED
    assert disclosed(result)["/credentialSubject/name"] == record["name"]
    assert "/hcid" not in disclosed(result)


def test_somebody_elses_credential_is_refused(world: World) -> None:
    """E4."""
    alice, mallory = world.person(11), world.person(12)
    credential = world.mint(VACCINATION, alice)
    result = world.check(mallory.present(credential))
    assert (result.verdict.outcome, reasons(result)) == (Outcome.REFUSED, ["wrong-holder"])


@pytest.mark.parametrize(
    ("challenge", "domain", "reason"),
    [
        ("other", VENUE, "wrong-challenge"),
        (CHALLENGE.upper(), VENUE, "wrong-challenge"),
        (CHALLENGE, "https://other.example", "wrong-domain"),
        (CHALLENGE, VENUE + "/", "wrong-domain"),
        (CHALLENGE, VENUE.upper(), "wrong-domain"),
    ],
)
@pytest.mark.parametrize("suite", ["ecdsa-sd-2023", "bbs-2023"])
def test_an_answer_to_another_request_is_refused(
    world: World, challenge: str, domain: str, reason: str, suite: str
) -> None:
    """E2, E3, D10."""
    alice = world.person(11)
    credential = world.mint(VACCINATION, alice if suite == "ecdsa-sd-2023" else None, suite=suite)
    presentation = alice.present(credential)
    result = world.check(presentation, challenge=challenge, domain=domain)
    assert (result.verdict.outcome, reasons(result)) == (Outcome.REFUSED, [reason])


def test_a_copied_bbs_proof_is_refused_in_a_new_presentation(world: World) -> None:
    """D10: Mallory takes what Alice showed one venue and signs it for another, with a key of his own."""
    alice, mallory = world.person(11), world.person(12)
    shown = _credential(alice.present(world.mint(VACCINATION, suite="bbs-2023")))
    key = mallory.key
    copied = add_proof(
        new_presentation([shown], holder=mallory.did),
        cryptosuite=key.cryptosuite,
        key=key.private_key,
        verification_method=key.verification_method,
        purpose=AUTHENTICATION,
        created=world.clock.now,
        challenge="other",
        domain="https://other.example",
    )
    result = world.check(copied, challenge="other", domain="https://other.example")
    assert (result.verdict.outcome, reasons(result)) == (Outcome.REFUSED, ["wrong-challenge"])


def test_of_several_credentials_the_one_that_failed_is_named(world: World) -> None:
    """E5: Alice presents her vaccination and her brother's test."""
    alice, brother = world.person(11), world.person(12)
    own = world.mint(VACCINATION, alice)
    foreign = world.mint(TEST, brother)
    shown = [derive(credential, selective_pointers=[]) for credential in (own, foreign)]
    presentation = add_proof(
        new_presentation(shown, holder=alice.did),
        cryptosuite=alice.key.cryptosuite,
        key=alice.key.private_key,
        verification_method=alice.key.verification_method,
        purpose=AUTHENTICATION,
        created=world.clock.now,
        challenge=CHALLENGE,
        domain=VENUE,
    )
    result = world.check(presentation)
    assert result.verdict.outcome is Outcome.REFUSED
    assert [each.verdict.outcome for each in result.credentials] == [Outcome.ACCEPTED, Outcome.REFUSED]
    assert [reason.code for reason in result.credentials[1].verdict.reasons] == ["wrong-holder"]
    assert result.credentials[1].claims == ()


def test_two_presentations_of_an_unlinkable_credential_share_no_handle(world: World) -> None:
    """D14: besides the issuer, the type, the day and the claims, no value is in both."""
    alice = world.person(11)
    credential = world.mint(VACCINATION, suite="bbs-2023")
    dose = ["/credentialSubject/vaccination/dose"]
    first = alice.present(credential, challenge="one", situation=None, pointers=dose)
    world.clock.advance(seconds=1)
    second = alice.present(credential, challenge="two", situation=None, pointers=dose)
    shared = set(_leaves(first)) & set(_leaves(second))
    issuer = world.config.dids["BLS12381G2"]
    assert {value for value in shared if len(value) >= 20} == {
        "https://www.w3.org/ns/credentials/v2",
        "https://w3id.org/ddcc/v1",
        "VerifiablePresentation",
        "VerifiableCredential",
        "VaccinationStatusCredential",
        "2026-07-01T00:00:00Z",
        "2027-07-01T00:00:00Z",
        issuer,
        f"{issuer}#{issuer.removeprefix('did:key:')}",
        VENUE,
    }
    for challenge, presentation in (("one", first), ("two", second)):
        assert world.check(presentation, challenge=challenge).verdict.outcome is Outcome.ACCEPTED


def test_two_presentations_of_a_bound_credential_show_the_same_key(world: World) -> None:
    """The other side of D14: bound and revocable means linkable."""
    alice = world.person(11)
    credential = world.mint(VACCINATION, alice)
    shared = set(_leaves(alice.present(credential, challenge="one"))) & set(
        _leaves(alice.present(credential, challenge="two"))
    )
    assert {alice.did, str(credential["id"])} <= shared


@pytest.mark.parametrize("suite", ["ecdsa-sd-2023", "bbs-2023"])
def test_the_holders_own_copy_is_refused(world: World, suite: str) -> None:
    """D1."""
    alice = world.person(11)
    credential = world.mint(VACCINATION, alice if suite == "ecdsa-sd-2023" else None, suite=suite)
    result = world.check(credential, challenge=None, domain=None)
    assert (result.verdict.outcome, reasons(result)) == (Outcome.REFUSED, ["base-proof"])


@pytest.mark.parametrize("suite", ["ecdsa-sd-2023", "bbs-2023"])
def test_what_a_verifier_must_see_cannot_be_withheld(world: World, suite: str) -> None:
    """D2: nothing is chosen, and still issuer, type, validity and status are there."""
    alice = world.person(11)
    options = {"with_status": True, "with_holder": True} if suite == "bbs-2023" else {}
    credential = world.mint(VACCINATION, alice, suite=suite, **options)
    shown = derive(credential, selective_pointers=[])
    assert {"type", "issuer", "validFrom", "validUntil", "credentialStatus"} <= set(shown)
    assert shown["credentialSubject"] == {"id": alice.did, "type": "HealthSubject"}


def test_a_pointer_to_nothing_is_refused(world: World) -> None:
    """D4."""
    credential = world.mint(VACCINATION, world.person(11))
    for pointer in ("/credentialSubject/nose", "/credentialStatus/2", "name", "/credentialSubject/~2"):
        with pytest.raises(PointerError):
            derive(credential, selective_pointers=[pointer])


def test_statements_of_two_credentials_cannot_be_combined(world: World) -> None:
    """D6: the name of one, the dose of the other, of one issuer."""
    alice = world.person(11)
    name = derive(world.mint(VACCINATION, unbound=True), selective_pointers=["/credentialSubject/name"])
    record = {**VACCINATION, "name": "Numerius Negidius"}
    other = derive(world.mint(record, unbound=True), selective_pointers=["/credentialSubject/name"])
    spliced = copy.deepcopy(name)
    spliced["credentialSubject"] = other["credentialSubject"]
    result = world.check(spliced, challenge=None, domain=None)
    assert (result.verdict.outcome, reasons(result)) == (Outcome.REFUSED, ["forged"])
    assert alice.did not in str(spliced)


def test_a_derived_credential_gives_nothing_more(world: World) -> None:
    """D1: what was shown cannot be opened further by who got it."""
    shown = derive(world.mint(VACCINATION, unbound=True), selective_pointers=["/credentialSubject/name"])
    with pytest.raises(ProofGenerationError):
        derive(shown, selective_pointers=["/credentialSubject/name"])


def test_several_people_in_one_credential_are_refused(world: World) -> None:
    """A15: signed by the trusted issuer itself."""
    credential = drop_base_proofs(world.mint(VACCINATION, unbound=True))
    subject = credential["credentialSubject"]
    unsigned = {name: value for name, value in credential.items() if name != "proof"}
    unsigned["credentialSubject"] = [subject, copy.deepcopy(subject)]
    signed = add_proof(
        unsigned,
        cryptosuite="ecdsa-rdfc-2019",
        key=world.keys.key("ecdsa-rdfc-2019"),
        verification_method=world.keys.verification_method("ecdsa-rdfc-2019"),
        created=world.clock.now,
    )
    result = world.check(signed, challenge=None, domain=None)
    assert result.verdict.outcome is Outcome.REFUSED
    assert "several-subjects" in reasons(result)


def test_an_expired_credential_is_genuine_and_refused(world: World) -> None:
    alice = world.person(11)
    credential = world.mint(VACCINATION, alice, valid_days=10)
    world.clock.advance(days=11)
    result = world.check(alice.present(credential))
    assert (result.verdict.outcome, reasons(result)) == (Outcome.REFUSED, ["expired"])
    assert disclosed(result)["/credentialSubject/name"] == "Aulus Agerius"


def test_a_credential_that_begins_tomorrow_is_refused_today(world: World) -> None:
    alice = world.person(11)
    credential = world.mint(VACCINATION, alice, valid_from=datetime(2026, 7, 2, tzinfo=UTC))
    early = world.check(alice.present(credential))
    assert (early.verdict.outcome, reasons(early)) == (Outcome.REFUSED, ["not-yet-valid"])
    world.clock.advance(days=1)
    assert world.check(alice.present(credential)).verdict.outcome is Outcome.ACCEPTED


def test_a_revoked_credential_is_refused_from_then_on(world: World) -> None:
    alice, bob = world.person(11), world.person(12)
    revoked = world.mint(VACCINATION, alice)
    record_id = world.last_record_id
    kept = world.mint(TEST, bob)
    assert world.check(alice.present(revoked)).verdict.outcome is Outcome.ACCEPTED
    world.issuer.revoke(record_id, reason="spoilt batch", now=world.clock.now)
    result = world.check(alice.present(revoked))
    assert (result.verdict.outcome, reasons(result)) == (Outcome.REFUSED, ["revoked"])
    assert world.check(bob.present(kept)).verdict.outcome is Outcome.ACCEPTED


def test_revoked_and_suspended_are_each_told(world: World) -> None:
    """H8."""
    alice = world.person(11)
    credential = world.mint(VACCINATION, alice)
    world.issuer.suspend(world.last_record_id, reason=None, now=world.clock.now)
    assert reasons(world.check(alice.present(credential))) == ["suspended"]
    world.issuer.revoke(world.last_record_id, reason=None, now=world.clock.now)
    assert reasons(world.check(alice.present(credential))) == ["revoked", "suspended"]


def test_an_impostor_of_the_same_name_is_not_the_ministry(world: World, tmp_path: Path) -> None:
    """I1, I7."""
    impostor = World(tmp_path / "impostor", clock=world.clock, seed=2)
    alice = world.person(11)
    result = world.check(alice.present(impostor.mint(VACCINATION, alice)), status_lists=impostor.status_lists)
    assert (result.verdict.outcome, reasons(result)) == (Outcome.REFUSED, ["issuer-unknown"])
    assert result.credentials == ()


def test_a_key_of_another_cannot_sign_in_the_issuers_name(world: World) -> None:
    """C7."""
    credential = drop_base_proofs(world.mint(VACCINATION, unbound=True))
    unsigned = {name: value for name, value in credential.items() if name != "proof"}
    thief = world.person(13).key
    assert did_key(thief.private_key.public_key) != world.config.dids["P-256"]
    signed = add_proof(
        unsigned,
        cryptosuite="ecdsa-rdfc-2019",
        key=thief.private_key,
        verification_method=thief.verification_method,
        created=world.clock.now,
    )
    result = world.check(signed, challenge=None, domain=None)
    assert (result.verdict.outcome, reasons(result)) == (Outcome.REFUSED, ["forged"])
