"""Signers by their key identifier, and what is said of one whose signature holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from health.trust import SignerSet, TrustedSigner, judge_signer
from vclib.verdicts import Severity

NOW = datetime(2026, 7, 1, tzinfo=UTC)
DAY = timedelta(days=1)
SIGNER = TrustedSigner(
    kid=b"12345678",
    certificate=None,
    public_key=ec.derive_private_key(7, ec.SECP256R1()).public_key(),
    authority=None,
    name="Ministry of Health",
    country="XUT",
    formats=frozenset({"eu-dcc"}),
    kinds=frozenset({"vaccination"}),
    valid_from=NOW - 10 * DAY,
    valid_until=NOW + 10 * DAY,
    source="list",
    is_test=False,
    fresh_until=NOW + DAY,
)


def codes(signer: TrustedSigner, *, kind: str = "vaccination", issued: datetime = NOW) -> list[str]:
    return [reason.code for reason in judge_signer(signer, kind=kind, issued=issued, now=NOW)]


def test_a_signer_in_force_of_a_fresh_list_gives_no_reason() -> None:
    assert codes(SIGNER) == []


def test_all_signers_that_share_a_key_identifier_are_found() -> None:
    other = replace(SIGNER, name="Another")
    signers = SignerSet.of([SIGNER, other])
    assert signers.signers_for(b"12345678", format="eu-dcc") == (SIGNER, other)
    assert signers.signers_for(b"87654321", format="eu-dcc") == ()


def test_a_signer_is_not_found_for_a_format_it_is_not_trusted_for() -> None:
    assert SignerSet.of([SIGNER]).signers_for(b"12345678", format="icvp") == ()


def test_a_signer_of_vaccinations_is_not_trusted_for_tests() -> None:
    """Threat I2."""
    assert codes(SIGNER, kind="test") == ["issuer-not-trusted-for-type"]


@pytest.mark.parametrize(
    ("begins", "ends", "expected"),
    [
        (-10, -1, ["issuer-not-trusted-now"]),
        (1, 10, ["issuer-not-trusted-at-issuance", "issuer-not-trusted-now"]),
        (-3, 10, ["issuer-not-trusted-at-issuance"]),
    ],
)
def test_a_signer_is_judged_at_issuance_and_at_the_check(begins: int, ends: int, expected: list[str]) -> None:
    """Threat I3."""
    signer = replace(SIGNER, valid_from=NOW + begins * DAY, valid_until=NOW + ends * DAY)
    assert codes(signer, issued=NOW - 5 * DAY) == expected


def test_a_list_that_is_too_old_leaves_it_undecided() -> None:
    """Threats I4, M4: the last good list ages visibly."""
    [reason] = judge_signer(replace(SIGNER, fresh_until=NOW - DAY), kind="vaccination", issued=NOW, now=NOW)
    assert (reason.code, reason.severity) == ("trust-list-old", Severity.UNDECIDED)


def test_a_signer_of_a_test_system_is_marked() -> None:
    """Threat I6."""
    [reason] = judge_signer(replace(SIGNER, is_test=True), kind="vaccination", issued=NOW, now=NOW)
    assert (reason.code, reason.severity) == ("test-issuer", Severity.NOTE)


def test_a_signer_of_one_country_is_not_trusted_for_another() -> None:
    """Threat I2."""
    austrian = replace(SIGNER, country="AT")

    def stated(country: str | None) -> list[str]:
        found = judge_signer(austrian, kind="vaccination", issued=NOW, now=NOW, stated_country=country)
        return [reason.code for reason in found]

    assert stated("AT") == stated(None) == []
    assert stated("DE") == ["issuer-not-trusted-for-type"]


def test_a_suspended_signer_is_told_with_its_reason() -> None:
    """Threat I3."""
    [reason] = judge_signer(replace(SIGNER, suspended="key leaked"), kind="vaccination", issued=NOW, now=NOW)
    assert (reason.code, reason.severity) == ("issuer-suspended", Severity.REFUSE)
    assert reason.detail == "key leaked"
