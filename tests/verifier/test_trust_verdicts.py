"""Verdicts by trust lists: forged, unknown, not trusted for this, ended, not checked: each told apart."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from health.trust import Pins
from tests.registries import NOW, PUBLISHER, VACCINATION_TYPE, action, entity, signed
from tests.trust_lists import content
from tests.world import CHALLENGE, TEST, VACCINATION, VENUE, Clock, World, reasons
from vclib.policy import Outcome, Reason, Severity
from vclib.strict_json import JSONObject, dump_json, parse_json_object
from verifier.config import VerifierConfig
from verifier.service import CheckResult, Question, Verifier
from verifier.trust_import import Wanted, import_list
from verifier.trust_lists import TrustFolder, TrustSource
from verifier.trust_suspensions import resume, suspend


class Door:
    """A verifier that believes a registry, at the door of a world."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world = world
        self.config = VerifierConfig(folder / "venue")
        first, *others = world.keys.dids.values()
        self.ministry = entity(first, sameAs=[*others])

    def learn(self, *entities: JSONObject, is_test: bool = False) -> None:
        folder = TrustFolder(self.config.trust_folder)
        registry = self.config.home.parent / "registry.json"
        registry.write_bytes(content(signed(*entities)))
        wanted = Wanted("registry", str(registry), Pins(publisher=PUBLISHER.did), is_test=is_test)
        import_list(wanted, folder, fetch=None, now=NOW, accept_test_lists=self.config.accept_test_lists)

    def mint(self, record: JSONObject = VACCINATION, **options: object) -> JSONObject:
        return self.world.mint(record, self.world.person(11), again=True, **options)

    def present(self, credential: JSONObject, **after: float) -> JSONObject:
        """Let its holder present a credential at this time, or a while later."""
        clock = Clock(self.world.clock.now + timedelta(**after))
        return replace(self.world.person(11), clock=clock).present(credential)

    def check(self, credential: JSONObject, **after: float) -> CheckResult:
        return self.judge(self.present(credential, **after), **after)

    def judge(self, presentation: JSONObject, **after: float) -> CheckResult:
        trust = TrustSource(self.config)
        verifier = Verifier(trust.now().issuers, self.world.status_lists, marks=lambda: trust.now().marks)
        now = self.world.clock.now + timedelta(**after)
        return verifier.check(presentation, Question(CHALLENGE, VENUE), now=now)

    def recognised(self, *actions: JSONObject) -> JSONObject:
        return {**self.ministry, "recognizedTo": [*actions]}


@pytest.fixture
def door(world: World, tmp_path: Path) -> Door:
    return Door(world, tmp_path)


def changed(presentation: JSONObject) -> JSONObject:
    """Return a presentation of which somebody changed one word."""
    text = dump_json(presentation)
    assert "Aulus Agerius" in text
    return parse_json_object(text.replace("Aulus Agerius", "Numerius Negidius"))


def refusing(result: CheckResult) -> list[str]:
    return [reason.code for reason in result.verdict.all_reasons if reason.severity is Severity.REFUSE]


def test_a_recognised_issuer_is_accepted_under_the_registrys_name(door: Door) -> None:
    """Threat I7: the name shown is the registry's, never the credential's."""
    door.learn({**door.ministry, "name": "Health Authority of Utopia"})
    result = door.check(door.mint())
    assert result.verdict.outcome is Outcome.ACCEPTED
    assert result.verdict.parts[0].issuer_name == "Health Authority of Utopia"


def test_an_issuer_whom_no_list_knows_is_unknown_and_not_a_forger(door: Door) -> None:
    """Threat I1."""
    door.learn(entity("did:web:elsewhere.example"))
    assert refusing(door.check(door.mint())) == ["issuer-unknown"]


def test_an_issuer_of_vaccinations_is_not_trusted_for_tests(door: Door) -> None:
    """Threat I2."""
    door.learn(door.recognised(action(VACCINATION_TYPE)))
    assert door.check(door.mint()).verdict.outcome is Outcome.ACCEPTED
    assert refusing(door.check(door.mint(TEST))) == ["issuer-not-trusted-for-type"]


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        ({"validFrom": "2026-07-02T00:00:00Z"}, ["issuer-not-trusted-at-issuance", "issuer-not-trusted-now"]),
        ({"validUntil": "2026-07-01T13:00:00Z"}, ["issuer-not-trusted-now"]),
        ({"validFrom": "2026-07-01T13:00:00Z"}, ["issuer-not-trusted-at-issuance"]),
        (
            {"validUntil": "2026-06-30T00:00:00Z"},
            ["issuer-not-trusted-at-issuance", "issuer-not-trusted-now"],
        ),
    ],
    ids=["begins tomorrow", "ended since", "began since", "had ended"],
)
def test_an_entry_is_judged_at_issuance_and_at_the_check(
    door: Door, period: JSONObject, expected: list[str]
) -> None:
    """Threat I3: both are reported. It was issued at 12:00 and is checked at 15:00."""
    door.learn(door.recognised(action(**period)))
    assert refusing(door.check(door.mint(), hours=3)) == expected


def test_a_list_past_its_age_turns_yes_into_undecided(door: Door) -> None:
    """Threats I4, M4."""
    door.learn(door.ministry)
    door.config = replace(door.config, trust_max_age=3 * 3600)
    credential = door.mint()
    assert door.check(credential, hours=2).verdict.outcome is Outcome.ACCEPTED
    old = door.check(credential, hours=4)
    assert (old.verdict.outcome, reasons(old)) == (Outcome.UNDECIDED, ["trust-list-old"])
    door.config = replace(door.config, trust_max_age=0)
    assert door.check(credential, hours=4).verdict.outcome is Outcome.ACCEPTED


def test_every_result_of_a_verifier_that_believes_a_test_system_says_so(door: Door) -> None:
    """Threat I6: an explicit, visible mark, on acceptance and on refusal."""
    door.config = replace(door.config, accept_test_lists=True)
    door.learn(door.ministry, is_test=True)
    credential = door.mint()
    accepted = door.check(credential)
    assert reasons(accepted)[0] == "test-lists"
    assert "test-issuer" in reasons(accepted)
    assert reasons(door.judge(changed(door.present(credential))))[0] == "test-lists"


def test_every_kind_of_no_is_told_apart(door: Door) -> None:
    """Threats I1, I2: forged, unknown, not for this, revoked, suspended, expired, not yet, not checked."""
    world = door.world
    door.learn(door.recognised(action(VACCINATION_TYPE)))
    ending = {"valid_until": world.clock.now + timedelta(days=2)}
    beginning = {"valid_from": world.clock.now + timedelta(days=2)}
    credential = door.mint()
    found: dict[str, list[str]] = {
        "forged": refusing(door.judge(changed(door.present(credential)))),
        "not-yet-valid": refusing(door.check(door.mint(**beginning), hours=1)),
        "issuer-not-trusted-for-type": refusing(door.check(door.mint(TEST))),
        "expired": refusing(door.check(door.mint(**ending), days=3)),
    }
    revoked = door.mint()
    world.issuer.revoke(world.last_record_id, reason=None, now=world.clock.now)
    found["revoked"] = refusing(door.check(revoked))
    suspended = door.mint()
    world.issuer.suspend(world.last_record_id, reason=None, now=world.clock.now)
    found["suspended"] = refusing(door.check(suspended))
    assert found == {code: [code] for code in found}
    trust = TrustSource(door.config)
    unchecked = Verifier(trust.now().issuers).check(
        door.present(credential), Question(CHALLENGE, VENUE), now=world.clock.now
    )
    assert (unchecked.verdict.outcome, refusing(unchecked)) == (Outcome.UNDECIDED, [])
    assert "not-checked" in reasons(unchecked)


def test_marks_stand_before_everything_else(world: World) -> None:
    mark = Reason("test-lists", "TEST", Severity.NOTE)
    verifier = Verifier(world.trusted, world.status_lists, marks=lambda: (mark,))
    presentation = world.person(11).present(world.mint(VACCINATION, world.person(11)))
    result = verifier.check(presentation, Question(CHALLENGE, VENUE), now=world.clock.now)
    assert result.verdict.reasons[0] == mark


def test_an_entity_that_its_registry_suspended_is_refused_with_the_reason(door: Door) -> None:
    """Threat I3: also what it issued before."""
    credential = door.mint()
    door.learn(door.ministry)
    assert door.check(credential).verdict.outcome is Outcome.ACCEPTED
    door.learn({**door.ministry, "suspended": "under investigation"})
    result = door.check(credential)
    assert refusing(result) == ["issuer-suspended"]
    assert "under investigation" in [reason.detail for reason in result.verdict.all_reasons]


def test_an_issuer_that_the_verifier_suspended_stays_so_under_a_newer_list(door: Door) -> None:
    """Threat I3."""
    door.learn(door.ministry)
    credential = door.mint()
    suspend(door.config, door.ministry["id"], "its key leaked")
    assert refusing(door.check(credential)) == ["issuer-suspended"]
    door.learn({**door.ministry, "name": "Renamed"})
    assert refusing(door.check(credential)) == ["issuer-suspended"]
    resume(door.config, door.ministry["id"])
    assert door.check(credential).verdict.outcome is Outcome.ACCEPTED
