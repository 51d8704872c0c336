"""issuer.options: what was asked for is kept, or refused with the option that would help."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from issuer.config import IssuerConfig
from issuer.options import MintOptions, MintPlan, plan_minting
from vclib.did import did_jwk, did_key
from vclib.errors import ConfigurationError
from vclib.keys import KeyType, PrivateKey, generate_private_key

NOW = datetime(2026, 7, 1, 12, 30, 15, 999, tzinfo=UTC)
CONFIG = IssuerConfig(home=Path(), name="Ministry", status_url="https://status.example", mandatory=("/hcid",))
# The did:key of the specification's P-256 example, https://w3c-ccg.github.io/did-key-spec/#p-256.
HOLDER = "did:key:zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169"


def _plan(row_holder: str | None = None, **options: object) -> MintPlan:
    asked = replace(MintOptions(), **options)  # type: ignore[arg-type]
    return plan_minting(asked, CONFIG, row_holder=row_holder, now=NOW)


def test_a_bound_credential_is_revocable_and_begins_now() -> None:
    plan = _plan(holder=HOLDER)
    assert (plan.suite, plan.plain, plan.holder) == ("ecdsa-sd-2023", "ecdsa-rdfc-2019", HOLDER)
    assert (plan.with_id, plan.with_status) == (True, True)
    assert plan.valid_from == datetime(2026, 7, 1, 12, 30, 15, tzinfo=UTC)
    assert plan.valid_until == datetime(2027, 7, 1, 12, 30, 15, tzinfo=UTC)


def test_an_unlinkable_credential_has_no_handles() -> None:
    """D14."""
    plan = _plan(suite="bbs-2023")
    assert (plan.holder, plan.with_id, plan.with_status) == (None, False, False)
    assert plan.valid_from == datetime(2026, 7, 1, tzinfo=UTC)
    assert plan.valid_until == datetime(2027, 7, 1, tzinfo=UTC)


def test_handles_are_written_where_they_are_asked_for() -> None:
    plan = _plan(suite="bbs-2023", with_id=True, with_status=True, with_holder=True, holder=HOLDER)
    assert (plan.holder, plan.with_id, plan.with_status) == (HOLDER, True, True)


def test_pointers_of_settings_and_options_are_joined() -> None:
    assert _plan(holder=HOLDER, mandatory=("/schemaVersion",)).mandatory == ("/hcid", "/schemaVersion")


def test_the_holder_of_a_row_goes_before_the_one_of_the_options() -> None:
    other = did_key(PrivateKey.from_secret_bytes(KeyType.ED25519, bytes([7]) * 32).public_key)
    assert _plan(row_holder=other, holder=HOLDER).holder == other


def test_a_period_can_be_asked_for() -> None:
    start, end = datetime(2026, 8, 1, tzinfo=UTC), datetime(2026, 9, 1, tzinfo=UTC)
    plan = _plan(holder=HOLDER, valid_from=start, valid_until=end)
    assert (plan.valid_from, plan.valid_until) == (start, end)
    assert _plan(holder=HOLDER, valid_from=start, valid_days=31).valid_until == end


@pytest.mark.parametrize("key_type", [KeyType.ED25519, KeyType.P256, KeyType.P384])
def test_a_did_jwk_or_did_key_with_a_signature_key_can_hold(key_type: KeyType) -> None:
    public_key = generate_private_key(key_type).public_key
    for did in (did_key(public_key), did_jwk(public_key)):
        assert _plan(holder=did).holder == did


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "add --no-holder if that is wanted"),
        ({"holder": HOLDER, "unbound": True}, "leave one of them out"),
        ({"suite": "bbs-2023", "holder": HOLDER}, "add --with-holder if that is wanted"),
        ({"suite": "bbs-2023", "with_holder": True}, "--with-holder needs --holder"),
        ({"suite": "eddsa-rdfc-2022", "holder": HOLDER}, "suite: expected ecdsa-sd-2023 or bbs-2023"),
        ({"plain": "eddsa-jcs-2022", "holder": HOLDER}, "plain: expected ecdsa-rdfc-2019 or eddsa-rdfc-2022"),
        ({"holder": HOLDER, "valid_days": 0}, "--valid-days: expected 1 to 36500"),
        ({"holder": HOLDER, "valid_until": datetime(2026, 7, 1, tzinfo=UTC)}, "end before it begins"),
        (
            {
                "holder": HOLDER,
                "valid_from": datetime(2025, 1, 1, tzinfo=UTC),
                "valid_until": datetime(2025, 2, 1, tzinfo=UTC),
            },
            "would have ended already",
        ),
        (
            {"holder": HOLDER, "valid_days": 1, "valid_until": datetime(2027, 1, 1, tzinfo=UTC)},
            "leave one of them out",
        ),
        (
            {"holder": HOLDER, "valid_from": datetime(9999, 1, 1, tzinfo=UTC), "valid_days": 400},
            "after the year 9999",
        ),
    ],
)
def test_options_that_contradict_each_other_are_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        _plan(None, **options)


@pytest.mark.parametrize(
    "did",
    [
        "",
        "Aulus",
        "did:web:wallet.example",
        "did:key:zNotAKey",
        f"{HOLDER}#{HOLDER.removeprefix('did:key:')}",
        # An X25519 key agrees on secrets and signs nothing (did:key specification, section 3.1.3).
        "did:key:z6LSbysY2xFMRpGMhb7tFTLMpeuPRaqaWM1yECx2AtzE3KCc",
    ],
)
def test_a_holder_that_could_not_present_is_refused(did: str) -> None:
    with pytest.raises(ConfigurationError, match="holder"):
        _plan(holder=did)


def test_a_bbs_key_cannot_hold() -> None:
    did = did_key(PrivateKey.from_secret_bytes(KeyType.BLS12_381_G2, bytes([1]) * 32).public_key)
    with pytest.raises(ConfigurationError, match="holder"):
        _plan(holder=did)
