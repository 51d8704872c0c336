"""verifier.service: genuine, trusted, in force, not withdrawn, proven is accepted; the rest has a reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from issuer.service import Issuer
from tests.world import CHALLENGE, VACCINATION, VENUE, World, disclosed, reasons
from vclib.errors import ConfigurationError, FetchError, MalformedValueError
from vclib.policy import Outcome, TrustedIssuers
from vclib.presentations import new_presentation
from vclib.proofs import AUTHENTICATION, add_proof, derive, drop_base_proofs
from vclib.strict_json import JSONObject, dump_json
from verifier.service import Question, Verifier

ALONE = Question()


def _lists(world: World) -> dict[str, JSONObject]:
    return dict(world.status_lists)


def _trusting(entry: JSONObject) -> TrustedIssuers:
    return TrustedIssuers.from_json({"issuers": [entry]})


def _whole(world: World) -> JSONObject:
    """A credential as it is handed over alone: with its plain proof."""
    return drop_base_proofs(world.mint(VACCINATION, world.person(11)))


def test_a_trusted_issuer_is_called_by_the_name_of_the_trust_file(world: World) -> None:
    """I7: the credential's own name for its issuer is not used."""
    entry: JSONObject = {"id": world.config.dids["P-256"], "name": "Ministry, as we know it"}
    world.trusted = _trusting(entry)
    alice = world.person(11)
    result = world.check(alice.present(world.mint(VACCINATION, alice)))
    assert result.verdict.outcome is Outcome.ACCEPTED
    assert result.credentials[0].verdict.issuer_name == "Ministry, as we know it"


def test_without_a_trust_file_nothing_is_accepted(world: World) -> None:
    world.trusted = None
    alice = world.person(11)
    result = world.check(alice.present(world.mint(VACCINATION, alice)))
    assert result.verdict.outcome is Outcome.UNDECIDED
    assert reasons(result) == ["no-trust-file"]


def test_another_context_on_a_genuine_credential_is_refused(world: World) -> None:
    """A3: the signature still holds, because the statements stay the same."""
    alice = world.person(11)
    credential = drop_base_proofs(world.mint(VACCINATION, alice))
    contexts = credential["@context"]
    assert isinstance(contexts, list)
    credential = {**credential, "@context": [*contexts, "https://w3id.org/citizenship/v2"]}
    signed = add_proof(
        new_presentation([credential], holder=alice.did),
        cryptosuite=alice.key.cryptosuite,
        key=alice.key.private_key,
        verification_method=alice.key.verification_method,
        purpose=AUTHENTICATION,
        created=world.clock.now,
        challenge=CHALLENGE,
        domain=VENUE,
    )
    result = world.check(signed)
    assert result.verdict.outcome is Outcome.REFUSED
    assert reasons(result) == ["context-not-accepted"]


def test_an_unknown_issuer_is_refused_before_anything_is_fetched(world: World) -> None:
    """I1, G11."""
    alice = world.person(11)
    presentation = alice.present(world.mint(VACCINATION, alice))
    fetched: list[str] = []

    def fetch(url: str) -> bytes:
        fetched.append(url)
        raise FetchError("no network in this test")

    stranger = _trusting({"id": "did:web:moh.example", "name": "Other"})
    question = Question(CHALLENGE, VENUE)
    result = Verifier(stranger, {}, fetch).check(presentation, question, now=world.clock.now)
    assert (result.verdict.outcome, reasons(result), fetched) == (Outcome.REFUSED, ["issuer-unknown"], [])
    trusting = Verifier(world.trusted, {}, fetch).check(presentation, question, now=world.clock.now)
    assert trusting.verdict.outcome is Outcome.UNDECIDED
    assert sorted(fetched) == [
        "https://status.example/lists/revocation-1.json",
        "https://status.example/lists/suspension-1.json",
    ]


def test_an_issuer_is_refused_for_a_type_it_is_not_trusted_for(world: World) -> None:
    """I2."""
    entry: JSONObject = {
        "id": world.config.dids["P-256"],
        "name": "Laboratory",
        "types": ["TestResultCredential"],
    }
    world.trusted = _trusting(entry)
    alice = world.person(11)
    result = world.check(alice.present(world.mint(VACCINATION, alice)))
    assert (result.verdict.outcome, reasons(result)) == (Outcome.REFUSED, ["issuer-not-trusted-for-type"])


def test_a_bound_credential_in_an_unsigned_presentation_is_refused(world: World) -> None:
    """E4, D11: it may have been copied from anybody."""
    alice = world.person(11)
    presentation = alice.present(world.mint(VACCINATION, alice), challenge=None, domain=None)
    del presentation["proof"]
    result = world.check(presentation, challenge=None, domain=None)
    assert (result.verdict.outcome, reasons(result)) == (Outcome.REFUSED, ["not-fresh", "not-presented"])


@pytest.mark.parametrize(("require_holder", "outcome"), [(False, Outcome.ACCEPTED), (True, Outcome.REFUSED)])
def test_a_presentation_that_answers_nothing_is_told_as_a_possible_copy(
    world: World, require_holder: bool, outcome: Outcome
) -> None:
    """E1, D11: a code on paper is signed once and can be photographed."""
    alice = world.person(11)
    paper = alice.present(world.mint(VACCINATION, alice), challenge=None, domain=None)
    result = world.check(paper, challenge=None, domain=None, require_holder=require_holder)
    assert (result.verdict.outcome, reasons(result)) == (outcome, ["not-fresh"])


@pytest.mark.parametrize(("challenge", "domain"), [(CHALLENGE, None), (None, VENUE)])
def test_a_challenge_without_a_domain_is_our_own_mistake(
    world: World, challenge: str | None, domain: str | None
) -> None:
    """E2: an answer to the challenge alone could have been made for anybody."""
    alice = world.person(11)
    presentation = alice.present(world.mint(VACCINATION, alice))
    with pytest.raises(ConfigurationError, match="give both of them, or neither"):
        world.check(presentation, challenge=challenge, domain=domain)


def test_a_bound_credential_alone_is_not_decided(world: World) -> None:
    result = world.check(_whole(world), challenge=None, domain=None)
    assert (result.verdict.outcome, reasons(result)) == (Outcome.UNDECIDED, ["not-presented"])
    assert disclosed(result)["/credentialSubject/name"] == "Aulus Agerius"


def test_a_bound_credential_alone_is_refused_where_a_holder_is_required(world: World) -> None:
    result = world.check(_whole(world), challenge=None, domain=None, require_holder=True)
    assert (result.verdict.outcome, reasons(result)) == (Outcome.REFUSED, ["not-presented"])


def test_a_credential_alone_answers_no_challenge(world: World) -> None:
    result = world.check(_whole(world))
    assert (result.verdict.outcome, reasons(result)) == (Outcome.REFUSED, ["wrong-challenge"])


@pytest.mark.parametrize(("require_holder", "outcome"), [(False, Outcome.ACCEPTED), (True, Outcome.REFUSED)])
def test_a_credential_bound_to_nobody_is_told_as_such(
    world: World, require_holder: bool, outcome: Outcome
) -> None:
    """D11."""
    presentation = world.person(11).present(world.mint(VACCINATION, suite="bbs-2023"))
    result = world.check(presentation, require_holder=require_holder)
    assert (result.verdict.outcome, reasons(result)) == (outcome, ["not-bound"])


def test_a_status_that_cannot_be_looked_up_leaves_it_undecided(world: World) -> None:
    """H1."""
    alice = world.person(11)
    result = world.check(alice.present(world.mint(VACCINATION, alice)), status_lists={})
    assert (result.verdict.outcome, reasons(result)) == (Outcome.UNDECIDED, ["not-checked", "not-checked"])


def test_a_status_list_is_fetched_where_it_is_not_at_hand(world: World) -> None:
    alice = world.person(11)
    presentation = alice.present(world.mint(VACCINATION, alice))
    lists = _lists(world)
    verifier = Verifier(world.trusted, {}, lambda url: dump_json(lists[url]).encode())
    result = verifier.check(presentation, Question(CHALLENGE, VENUE), now=world.clock.now)
    assert result.verdict.outcome is Outcome.ACCEPTED


@pytest.mark.parametrize("answer", [b"", b"<html>", b"[]", b"{}", b"[" * 100_000, b"\xff", b" " * 5_000_000])
def test_whatever_the_host_of_a_list_answers_says_nothing_against_the_credential(
    world: World, answer: bytes
) -> None:
    """H1, J4."""
    alice = world.person(11)
    presentation = alice.present(world.mint(VACCINATION, alice))
    verifier = Verifier(world.trusted, {}, lambda _url: answer)
    result = verifier.check(presentation, Question(CHALLENGE, VENUE), now=world.clock.now)
    assert (result.verdict.outcome, reasons(result)) == (Outcome.UNDECIDED, ["not-checked", "not-checked"])


def test_a_status_list_that_has_no_address_is_not_fetched(world: World) -> None:
    """Lists that travel as files have urn:uuid: names."""
    urn = "urn:uuid:8f3c2c0e-6f0b-4b58-9b3e-0d5d7f6a1c11"
    world.issuer = Issuer(replace(world.config, status_url=urn), world.store, world.keys)
    fetched: list[str] = []

    def fetch(url: str) -> bytes:
        fetched.append(url)
        return b"{}"

    credential = drop_base_proofs(world.mint(VACCINATION, unbound=True))
    offline = Verifier(world.trusted, {}, fetch).check(credential, ALONE, now=world.clock.now)
    assert (reasons(offline)[:2], fetched) == (["not-checked", "not-checked"], [])
    assert world.check(credential, challenge=None, domain=None).verdict.outcome is Outcome.ACCEPTED


def _unsigned(document: JSONObject) -> JSONObject:
    return {name: value for name, value in document.items() if name != "proof"}


def _of_another_issuer(document: JSONObject) -> JSONObject:
    return {**document, "issuer": "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"}


def _of_another_list(document: JSONObject) -> JSONObject:
    return {**document, "id": "https://status.example/lists/revocation-2.json"}


@pytest.mark.parametrize("spoil", [_unsigned, _of_another_issuer, _of_another_list])
def test_a_status_list_that_is_not_the_issuers_own_is_not_believed(
    world: World, spoil: Callable[[JSONObject], JSONObject]
) -> None:
    """H2."""
    alice = world.person(11)
    presentation = alice.present(world.mint(VACCINATION, alice))
    lists = {url: spoil(document) for url, document in _lists(world).items()}
    result = world.check(presentation, status_lists=lists)
    assert (result.verdict.outcome, reasons(result)) == (Outcome.UNDECIDED, ["not-checked", "not-checked"])


def test_an_old_status_list_is_not_believed_for_ever(world: World) -> None:
    """H7: a list ends after 30 days."""
    alice = world.person(11)
    credential = world.mint(VACCINATION, alice)
    world.clock.advance(days=31)
    result = world.check(alice.present(credential))
    assert (result.verdict.outcome, reasons(result)) == (Outcome.UNDECIDED, ["not-checked", "not-checked"])


def test_an_older_status_list_than_one_seen_before_is_reported(world: World) -> None:
    """H7."""
    world.send_challenge("first")
    world.send_challenge("second")
    alice = world.person(11)
    credential = world.mint(VACCINATION, alice)
    before = _lists(world)
    world.clock.advance(minutes=1)
    world.issuer.revoke(world.last_record_id, reason=None, now=world.clock.now)
    revoked = world.check(alice.present(credential, challenge="first"), challenge="first")
    assert reasons(revoked) == ["revoked"]
    rolled_back = world.check(
        alice.present(credential, challenge="second"), challenge="second", status_lists=before
    )
    assert rolled_back.verdict.outcome is Outcome.UNDECIDED
    assert reasons(rolled_back) == ["status-list-older"]


def test_what_could_not_be_revoked_is_refused_where_a_status_is_required(world: World) -> None:
    """H11."""
    presentation = world.person(11).present(world.mint(VACCINATION, suite="bbs-2023"))
    result = world.check(presentation, require_status=True)
    assert result.verdict.outcome is Outcome.REFUSED
    assert "no-status" in reasons(result)


def test_status_lists_of_an_unlinkable_credential_hold_for_whoever_knows_all_dids(world: World) -> None:
    """0070: lists are issued by the P-256 DID, the credential by the BLS one."""
    credential = world.mint(VACCINATION, suite="bbs-2023", with_status=True)
    presentation = world.person(11).present(credential)
    assert world.check(presentation).verdict.outcome is Outcome.ACCEPTED
    only_bls: JSONObject = {"id": world.config.dids["BLS12381G2"], "name": "Ministry of Health"}
    world.trusted = _trusting(only_bls)
    result = world.check(presentation)
    assert result.verdict.outcome is Outcome.UNDECIDED
    assert reasons(result)[:2] == ["not-checked", "not-checked"]


def test_a_plain_proof_under_another_did_holds_for_whoever_knows_all_dids(world: World) -> None:
    """0070: `--plain eddsa-rdfc-2022`."""
    credential = drop_base_proofs(world.mint(VACCINATION, unbound=True, plain="eddsa-rdfc-2022"))
    assert world.check(credential, challenge=None, domain=None).verdict.outcome is Outcome.ACCEPTED
    only_p256: JSONObject = {"id": world.config.dids["P-256"], "name": "Ministry of Health"}
    world.trusted = _trusting(only_p256)
    result = world.check(credential, challenge=None, domain=None)
    assert (result.verdict.outcome, reasons(result)) == (Outcome.REFUSED, ["forged"])


def test_a_challenge_is_answered_once(world: World) -> None:
    """E1."""
    world.send_challenge("c-1")
    alice = world.person(11)
    presentation = alice.present(world.mint(VACCINATION, alice), challenge="c-1")
    assert world.check(presentation, challenge="c-1").verdict.outcome is Outcome.ACCEPTED
    again = world.check(presentation, challenge="c-1")
    assert (again.verdict.outcome, reasons(again)) == (Outcome.REFUSED, ["wrong-challenge"])


def test_a_challenge_that_was_never_sent_is_refused(world: World) -> None:
    world.send_challenge("c-1")
    alice = world.person(11)
    presentation = alice.present(world.mint(VACCINATION, alice), challenge="mine")
    assert reasons(world.check(presentation, challenge="mine")) == ["wrong-challenge"]


def test_a_challenge_is_not_used_up_by_an_answer_to_another(world: World) -> None:
    world.send_challenge("c-1")
    alice = world.person(11)
    credential = world.mint(VACCINATION, alice)
    assert reasons(world.check(alice.present(credential, challenge="c-2"), challenge="c-1")) == [
        "wrong-challenge"
    ]
    answer = alice.present(credential, challenge="c-1")
    assert world.check(answer, challenge="c-1").verdict.outcome is Outcome.ACCEPTED


def test_an_answer_that_is_refused_uses_up_its_challenge(world: World) -> None:
    world.send_challenge("c-1")
    alice = world.person(11)
    presentation = alice.present(world.mint(VACCINATION, alice), challenge="c-1")
    assert reasons(world.check(presentation, challenge="c-1", status_lists={})) == [
        "not-checked",
        "not-checked",
    ]
    assert reasons(world.check(presentation, challenge="c-1")) == ["wrong-challenge"]


def test_a_late_answer_is_refused(world: World) -> None:
    world.send_challenge("c-1")
    alice = world.person(11)
    credential = world.mint(VACCINATION, alice)
    world.clock.advance(minutes=11)
    assert reasons(world.check(alice.present(credential, challenge="c-1"), challenge="c-1")) == [
        "wrong-challenge"
    ]


def test_the_domain_that_was_sent_is_the_one_that_counts(world: World) -> None:
    """E2."""
    world.send_challenge("c-1")
    alice = world.person(11)
    presentation = alice.present(
        world.mint(VACCINATION, alice), challenge="c-1", domain="https://other.example"
    )
    assert reasons(world.check(presentation, challenge="c-1", domain=None)) == ["wrong-domain"]
    with pytest.raises(ConfigurationError, match="was sent for the domain https://venue"):
        world.check(presentation, challenge="c-1", domain="https://other.example")


def test_json_of_another_kind_is_bad_input(world: World) -> None:
    with pytest.raises(MalformedValueError, match="JSON of another kind"):
        world.check({"resourceType": "Bundle"})


def test_an_empty_presentation_leaves_nothing_to_accept(world: World) -> None:
    key = world.person(11).key
    presentation = add_proof(
        new_presentation([], holder=key.did),
        cryptosuite=key.cryptosuite,
        key=key.private_key,
        verification_method=key.verification_method,
        purpose=AUTHENTICATION,
        created=world.clock.now,
        challenge=CHALLENGE,
        domain=VENUE,
    )
    result = world.check(presentation)
    assert (result.verdict.outcome, reasons(result)) == (Outcome.REFUSED, ["nothing-presented"])


def test_a_derived_credential_alone_discloses_what_was_chosen(world: World) -> None:
    credential = world.mint(VACCINATION, unbound=True)
    shown = derive(credential, selective_pointers=["/credentialSubject/vaccination/dose"])
    result = world.check(shown, challenge=None, domain=None)
    assert result.verdict.outcome is Outcome.ACCEPTED
    assert "/credentialSubject/name" not in disclosed(result)
    assert disclosed(result)["/credentialSubject/vaccination/dose"] == "1"


def test_the_verdict_depends_on_the_moment_of_the_check(world: World) -> None:
    credential = drop_base_proofs(world.mint(VACCINATION, unbound=True, valid_days=10))
    later = world.clock.now + timedelta(days=11)
    assert reasons(world.check(credential, challenge=None, domain=None, at=later)) == [
        "expired",
        "not-presented",
    ]
