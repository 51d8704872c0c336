"""verifier.report: one word, why, then what was disclosed; nothing of what failed, no name but our own."""

from __future__ import annotations

from tests.world import CHALLENGE, TEST, VACCINATION, VENUE, World
from vclib.policy import TrustedIssuers
from vclib.presentations import new_presentation
from vclib.proofs import AUTHENTICATION, add_proof, derive
from vclib.strict_json import JSONObject
from verifier.report import missing_lines, result_json, result_lines


def _both(world: World) -> JSONObject:
    """Alice's vaccination and somebody else's test, in Alice's presentation."""
    alice = world.person(11)
    credentials = [world.mint(VACCINATION, alice), world.mint(TEST, world.person(12))]
    return add_proof(
        new_presentation([derive(each, selective_pointers=[]) for each in credentials], holder=alice.did),
        cryptosuite=alice.key.cryptosuite,
        key=alice.key.private_key,
        verification_method=alice.key.verification_method,
        purpose=AUTHENTICATION,
        created=world.clock.now,
        challenge=CHALLENGE,
        domain=VENUE,
    )


def test_the_verdict_comes_first_and_the_claims_last(world: World) -> None:
    alice = world.person(11)
    lines = result_lines(world.check(alice.present(world.mint(VACCINATION, alice))))
    assert lines[:3] == ["ACCEPTED", "", "  issued by                       Ministry of Health"]
    assert "  Name                            Aulus Agerius" in lines
    assert f"  bound to                        the presenter's key, {alice.did}" in lines
    assert "  withdrawn                       revocation: no, suspension: no" in lines
    assert lines[-1] == "  signed with                     ecdsa-sd-2023"


def test_each_of_several_credentials_has_its_own_verdict(world: World) -> None:
    """E5."""
    lines = result_lines(world.check(_both(world)))
    assert lines[0] == "REFUSED"
    assert "credential 1: ACCEPTED" in lines
    position = lines.index("credential 2: REFUSED")
    assert lines[position + 1].startswith("  x [wrong-holder]")
    assert len(lines) == position + 2


def test_what_is_said_of_a_credential_alone_is_said_once(world: World) -> None:
    alice = world.person(11)
    credential = derive(world.mint(VACCINATION, alice), selective_pointers=[])
    lines = result_lines(world.check(credential, challenge=None, domain=None))
    assert [line for line in lines if line.startswith("  ? [not-presented]")] == lines[1:2]


def test_json_tells_of_a_failed_credential_its_verdict_only(world: World) -> None:
    credentials = result_json(world.check(_both(world)))["credentials"]
    assert isinstance(credentials, list)
    good, bad = credentials
    assert isinstance(good, dict)
    assert isinstance(bad, dict)
    assert good["types"] == ["VerifiableCredential", "VaccinationStatusCredential"]
    assert set(bad) == {"verdict"}


def test_an_unknown_issuer_is_shown_by_its_did(world: World) -> None:
    """I7: what it calls itself is not shown."""
    world.trusted = None
    alice = world.person(11)
    lines = result_lines(world.check(alice.present(world.mint(VACCINATION, alice))))
    assert f"  issued by                       not recognised: {world.config.dids['P-256']}" in lines
    assert not any("Ministry" in line for line in lines)


def test_two_names_that_look_alike_are_not_mixed_up(world: World) -> None:
    """I7: the trust file's name, though the credential says another."""
    world.trusted = TrustedIssuers.from_json(
        {"issuers": [{"id": world.config.dids["P-256"], "name": "\u041cinistry of Health"}]}
    )
    alice = world.person(11)
    lines = result_lines(world.check(alice.present(world.mint(VACCINATION, alice))))
    assert "  issued by                       \u041cinistry of Health" in lines


def test_what_would_help_is_said_where_lists_were_missing(world: World) -> None:
    alice = world.person(11)
    presentation = alice.present(world.mint(VACCINATION, alice))
    without = world.check(presentation, status_lists={})
    assert missing_lines(without, [])[-1].endswith("--status FILE")
    assert missing_lines(without, ["https://other.example"]) == []
    assert missing_lines(world.check(presentation), []) == []


def test_an_unlinkable_presentation_is_told_as_such(world: World) -> None:
    """D14."""
    credential = world.mint(VACCINATION, suite="bbs-2023")
    presentation = world.person(11).present(
        credential, situation=None, pointers=["/credentialSubject/vaccination/dose"]
    )
    lines = result_lines(world.check(presentation))
    assert "  recognisable again by           nothing" in lines
    assert "  bound to                        no key" in lines
