"""What leaves the wallet: exactly what was shown, to whom it was confirmed, and never a base proof."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from health import mandatory_pointers
from tests.wallet.conftest import VENUE_REQUEST, outcomes
from tests.world import CHALLENGE, TEST, VACCINATION, VENUE, Person, World, reasons
from vclib.errors import ProofGenerationError, StoreError, VCError
from vclib.keys import KeyType
from vclib.presentations import new_presentation
from vclib.proofs import AUTHENTICATION, add_proof, drop_base_proofs, proofs_of, without_proofs
from vclib.strict_json import JSONObject
from wallet.holder import Holder, Reason, Request
from wallet.presenting import _digest


def _shown(presentation: JSONObject) -> JSONObject:
    """Return the first credential of a presentation, not a copy of it."""
    credentials = presentation["verifiableCredential"]
    assert isinstance(credentials, list)
    assert isinstance(credentials[0], dict)
    return credentials[0]


def _proof_names(document: JSONObject) -> list[object]:
    return [proof["cryptosuite"] for proof in proofs_of(document)]


# --- presenting ---------------------------------------------------------------------------------


@pytest.mark.parametrize("key_type", [KeyType.P256, KeyType.ED25519])
@pytest.mark.parametrize("situation", ["venue", "border", "clinic"])
def test_what_was_confirmed_is_accepted_by_the_verifier(
    world: World, holder: Holder, key_type: KeyType, situation: str
) -> None:
    holder.new_key("Ben", key_type)
    ben = Person(holder.shelf.held_keys()[1], world.clock)
    view = holder.add_credential(world.mint(VACCINATION, ben)).view
    planned = holder.plan_presentation([view.id], replace(VENUE_REQUEST, situation=situation))
    result = world.check(holder.confirm(planned))
    assert (str(result.verdict.outcome), reasons(result)) == ("accepted", [])
    assert holder.credential(view.id).presented == 1


def test_the_holder_sees_exactly_what_leaves(world: World, holder: Holder, anna: Person) -> None:
    """L2: the list is read from what leaves, and it is complete."""
    view = holder.add_credential(world.mint(VACCINATION, anna)).view
    planned = holder.plan_presentation([view.id], VENUE_REQUEST)
    shown = _shown(planned.document)
    (disclosure,) = planned.disclosures
    leaves = {value.pointer: value.display for value in disclosure.values}
    assert leaves["/credentialSubject/name"] == "Aulus Agerius"
    assert leaves["/credentialSubject/vaccination/disease"] == "COVID-19"
    assert {pointer for pointer in leaves if pointer.startswith("/credentialSubject")} == {
        "/credentialSubject/id",
        "/credentialSubject/type",
        "/credentialSubject/name",
        "/credentialSubject/birthDate",
        "/credentialSubject/vaccination/disease",
        "/credentialSubject/vaccination/occurrence",
        "/credentialSubject/vaccination/dose",
        "/credentialSubject/vaccination/totalDoses",
    }
    text = json.dumps(shown)
    for withheld in ("PT123F", "Vaccination Site", "999123456", "XM3DT5", "1234567890", '"male"'):
        assert withheld not in text
    assert {"Lot number", "Sex", "Personal identifier", "Vaccination centre"} <= set(disclosure.withheld)
    assert world.check(holder.confirm(planned)).verdict.outcome == "accepted"


def test_each_value_says_why_it_leaves(world: World, holder: Holder, anna: Person) -> None:
    """L2: mandatory ones are marked, also where a part of an array shifts places."""
    view = holder.add_credential(world.mint(VACCINATION, anna)).view
    planned = holder.plan_presentation([view.id], VENUE_REQUEST)
    why = {value.pointer: value.reason for value in planned.disclosures[0].values}
    assert why["/issuer/name"] is Reason.MANDATORY
    assert why["/credentialStatus/1/statusListIndex"] is Reason.MANDATORY
    assert why["/credentialSubject/id"] is Reason.MANDATORY
    assert why["/credentialSubject/name"] is Reason.CHOSEN
    assert set(why.values()) == {Reason.MANDATORY, Reason.CHOSEN}


def test_each_value_that_links_presentations_is_named(world: World, holder: Holder, anna: Person) -> None:
    """D14."""
    view = holder.add_credential(world.mint(VACCINATION, anna)).view
    planned = holder.plan_presentation([view.id], VENUE_REQUEST)
    assert {value.pointer for value in planned.disclosures[0].linkable} >= {
        "/id",
        "/validFrom",
        "/credentialStatus/0/statusListIndex",
        "/credentialSubject/id",
        "/credentialSubject/name",
        "/proof",
    }


def test_pointers_add_to_a_situation_and_stand_alone(world: World, holder: Holder, anna: Person) -> None:
    view = holder.add_credential(world.mint(VACCINATION, anna)).view
    alone = holder.plan_presentation([view.id], Request(CHALLENGE, VENUE, pointers=("/hcid",)))
    chosen = [value.pointer for value in alone.disclosures[0].values if value.reason is Reason.CHOSEN]
    assert chosen == ["/hcid"]
    both = holder.plan_presentation([view.id], replace(VENUE_REQUEST, pointers=("/hcid",)))
    assert {"/hcid", "/credentialSubject/name"} <= {v.pointer for v in both.disclosures[0].values}


@pytest.mark.parametrize(
    ("request_", "error", "message"),
    [
        (Request(CHALLENGE, VENUE), "configuration", "say what to disclose"),
        (Request(CHALLENGE, None, "venue"), "configuration", "both a challenge and a domain"),
        (Request(None, VENUE, "venue"), "configuration", "both a challenge and a domain"),
        (Request("", VENUE, "venue"), "configuration", "must not be empty"),
        (Request(CHALLENGE, VENUE, "cinema"), "record", "expected a situation of venue"),
        (Request(CHALLENGE, VENUE, "test"), "record", "this is a vaccination"),
        (Request(CHALLENGE, VENUE, pointers=("/none",)), "pointer", "selects nothing"),
        (Request(CHALLENGE, VENUE, pointers=("name",)), "pointer", "starts with '/'"),
        (Request(CHALLENGE, VENUE, "venue", unlinkable=True), "proof-generation", "has no bbs-2023 proof"),
    ],
)
def test_a_request_that_cannot_be_met_is_refused_by_name_and_remembered(
    world: World, holder: Holder, anna: Person, request_: Request, error: str, message: str
) -> None:
    """D4; nothing leaves, and the history says why."""
    view = holder.add_credential(world.mint(VACCINATION, anna)).view
    with pytest.raises(VCError, match=message):
        holder.plan_presentation([view.id], request_)
    last = holder.history()[-1]
    assert (last.action, last.outcome, last.members["error"]) == ("present", "failed", error)
    assert holder.credential(view.id).presented == 0


def test_nothing_to_present_is_refused(holder: Holder) -> None:
    with pytest.raises(VCError, match="there is no credential to present"):
        holder.plan_presentation([], VENUE_REQUEST)


@pytest.mark.parametrize("suite", ["ecdsa-sd-2023", "bbs-2023"])
def test_no_base_proof_leaves(world: World, holder: Holder, anna: Person, suite: str) -> None:
    """D1: not in a presentation, however much is asked, and not in an export."""
    document = world.mint(VACCINATION, anna, suite=suite, with_holder=True)
    base_value = str(proofs_of(document)[0]["proofValue"])
    view = holder.add_credential(document).view
    for request in (VENUE_REQUEST, Request(CHALLENGE, VENUE, everything=True)):
        signed = holder.confirm(holder.plan_presentation([view.id], request))
        assert base_value not in json.dumps(signed)
        assert world.check(signed).verdict.outcome == "accepted"
    exported = holder.export_credential(view.id)
    assert base_value not in json.dumps(exported)
    assert _proof_names(exported) == ["ecdsa-rdfc-2019"]
    part = holder.export_credential(view.id, ["/hcid"])
    assert base_value not in json.dumps(part)
    assert _proof_names(part) == [suite]


def test_a_credential_with_base_proofs_only_is_not_exported_whole(
    world: World, holder: Holder, anna: Person
) -> None:
    """D1."""
    document = world.mint(VACCINATION, anna)
    view = holder.add_credential({**without_proofs(document), "proof": proofs_of(document)[0]}).view
    with pytest.raises(ProofGenerationError, match="base proofs only, which stay in the wallet"):
        holder.export_credential(view.id)
    assert outcomes(holder)[-1] == ("export", "failed")


def test_a_plan_into_which_a_base_proof_was_put_is_not_signed(
    world: World, holder: Holder, anna: Person
) -> None:
    """D1, L3: whatever a caller does to a plan, base proofs and other documents are not signed."""
    document = world.mint(VACCINATION, anna)
    view = holder.add_credential(document).view
    planned = holder.plan_presentation([view.id], VENUE_REQUEST)
    smuggled: JSONObject = {**planned.document, "verifiableCredential": [document]}
    with pytest.raises(ProofGenerationError, match="a base proof must not leave the wallet"):
        holder.confirm(replace(planned, document=smuggled, digest=_digest(smuggled)))
    assert outcomes(holder)[-1] == ("present", "failed")


def test_a_plan_changed_after_it_was_shown_is_not_signed(world: World, holder: Holder, anna: Person) -> None:
    """L3: the confirmation belongs to what was shown."""
    view = holder.add_credential(world.mint(VACCINATION, anna)).view
    planned = holder.plan_presentation([view.id], VENUE_REQUEST)
    _shown(planned.document)["name"] = "more"
    with pytest.raises(ProofGenerationError, match="not the one that was shown; nothing was signed"):
        holder.confirm(planned)
    assert holder.credential(view.id).presented == 0


def test_a_presentation_that_cannot_be_remembered_does_not_leave(
    world: World, holder: Holder, anna: Person
) -> None:
    """K5: the disk is full after signing."""
    view = holder.add_credential(world.mint(VACCINATION, anna)).view
    planned = holder.plan_presentation([view.id], VENUE_REQUEST)
    connection = holder._store._connection
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreError, match="the disk is full"):
        holder.confirm(planned)
    assert holder.credential(view.id).presented == 0


def test_a_declined_presentation_is_remembered_without_values(
    world: World, holder: Holder, anna: Person
) -> None:
    view = holder.add_credential(world.mint(VACCINATION, anna)).view
    holder.decline(holder.plan_presentation([view.id], VENUE_REQUEST))
    last = holder.history()[-1]
    assert (last.action, last.outcome, last.members["domain"]) == ("present", "declined", VENUE)
    assert "disclosed" not in last.members
    assert holder.credential(view.id).presented == 0


def test_the_history_says_who_asked_what_left_and_when(world: World, holder: Holder, anna: Person) -> None:
    view = holder.add_credential(world.mint(VACCINATION, anna)).view
    world.clock.advance(hours=2)
    holder.confirm(holder.plan_presentation([view.id], VENUE_REQUEST))
    last = holder.history()[-1].to_json()
    assert last["at"] == "2026-07-01T14:00:00Z"
    assert (last["domain"], last["situation"], last["credentials"]) == (VENUE, "venue", [view.id])
    text = json.dumps(last["disclosed"])
    assert '{"pointer": "/credentialSubject/name", "label": "Name", "value": "Aulus Agerius"}' in text
    assert "PT123F" not in text


def test_a_credential_without_selective_proof_leaves_whole_and_says_so(
    world: World, holder: Holder, anna: Person
) -> None:
    document = drop_base_proofs(world.mint(VACCINATION, anna))
    view = holder.add_credential(document).view
    planned = holder.plan_presentation([view.id], VENUE_REQUEST)
    assert planned.warnings == (f"the credential {view.short_id} cannot be shown in parts: all of it leaves",)
    assert {value.reason for value in planned.disclosures[0].values} == {Reason.WHOLE}
    assert planned.disclosures[0].withheld == ()
    # The issuer id names the key of the base proof, so a verifier has to know both keys: it does.
    assert world.check(holder.confirm(planned)).verdict.outcome == "accepted"


def test_several_credentials_of_two_keys_are_presented_together(
    world: World, holder: Holder, anna: Person
) -> None:
    holder.new_key("Ben", KeyType.ED25519)
    ben = Person(holder.shelf.held_keys()[1], world.clock)
    views = [
        holder.add_credential(world.mint(VACCINATION, anna)).view,
        holder.add_credential(world.mint(TEST, ben)).view,
    ]
    planned = holder.plan_presentation([view.id for view in views], VENUE_REQUEST)
    assert planned.signers == (anna.did, ben.did)
    signed = holder.confirm(planned)
    assert _proof_names(signed) == ["ecdsa-rdfc-2019", "eddsa-rdfc-2022"]
    assert world.check(signed).verdict.outcome == "accepted"


def test_a_credential_named_twice_is_presented_once(world: World, holder: Holder, anna: Person) -> None:
    view = holder.add_credential(world.mint(VACCINATION, anna)).view
    planned = holder.plan_presentation([view.id, view.short_id], VENUE_REQUEST)
    assert len(planned.disclosures) == 1


# --- unlinkable ---------------------------------------------------------------------------------


def test_unlinkable_presentations_share_nothing_but_what_they_disclose(world: World, holder: Holder) -> None:
    """D10, D14: no holder, another key and another proof each time, and never a key of this wallet."""
    view = holder.add_credential(world.mint(VACCINATION, suite="bbs-2023")).view
    request = Request(CHALLENGE, VENUE, pointers=("/credentialSubject/vaccination/dose",), unlinkable=True)
    first, second = (holder.confirm(holder.plan_presentation([view.id], request)) for _ in range(2))
    for signed in (first, second):
        assert "holder" not in signed
        assert "id" not in signed
        assert holder.keys()[0].did not in json.dumps(signed)
        assert world.check(signed).verdict.outcome == "accepted"
    methods = [proofs_of(signed)[0]["verificationMethod"] for signed in (first, second)]
    assert methods[0] != methods[1]
    values = [proofs_of(_shown(signed))[0]["proofValue"] for signed in (first, second)]
    assert values[0] != values[1]
    planned = holder.plan_presentation([view.id], request)
    assert planned.disclosures[0].linkable == ()
    assert planned.signers == ()


def test_an_unlinkable_presentation_is_not_accepted_elsewhere(world: World, holder: Holder) -> None:
    """D10: somebody puts the derived credential into a presentation of their own for another venue."""
    view = holder.add_credential(world.mint(VACCINATION, suite="bbs-2023")).view
    signed = holder.confirm(holder.plan_presentation([view.id], VENUE_REQUEST))
    assert world.check(signed).verdict.outcome == "accepted"
    stolen = _shown(signed)
    thief = world.person(66)
    elsewhere = "https://other.example"
    replayed = add_proof(
        new_presentation([stolen], holder=thief.did),
        cryptosuite=thief.key.cryptosuite,
        key=thief.key.private_key,
        verification_method=thief.key.verification_method,
        purpose=AUTHENTICATION,
        created=world.clock.now,
        challenge="another",
        domain=elsewhere,
    )
    result = world.check(replayed, challenge="another", domain=elsewhere)
    assert str(result.verdict.outcome) == "refused"


def test_with_both_base_proofs_the_one_that_fits_the_request_is_taken(
    world: World, holder: Holder, anna: Person
) -> None:
    document = world.mint(VACCINATION, anna)
    both = add_proof(
        document,
        cryptosuite="bbs-2023",
        key=world.keys.key("bbs-2023"),
        verification_method=world.keys.verification_method("bbs-2023"),
        created=None,
        mandatory_pointers=mandatory_pointers(document),
    )
    view = holder.add_credential(both).view
    usual = holder.plan_presentation([view.id], VENUE_REQUEST)
    unlinkable = holder.plan_presentation([view.id], replace(VENUE_REQUEST, unlinkable=True))
    assert [plan.disclosures[0].suite for plan in (usual, unlinkable)] == ["ecdsa-sd-2023", "bbs-2023"]
    assert unlinkable.warnings == (
        "the credential is bound to a key, and this key is the same in every presentation",
    )


def test_the_time_of_signing_is_named_as_linkable(world: World, holder: Holder) -> None:
    """D14: an issuer that writes a time into a bbs-2023 proof gives each holder a mark."""
    document = without_proofs(world.mint(VACCINATION, suite="bbs-2023"))
    signed = add_proof(
        document,
        cryptosuite="bbs-2023",
        key=world.keys.key("bbs-2023"),
        verification_method=world.keys.verification_method("bbs-2023"),
        created=world.clock.now,
        mandatory_pointers=mandatory_pointers(document),
    )
    view = holder.add_credential(signed).view
    planned = holder.plan_presentation([view.id], Request(CHALLENGE, VENUE, "venue"))
    assert "/proof/created" in {value.pointer for value in planned.disclosures[0].linkable}


def test_an_unbound_credential_beside_a_bound_one_is_tied_to_its_key(
    world: World, holder: Holder, anna: Person
) -> None:
    views = [
        holder.add_credential(world.mint(VACCINATION, anna)).view,
        holder.add_credential(world.mint(TEST, suite="bbs-2023")).view,
    ]
    planned = holder.plan_presentation([view.id for view in views], VENUE_REQUEST)
    assert any("is tied to your key" in warning for warning in planned.warnings)
    assert world.check(holder.confirm(planned)).verdict.outcome == "accepted"


def test_without_challenge_and_domain_the_plan_says_so_loudly(
    world: World, holder: Holder, anna: Person
) -> None:
    view = holder.add_credential(world.mint(VACCINATION, anna)).view
    planned = holder.plan_presentation([view.id], Request(None, None, "venue"))
    assert planned.warnings[0].startswith("NO CHALLENGE AND NO DOMAIN")
    signed = holder.confirm(planned)
    assert "challenge" not in proofs_of(signed)[0]
    assert world.check(signed, challenge=None, domain=None).verdict.outcome == "accepted"
    assert world.check(signed).verdict.outcome == "refused"
