"""From what was verified to a decision, with the reasons a person at the door has to hear apart."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.vclib.parties import Party
from vclib.environment import Environment
from vclib.errors import (
    ConfigurationError,
    DIDInternalError,
    InvalidSignatureError,
    StatusRetrievalError,
    VCError,
)
from vclib.policy import (
    Outcome,
    Policy,
    Presented,
    Reason,
    Severity,
    TrustedIssuers,
    Verdict,
    all_of,
    any_of,
    default_policy,
    has_type,
    is_in_force,
    issuer_is_trusted,
    judge,
    status_is_clear,
)
from vclib.status import StatusEntry, new_status_list, status_entry, status_list_credential
from vclib.strict_json import JSONObject
from vclib.verification import VerifiedCredential, verify_credential, verify_presentation

Maker = Callable[..., JSONObject]
MakeEnvironment = Callable[..., Environment]

TEST = "https://w3id.org/ddcc#TestResultCredential"
URL = "https://status.moh.example/3"


@pytest.fixture
def trust(ministry: Party) -> Callable[..., TrustedIssuers]:
    """A maker of trust files with the ministry in it."""

    def make(**changes: Any) -> TrustedIssuers:
        entry: dict[str, Any] = {"id": ministry.did, "name": "Ministry of Health of Exampleland"}
        return TrustedIssuers.from_json({"issuers": [entry | changes]})

    return make


@pytest.fixture
def verified(
    ministry: Party, unsigned: Maker, environment: MakeEnvironment
) -> Callable[..., VerifiedCredential]:
    """A maker of verified credentials of the ministry; `settings` go to the environment."""

    def make(settings: dict[str, Any] | None = None, **changes: Any) -> VerifiedCredential:
        return verify_credential(ministry.sign(unsigned(**changes)), environment(**(settings or {})))

    return make


def _codes(verdict: Verdict) -> list[str]:
    return [reason.code for reason in verdict.all_reasons if reason.severity is not Severity.NOTE]


def _judge(subject: VerifiedCredential, trusted: TrustedIssuers, now: datetime, **settings: bool) -> Verdict:
    return judge(subject, default_policy(trusted, **settings), now=now, trusted=trusted)


def test_a_credential_of_a_trusted_issuer_is_accepted_under_the_registrys_name(
    verified: Callable[..., Any], trust: Callable[..., TrustedIssuers], now: datetime
) -> None:
    """I7: whatever the credential calls its issuer."""
    credential = verified(issuer={"id": verified().credential.issuer_id, "name": "Мinistry of Health"})
    verdict = _judge(credential, trust(), now)
    assert (verdict.outcome, verdict.issuer_name) == (Outcome.ACCEPTED, "Ministry of Health of Exampleland")
    assert "Мinistry" not in str(verdict.to_json())


def test_a_genuine_credential_of_a_stranger_is_not_recognised_and_not_forged(
    verified: Callable[..., Any], now: datetime
) -> None:
    """I1."""
    verdict = _judge(verified(), TrustedIssuers(), now)
    assert (verdict.outcome, _codes(verdict)) == (Outcome.REFUSED, ["issuer-unknown"])
    assert verdict.issuer_name is None


def test_a_recognised_issuer_is_refused_for_a_type_it_is_not_trusted_for(
    verified: Callable[..., Any], trust: Callable[..., TrustedIssuers], now: datetime
) -> None:
    """I2, A8."""
    assert _judge(verified(), trust(types=["TestResultCredential"]), now).outcome is Outcome.ACCEPTED
    verdict = _judge(verified(), trust(types=["VaccinationStatusCredential"]), now)
    assert _codes(verdict) == ["issuer-not-trusted-for-type"]
    assert verdict.reasons[0].detail == TEST


@pytest.mark.parametrize(
    ("period", "codes"),
    [
        ({"validFrom": "2026-07-01T00:00:00Z"}, []),
        ({"validUntil": "2026-07-01T11:30:00Z"}, ["issuer-not-trusted-now"]),
        ({"validFrom": "2026-07-02T00:00:00Z"}, ["issuer-not-trusted-at-issuance", "issuer-not-trusted-now"]),
        ({"validFrom": "2026-05-01T00:00:00Z", "validUntil": "2027-05-01T00:00:00Z"}, []),
    ],
)
def test_trust_is_judged_at_the_check_and_at_the_issuance(
    ministry: Party,
    unsigned: Maker,
    environment: MakeEnvironment,
    trust: Callable[..., TrustedIssuers],
    now: datetime,
    period: dict[str, str],
    codes: list[str],
) -> None:
    """I3."""
    credential = verify_credential(ministry.sign(unsigned(), created=now - timedelta(hours=1)), environment())
    assert _codes(_judge(credential, trust(**period), now)) == codes


def test_what_was_issued_before_the_trust_began_is_told(
    ministry: Party,
    unsigned: Maker,
    environment: MakeEnvironment,
    trust: Callable[..., TrustedIssuers],
    now: datetime,
) -> None:
    """I3: recognised now, but not then."""
    document = ministry.sign(unsigned(), created=datetime(2026, 6, 2, tzinfo=UTC))
    verdict = _judge(verify_credential(document, environment()), trust(validFrom="2026-06-15T00:00:00Z"), now)
    assert _codes(verdict) == ["issuer-not-trusted-at-issuance"]


def test_the_time_of_another_signer_does_not_tell_when_it_was_issued(
    ministry: Party,
    mallory: Party,
    unsigned: Maker,
    environment: MakeEnvironment,
    trust: Callable[..., TrustedIssuers],
    now: datetime,
) -> None:
    """I3: the holder adds a proof of today to a credential of before the trust began."""
    document = mallory.sign(ministry.sign(unsigned(validFrom="2026-06-02T00:00:00Z"), created=None))
    verdict = _judge(verify_credential(document, environment()), trust(validFrom="2026-06-15T00:00:00Z"), now)
    assert _codes(verdict) == ["issuer-not-trusted-at-issuance"]


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"validUntil": "2026-06-30T00:00:00Z"}, "expired", "ended on 2026-06-30"),
        ({"validFrom": "2026-07-02T00:00:00Z"}, "not-yet-valid", "begins on 2026-07-02"),
    ],
)
def test_out_of_its_time_is_not_forged(
    verified: Callable[..., Any],
    trust: Callable[..., TrustedIssuers],
    now: datetime,
    changes: dict[str, str],
    code: str,
    words: str,
) -> None:
    verdict = _judge(verified(**changes), trust(), now)
    assert _codes(verdict) == [code]
    assert words in verdict.reasons[0].message


def _with_status(
    ministry: Party, verified: Callable[..., Any], values: dict[int, int], *purposes: str
) -> VerifiedCredential:
    """A credential with one entry for each purpose, at the indexes 0, 1, ..., in one list with `values`."""
    listed = ministry.sign(
        status_list_credential(
            new_status_list().set_all(values),
            url=URL,
            issuer=ministry.did,
            purposes=purposes,
            valid_from=datetime(2026, 6, 1, tzinfo=UTC),
        )
    )
    entries = [status_entry(StatusEntry(purpose, index, URL)) for index, purpose in enumerate(purposes)]
    return verified({"fetch_status": lambda _: listed}, credentialStatus=entries)


@pytest.mark.parametrize(
    ("values", "codes", "outcome"),
    [
        ({}, [], Outcome.ACCEPTED),
        ({0: 1}, ["revoked"], Outcome.REFUSED),
        ({1: 1}, ["suspended"], Outcome.REFUSED),
        ({0: 1, 1: 1}, ["revoked", "suspended"], Outcome.REFUSED),
        ({2: 1}, ["newer-available"], Outcome.ACCEPTED),
        ({3: 1}, ["status-message"], Outcome.ACCEPTED),
        ({4: 1}, ["status-set"], Outcome.UNDECIDED),
    ],
)
def test_each_status_is_told_by_its_name(
    ministry: Party,
    verified: Callable[..., Any],
    now: datetime,
    values: dict[int, int],
    codes: list[str],
    outcome: Outcome,
) -> None:
    """H8."""
    purposes = ("revocation", "suspension", "refresh", "message", "x-recall")
    verdict = judge(_with_status(ministry, verified, values, *purposes), status_is_clear(), now=now)
    assert ([reason.code for reason in verdict.reasons], verdict.outcome) == (codes, outcome)


def test_a_status_that_could_not_be_checked_is_undecided(
    verified: Callable[..., Any], trust: Callable[..., TrustedIssuers], now: datetime
) -> None:
    """H1, M1: never plain green."""

    def fetch(url: str) -> JSONObject:
        raise StatusRetrievalError("host down")

    credential = verified(
        {"fetch_status": fetch}, credentialStatus=status_entry(StatusEntry("revocation", 7, URL))
    )
    verdict = _judge(credential, trust(), now)
    assert (verdict.outcome, _codes(verdict)) == (Outcome.UNDECIDED, ["not-checked"])
    assert verdict.reasons[0].type == "https://www.w3.org/ns/credentials/status-list#STATUS_RETRIEVAL_ERROR"


def test_a_credential_that_cannot_be_revoked_is_refused_where_a_status_is_required(
    verified: Callable[..., Any], trust: Callable[..., TrustedIssuers], now: datetime
) -> None:
    """H11."""
    assert _judge(verified(), trust(), now).outcome is Outcome.ACCEPTED
    assert _codes(_judge(verified(), trust(), now, require_status=True)) == ["no-status"]


def test_a_credential_about_several_people_is_refused_where_one_is_expected(
    verified: Callable[..., Any], trust: Callable[..., TrustedIssuers], now: datetime
) -> None:
    """A15."""
    verdict = _judge(verified(credentialSubject=[{"name": "Alice"}, {"name": "Bob"}]), trust(), now)
    assert [reason.code for reason in verdict.reasons].count("several-subjects") == 1
    assert _codes(verdict) == ["several-subjects"]


# --- presentations --------------------------------------------------------------------------------


def _presented(presentation: Maker, environment: Environment, signer: Party, *credentials: JSONObject) -> Any:
    document = signer.present(presentation(*credentials))
    return verify_presentation(document, environment, challenge="8f1c4e0a", domain="https://venue.example")


def test_a_credential_bound_to_the_presenter_is_accepted(
    ministry: Party,
    alice: Party,
    unsigned: Maker,
    presentation: Maker,
    environment: MakeEnvironment,
    trust: Callable[..., TrustedIssuers],
    now: datetime,
) -> None:
    subject = _presented(presentation, environment(), alice, ministry.sign(unsigned()))
    verdict = judge(subject, default_policy(trust(), require_holder=True), now=now, trusted=trust())
    assert (verdict.outcome, verdict.all_reasons) == (Outcome.ACCEPTED, ())
    assert [part.issuer_name for part in verdict.parts] == ["Ministry of Health of Exampleland"]


def test_a_credential_bound_to_nobody_is_told_and_refused_where_binding_is_required(
    ministry: Party,
    mallory: Party,
    unsigned: Maker,
    presentation: Maker,
    environment: MakeEnvironment,
    trust: Callable[..., TrustedIssuers],
    now: datetime,
) -> None:
    """D11."""
    credential = ministry.sign(unsigned(credentialSubject={"name": "Alice Example"}))
    subject = _presented(presentation, environment(), mallory, credential)
    lenient = judge(subject, default_policy(trust()), now=now)
    assert (lenient.outcome, [reason.code for reason in lenient.all_reasons]) == (
        Outcome.ACCEPTED,
        ["not-bound"],
    )
    strict = judge(subject, default_policy(trust(), require_holder=True), now=now)
    assert (strict.outcome, _codes(strict)) == (Outcome.REFUSED, ["not-bound"])


def test_a_credential_shown_outside_a_presentation_proves_no_holder(
    verified: Callable[..., Any], trust: Callable[..., TrustedIssuers], now: datetime
) -> None:
    """D11."""
    assert _codes(_judge(verified(), trust(), now, require_holder=True)) == ["not-presented"]


def test_one_bad_credential_refuses_and_is_told_by_its_place(
    ministry: Party,
    alice: Party,
    mallory: Party,
    unsigned: Maker,
    presentation: Maker,
    environment: MakeEnvironment,
    trust: Callable[..., TrustedIssuers],
    now: datetime,
) -> None:
    """E5."""
    good = ministry.sign(unsigned())
    others = ministry.sign(unsigned(credentialSubject={"id": mallory.did, "name": "Mallory"}))
    subject = _presented(presentation, environment(), alice, good, others)
    verdict = judge(subject, default_policy(trust()), now=now)
    assert verdict.outcome is Outcome.REFUSED
    assert [part.outcome for part in verdict.parts] == [Outcome.ACCEPTED, Outcome.REFUSED]
    assert _codes(verdict.parts[1]) == ["wrong-holder"]


def test_a_presentation_of_nothing_is_refused(
    alice: Party,
    presentation: Maker,
    environment: MakeEnvironment,
    trust: Callable[..., TrustedIssuers],
    now: datetime,
) -> None:
    subject = _presented(presentation, environment(), alice)
    verdict = judge(subject, default_policy(trust()), now=now)
    assert (verdict.outcome, _codes(verdict)) == (Outcome.REFUSED, ["nothing-presented"])


def test_the_holders_own_word_is_not_an_authoritys(
    ministry: Party,
    unsigned: Maker,
    presentation: Maker,
    environment: MakeEnvironment,
    trust: Callable[..., TrustedIssuers],
    now: datetime,
) -> None:
    """Even an authority's key speaks for the authority only in proofs made for that purpose (C5)."""
    own_word = unsigned(issuer=ministry.did, credentialSubject={"id": ministry.did, "name": "Ministry"})
    document = ministry.present(presentation(own_word, holder=ministry.did))
    subject = verify_presentation(
        document,
        environment(accept_self_asserted=True),
        challenge="8f1c4e0a",
        domain="https://venue.example",
    )
    assert _codes(judge(subject, default_policy(trust()), now=now)) == ["self-asserted"]


# --- failures and combinations --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "outcome", "code"),
    [
        (InvalidSignatureError("x"), Outcome.REFUSED, "forged"),
        (DIDInternalError("x"), Outcome.UNDECIDED, "not-checked"),
    ],
)
def test_a_failure_is_a_verdict_too(
    trust: Callable[..., TrustedIssuers], now: datetime, error: VCError, outcome: Outcome, code: str
) -> None:
    """G10."""
    verdict = judge(error, default_policy(trust()), now=now)
    assert (verdict.outcome, _codes(verdict)) == (outcome, [code])


def test_all_of_tells_every_reason(
    verified: Callable[..., Any], trust: Callable[..., TrustedIssuers], now: datetime
) -> None:
    policy = all_of(is_in_force, issuer_is_trusted(trust()), has_type("https://example.org/#Other"))
    verdict = judge(verified(validUntil="2026-06-30T00:00:00Z"), policy, now=now)
    assert _codes(verdict) == ["expired", "wrong-type"]


def _saying(*reasons: Reason) -> Policy:
    return lambda _presented: reasons


OPEN = Reason("open", "Could not be checked.", Severity.UNDECIDED)
BAD = Reason("bad", "Not acceptable.")
NOTE = Reason("note", "By the way.", Severity.NOTE)


@pytest.mark.parametrize(
    ("policies", "codes"),
    [
        ([_saying(BAD), _saying()], []),
        ([_saying(BAD), _saying(NOTE)], ["note"]),
        ([_saying(BAD), _saying(OPEN)], ["open"]),
        ([_saying(BAD, OPEN), _saying(BAD)], ["bad", "open"]),
        ([], ["rules-not-met"]),
    ],
)
def test_any_of_is_content_with_one_and_tells_the_mildest(
    verified: Callable[..., Any], now: datetime, policies: list[Policy], codes: list[str]
) -> None:
    verdict = judge(verified(), any_of(*policies), now=now)
    assert [reason.code for reason in verdict.reasons] == codes


def test_a_type_is_asked_for_by_its_iri(verified: Callable[..., Any], now: datetime) -> None:
    """A8."""
    assert has_type(TEST)(Presented(verified(), None, now)) == ()
    (reason,) = has_type("https://evil.example/#TestResultCredential")(Presented(verified(), None, now))
    assert (reason.code, reason.detail) == ("wrong-type", TEST)


def test_a_failed_schema_refuses_and_an_unchecked_one_is_told(
    verified: Callable[..., Any], trust: Callable[..., TrustedIssuers], now: datetime
) -> None:
    entry = {"id": "https://moh.example/s.json", "type": "JsonSchema"}
    schema = b'{"$schema":"https://json-schema.org/draft/2020-12/schema","required":["evidence"]}'
    settings = {"fetch": lambda _: schema, "is_issuer_acceptable": lambda _: True}
    assert _codes(_judge(verified(settings, credentialSchema=entry), trust(), now)) == ["schema"]
    unchecked = _judge(verified(credentialSchema=entry), trust(), now)
    assert (unchecked.outcome, [reason.code for reason in unchecked.reasons][:1]) == (
        Outcome.ACCEPTED,
        ["schema-not-checked"],
    )


def test_a_suspended_issuer_is_refused_with_the_reason(
    verified: Callable[..., Any], trust: Callable[..., TrustedIssuers], now: datetime
) -> None:
    """I3: whenever it issued, and until the suspension ends."""
    verdict = _judge(verified(), trust(suspended="its key leaked"), now)
    assert (verdict.outcome, _codes(verdict)) == (Outcome.REFUSED, ["issuer-suspended"])
    assert verdict.reasons[0].detail == "its key leaked"
    assert _judge(verified(), trust(), now).outcome is Outcome.ACCEPTED


@pytest.mark.parametrize("value", ["", " ", True, None])
def test_a_suspension_without_a_reason_is_no_trust_file(
    trust: Callable[..., TrustedIssuers], value: object
) -> None:
    with pytest.raises(ConfigurationError, match="suspended: expected the reason"):
        trust(suspended=value)
