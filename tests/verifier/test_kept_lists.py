"""verifier.kept_lists: what was verified a moment ago is not verified again, and nothing else is spared."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.world import CHALLENGE, VACCINATION, VENUE, World, reasons
from vclib.credentials import Credential
from vclib.environment import Lookups
from vclib.errors import IssuerNotAcceptedError, MalformedValueError
from vclib.examination import _verified_list
from vclib.policy import Outcome
from vclib.proofs import VerifiedProof
from vclib.status import encode_list, new_status_list
from vclib.strict_json import JSONObject
from verifier.environment import Sources
from verifier.kept_lists import KeptLists
from verifier.service import CheckResult, Question, Verifier

LIFETIME = timedelta(minutes=5)


class Counting(KeptLists):
    """Counts how often a list was verified."""

    verified = 0

    def keep(
        self, document: JSONObject, credential: Credential, proofs: Collection[VerifiedProof], now: object
    ) -> None:
        self.verified += 1
        super().keep(document, credential, proofs, now)  # type: ignore[arg-type]  # passed through


def check(
    world: World, presentation: JSONObject, lists: dict[str, JSONObject], kept: KeptLists
) -> CheckResult:
    sources = Sources(world.trusted, lists, list_memory=kept)
    verifier = Verifier(world.trusted, sources=sources)
    return verifier.check(presentation, Question(CHALLENGE, VENUE), now=world.clock.now)


def test_a_list_is_verified_once_in_its_time(world: World) -> None:
    alice = world.person(11)
    credential = world.mint(VACCINATION, alice)
    lists, kept = dict(world.status_lists), Counting(LIFETIME)
    for minutes, verified in ((0, 2), (4, 2), (1, 4)):
        world.clock.advance(minutes=minutes)
        assert check(world, alice.present(credential), lists, kept).verdict.outcome is Outcome.ACCEPTED
        assert kept.verified == verified


def test_a_kept_list_still_says_what_was_withdrawn(world: World) -> None:
    alice = world.person(11)
    credential = world.mint(VACCINATION, alice)
    world.issuer.revoke(world.last_record_id, reason=None, now=world.clock.now)
    lists, kept = dict(world.status_lists), Counting(LIFETIME)
    for _ in range(2):
        assert reasons(check(world, alice.present(credential), lists, kept)) == ["revoked"]
    assert kept.verified == 2


def test_a_changed_list_is_verified_whatever_it_says_of_itself(world: World) -> None:
    """H2: the copy has the same id, dates and proof, and another content."""
    alice = world.person(11)
    credential = world.mint(VACCINATION, alice)
    lists, kept = dict(world.status_lists), Counting(LIFETIME)
    check(world, alice.present(credential), lists, kept)
    forged = {url: {**document, "description": "changed"} for url, document in lists.items()}
    assert reasons(check(world, alice.present(credential), forged, kept)) == ["not-checked", "not-checked"]


def test_a_list_is_not_kept_beyond_its_own_end_or_before_it_was_verified(world: World) -> None:
    alice = world.person(11)
    credential = world.mint(VACCINATION, alice)
    lists, kept = dict(world.status_lists), Counting(timedelta(days=365))
    check(world, alice.present(credential), lists, kept)
    document = next(iter(lists.values()))
    assert kept.find(document, world.clock.now + timedelta(days=29)) is not None
    assert kept.find(document, world.clock.now + timedelta(days=31)) is None
    assert kept.find(document, world.clock.now - timedelta(seconds=1)) is None
    assert kept.find(dict(document), world.clock.now) is None
    world.clock.advance(days=31)
    assert reasons(check(world, alice.present(credential), lists, kept)) == ["not-checked", "not-checked"]


def test_an_issuer_that_is_no_longer_acceptable_is_not_spared_for_its_list(world: World) -> None:
    """H2: a list was verified, and is none of an acceptable issuer now."""
    alice = world.person(11)
    presentation = alice.present(world.mint(VACCINATION, alice))
    lists, kept = dict(world.status_lists), Counting(LIFETIME)
    check(world, presentation, lists, kept)
    environment, _ = Sources(world.trusted, lists, list_memory=kept).at(world.clock.now)
    stricter = replace(environment, is_issuer_acceptable=lambda _: False)
    with pytest.raises(IssuerNotAcceptedError):
        _verified_list(next(iter(lists.values())), stricter, Lookups(stricter))


def test_bitstrings_are_the_same_kept_or_not() -> None:
    """H4: what does not decode is refused each time."""
    kept = KeptLists(LIFETIME)
    encoded = encode_list(new_status_list().set(94567))
    for _ in range(2):
        decoded = kept.decode(encoded, status_size=1)
        assert (decoded.get(94567), decoded.get(94566), len(decoded)) == (1, 0, 131_072)
        assert len(kept.decode(encoded, status_size=2)) == 65_536
        for damaged in (encoded[:-8], "u", None, 5):
            with pytest.raises(MalformedValueError):
                kept.decode(damaged, status_size=1)
