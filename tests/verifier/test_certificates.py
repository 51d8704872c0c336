"""Verdicts on paper: each reason apart, and an accepted one never without the note to compare the name."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import cbor2
import pytest

from health.formats import (
    Revocations,
    make_signer_certificate,
    read_revocation_list,
    read_signer_certificates,
)
from health.formats.cose import sig_structure, signature_spellings
from health.formats.hc1 import unwrap
from health.trust import Signers, SignerSet, read_certificate
from runtime.qr import make_qr
from tests.paper import (
    CERTIFICATE,
    CONTENTS,
    EXPIRES,
    ISSUED,
    KEY,
    KID,
    NOW,
    OTHER_KEY,
    RECOVERY,
    TEST,
    VACCINATION,
    WHO_VACCINATION,
    claims,
    code,
    signers,
    wrapped,
)
from tests.samples import eu_steps
from vclib.errors import ComplexityError, ConfigurationError
from vclib.policy import Outcome
from verifier.report import result_json, result_lines
from verifier.service import CheckResult, Question, Verifier

_CODE = code(claims(1, VACCINATION))
_VECTORS = Path(__file__).parents[1] / "vectors" / "eu-dcc" / "common"


def _check(
    text: str | bytes = _CODE,
    *,
    trusted: Signers | None = None,
    revoked: Revocations | None = None,
    question: Question = Question(),  # noqa: B008 - frozen
    now: datetime = NOW,
) -> CheckResult:
    verifier = Verifier(signers=trusted if trusted is not None else signers(), revocations=revoked)
    return verifier.check_content(text.encode() if isinstance(text, str) else text, question, now=now)


def _refusals(result: CheckResult) -> list[str]:
    return [reason.code for reason in result.verdict.all_reasons if reason.severity != "note"]


def _notes(result: CheckResult) -> list[str]:
    return [reason.code for reason in result.verdict.all_reasons if reason.severity == "note"]


@pytest.mark.parametrize("name", CONTENTS)
def test_a_genuine_certificate_of_a_trusted_signer_is_accepted_with_a_note(name: str) -> None:
    result = _check(code(claims(*CONTENTS[name])))
    assert result.verdict.outcome is Outcome.ACCEPTED
    assert "not-bound" in _notes(result)
    assert result.verdict.issuer_name == "Ministry of Health"
    (checked,) = result.credentials
    assert checked.certificate is not None
    assert checked.verified is None
    assert checked.claims == checked.certificate.claims


def test_paper_is_refused_where_the_holder_must_be_bound() -> None:
    assert _refusals(_check(question=Question(require_holder=True))) == ["not-bound"]


def test_a_certificate_of_an_unknown_issuer_is_not_called_forged() -> None:
    """Threat I1."""
    result = _check(trusted=SignerSet())
    assert result.verdict.outcome is Outcome.REFUSED
    assert _refusals(result) == ["issuer-unknown"]
    assert result.credentials == ()


def test_without_anybody_trusted_nothing_is_decided() -> None:
    result = Verifier().check_content(_CODE.encode(), Question(), now=NOW)
    assert result.verdict.outcome is Outcome.UNDECIDED
    assert _refusals(result) == ["no-trust-file"]


def test_a_signature_of_another_key_is_forged_and_tells_nothing() -> None:
    result = _check(code(claims(1, VACCINATION), key=OTHER_KEY))
    assert _refusals(result) == ["forged"]
    assert result.credentials == ()
    assert result.verdict.issuer_name is None


def test_a_code_that_names_no_key_is_of_an_unknown_issuer() -> None:
    assert _refusals(_check(code(claims(1, VACCINATION), kid=b""))) == ["issuer-unknown"]


def test_of_several_signers_with_one_key_identifier_the_right_one_is_found() -> None:
    (right,) = signers().signers_for(KID, format="eu-dcc")
    (wrong,) = signers(public_key=_public(OTHER_KEY), name="Another").signers_for(KID, format="eu-dcc")
    result = _check(trusted=SignerSet.of([wrong, right]))
    assert result.verdict.outcome is Outcome.ACCEPTED
    assert result.verdict.issuer_name == "Ministry of Health"


def test_a_signer_that_is_trusted_for_another_kind_is_refused() -> None:
    """Threat I2."""
    tests_only = signers(kinds=frozenset({"test"}))
    assert _refusals(_check(trusted=tests_only)) == ["issuer-not-trusted-for-type"]
    assert _refusals(_check(code(claims(1, TEST)), trusted=tests_only)) == []


def test_a_signer_that_is_trusted_for_another_format_is_refused_and_not_unknown() -> None:
    """Threat I2."""
    assert _refusals(_check(trusted=signers(formats=frozenset({"icvp"})))) == ["issuer-not-trusted-for-type"]


@pytest.mark.parametrize("name", ["CO6", "CO8", "CO9", "CO10"])
def test_a_key_usage_for_another_kind_is_refused(name: str) -> None:
    """Threat I2."""
    sample = eu_steps.load(_VECTORS / f"{name}.json")
    result = _check(
        sample["PREFIX"], trusted=SignerSet.of([eu_steps.signer_of(sample)]), now=eu_steps.clock(sample)
    )
    assert "issuer-not-trusted-for-type" in _refusals(result)
    assert "forged" not in _refusals(result)


def test_a_signer_whose_certificate_has_expired_is_refused_by_its_own_reason() -> None:
    later = read_certificate(CERTIFICATE).valid_until + timedelta(seconds=1)
    assert set(_refusals(_check(now=later))) == {"signer-expired", "expired"}


def test_a_signer_that_was_taken_off_the_list_is_refused() -> None:
    assert _refusals(_check(trusted=signers(valid_until=NOW - timedelta(days=1)))) == [
        "issuer-not-trusted-now"
    ]


@pytest.mark.parametrize(
    ("now", "codes"),
    [
        (ISSUED, []),
        (ISSUED - timedelta(seconds=1), ["not-yet-valid"]),
        (EXPIRES, []),
        (EXPIRES + timedelta(seconds=1), ["expired"]),
    ],
)
def test_the_times_of_the_signature_are_kept_to_the_second(now: datetime, codes: list[str]) -> None:
    assert _refusals(_check(now=now)) == codes


@pytest.mark.parametrize(
    ("now", "codes"),
    [
        (datetime.fromisoformat("2026-03-11T09:59:59+00:00"), ["not-yet-valid"]),
        (datetime.fromisoformat("2026-03-11T10:00:00+00:00"), []),
        (datetime.fromisoformat("2026-08-29T11:59:59+00:00"), []),
        (datetime.fromisoformat("2026-08-29T12:00:01+00:00"), ["expired"]),
    ],
)
def test_a_recovery_holds_from_its_first_day_anywhere_to_its_last(now: datetime, codes: list[str]) -> None:
    early = claims(1, RECOVERY, _6=int(datetime.fromisoformat("2026-03-01T00:00:00+00:00").timestamp()))
    trusted = signers(valid_from=None, certificate=None)
    assert _refusals(_check(code(early), trusted=trusted, now=now)) == codes


def _hash(subject: bytes) -> dict[str, str]:
    return {"hash": base64.b64encode(hashlib.sha256(subject).digest()[:16]).decode()}


def _list(*subjects: bytes, **members: Any) -> Revocations:
    content = {"country": "AT", "hashType": "UCI", "entries": [_hash(each) for each in subjects]} | members
    return Revocations.of([read_revocation_list(json.dumps(content).encode())])


_SIGNATURE: bytes = cbor2.loads(unwrap(_CODE)).value[3]


@pytest.mark.parametrize(
    "subject",
    [
        b"URN:UVCI:01:AT:TEST0001#B",
        b"01:AT:TEST0001#B",
        b"ATURN:UVCI:01:AT:TEST0001#B",
        _SIGNATURE,
        _SIGNATURE[:32],
    ],
    ids=["UVCI", "UVCI without its prefix", "country and UVCI", "signature", "r of the signature"],
)
def test_a_certificate_on_a_revocation_list_is_refused(subject: bytes) -> None:
    result = _check(revoked=_list(subject))
    assert _refusals(result) == ["revoked"]
    assert "no-status" not in _notes(result)


def test_a_certificate_on_no_list_is_accepted_and_nothing_is_said_of_lists() -> None:
    result = _check(revoked=_list(b"another"))
    assert result.verdict.outcome is Outcome.ACCEPTED
    assert "no-status" not in _notes(result)


def test_the_other_signature_of_the_same_message_is_revoked_too() -> None:
    message = cbor2.loads(unwrap(_CODE)).value
    _, other = signature_spellings(_SIGNATURE, "ES256")
    again = wrapped(cbor2.dumps([*message[:3], other]))
    assert again != _CODE
    assert _check(again).verdict.outcome is Outcome.ACCEPTED
    assert _refusals(_check(again, revoked=_list(_SIGNATURE, hashType="SIGNATURE"))) == ["revoked"]


def test_a_list_of_another_signer_s_key_revokes_nothing_here() -> None:
    other = base64.b64encode(b"another!").decode()
    assert _refusals(_check(revoked=_list(b"URN:UVCI:01:AT:TEST0001#B", kid=other))) == []
    own = base64.b64encode(KID).decode()
    assert _refusals(_check(revoked=_list(b"URN:UVCI:01:AT:TEST0001#B", kid=own))) == ["revoked"]


def test_without_a_list_it_is_noted_or_refused_where_status_is_required() -> None:
    assert "no-status" in _notes(_check())
    assert _refusals(_check(question=Question(require_status=True))) == ["no-status"]


@pytest.mark.parametrize(
    ("text", "code_of_reason", "outcome"),
    [
        ("HC1:" + "A" * 30, "malformed", Outcome.REFUSED),
        ("shc:/56762909", "not-supported", Outcome.UNDECIDED),
        ("7" * 4000, "malformed", Outcome.REFUSED),
        ('{"data":{"hdr":{"t":"icao.vacc"}}}', "not-supported", Outcome.UNDECIDED),
        ("", "malformed", Outcome.REFUSED),
    ],
)
def test_whatever_is_scanned_gets_a_verdict(text: str, code_of_reason: str, outcome: Outcome) -> None:
    """Threat J1."""
    result = _check(text)
    assert result.verdict.outcome is outcome
    assert result.verdict.reasons[0].code == code_of_reason


def test_a_picture_of_a_code_is_judged_as_its_text() -> None:
    assert _check(make_qr(_CODE).png(scale=3)).verdict == _check().verdict


def test_paper_answers_no_challenge() -> None:
    result = _check(question=Question("zChallenge", "https://venue.example"))
    assert _refusals(result) == ["wrong-challenge"]


def test_the_verdict_alone_is_the_same() -> None:
    verifier = Verifier(signers=signers())
    assert verifier.judge_content(_CODE.encode(), Question(), now=NOW) == _check().verdict


def test_a_result_is_told_with_the_name_of_the_trust_list() -> None:
    lines = result_lines(_check())
    assert lines[0] == "ACCEPTED"
    assert any("issued by" in line and "Ministry of Health" in line for line in lines)
    assert any("compare with an identity document" in line for line in lines)
    written = result_json(_check())
    (credential,) = written["credentials"]  # type: ignore[misc]
    assert isinstance(credential, dict)
    assert credential["format"] == "eu-dcc"
    assert credential["name"] == "Anna Gößinger"


def test_marks_of_test_systems_are_on_paper_too() -> None:
    result = _check(trusted=signers(is_test=True))
    assert "test-issuer" in _notes(result)


def test_a_revocation_list_that_is_none_is_refused() -> None:
    from verifier.signer_files import read_revocations

    with pytest.raises(ConfigurationError):
        read_revocations([_VECTORS / "CO5.json"])


def _public(key: Any) -> Any:
    from cryptography.hazmat.primitives.asymmetric import ec

    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), key.public_key.key_bytes)


def test_an_exchanged_key_identifier_does_not_evade_a_list_of_the_signer() -> None:
    """One key in two certificates, and a code whose key identifier nobody has signed."""
    again = make_signer_certificate(
        KEY, country="AT", name="Ministry", begins=ISSUED, ends=EXPIRES + timedelta(days=9)
    )
    both = [each for der in (CERTIFICATE, again) for each in read_signer_certificates(der, source="test")]
    protected, payload = cbor2.dumps({1: -7}), cbor2.dumps(claims(1, VACCINATION))
    signature = KEY.sign(sig_structure(protected, payload))
    revoked = _list(b"URN:UVCI:01:AT:TEST0001#B", kid=base64.b64encode(KID).decode())
    for signer in both:
        text = wrapped(cbor2.dumps([protected, {4: signer.kid}, payload, signature]))
        assert _refusals(_check(text, trusted=SignerSet.of(both), revoked=revoked)) == ["revoked"]


def test_a_certificate_of_the_eu_that_names_no_last_day_is_not_accepted_for_ever() -> None:
    content = claims(1, VACCINATION)
    del content[4]

    result = _check(code(content), now=NOW + timedelta(days=100))

    assert (result.verdict.outcome, "no-expiry" in [reason.code for reason in result.verdict.reasons]) == (
        Outcome.UNDECIDED,
        True,
    )


def test_a_code_of_another_country_than_its_signer_s_is_not_what_that_is_trusted_for() -> None:
    """Threat I2."""
    assert _refusals(_check(code(claims(1, VACCINATION, _1="AT")))) == []
    result = _check(code(claims(1, VACCINATION, _1="DE")))
    assert _refusals(result) == ["issuer-not-trusted-for-type"]
    assert "its key is of AT, the certificate says DE" in result.verdict.reasons[0].detail


def test_a_code_that_states_no_country_of_its_issuer_is_not_compared_with_where_it_was_done() -> None:
    elsewhere = {**VACCINATION, "v": [{**VACCINATION["v"][0], "co": "US"}]}
    without = {key: value for key, value in claims(1, elsewhere).items() if key != 1}
    assert _refusals(_check(code(without))) == []


def test_a_relying_party_may_let_a_signer_sign_for_another_country() -> None:
    [signer] = read_signer_certificates(CERTIFICATE, source="test")
    of_both = SignerSet.of([replace(signer, countries=frozenset({"LI"}))])
    assert _refusals(_check(code(claims(1, VACCINATION, _1="LI")), trusted=of_both)) == []
    assert _refusals(_check(code(claims(1, VACCINATION, _1="DE")), trusted=of_both)) == [
        "issuer-not-trusted-for-type"
    ]


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        # NOW is 2026-07-01T12:00:00Z.
        ("2026-07-01T12:00:00Z", []),
        ("2026-07-01T13:59:59+02:00", ["expired"]),
        ("2026-07-01T11:59:59Z", ["expired"]),
        # A day, and a time of a place that is not known, hold until the day ends last.
        ("2026-07-01", []),
        ("2026-07-01T09:00:00", []),
        ("2026-06-29", ["expired"]),
        # What some write for "without end".
        ("9999-12-31", []),
    ],
)
def test_the_end_of_a_who_certificate_counts_to_its_time_of_day(ends: str, expected: list[str]) -> None:
    assert _refusals(_check(code(claims(3, WHO_VACCINATION | {"valid_until": ends})))) == expected


def test_a_beginning_with_a_time_of_day_counts_from_it() -> None:
    later = WHO_VACCINATION | {"valid_from": "2026-07-01T12:00:01Z"}
    assert _refusals(_check(code(claims(3, later)))) == ["not-yet-valid"]
    assert _refusals(_check(code(claims(3, later)), now=NOW + timedelta(seconds=1))) == []


def test_many_codes_at_a_time_are_found_to_be_what_each_is_found_alone() -> None:
    texts = [code(claims(*each)) for each in CONTENTS.values()]
    texts += [code(claims(1, VACCINATION), key=OTHER_KEY), "HC1:", "shc:/567629", "{", code({1: "AT"})]
    verifier = Verifier(signers=signers())
    contents = [text.encode() for text in texts]
    together = verifier.judge_contents(contents, Question(), now=NOW)
    assert together == [_check(text).verdict for text in texts]
    refused = ComplexityError("larger than the limit")
    assert verifier.judge_contents([refused], Question(), now=NOW)[0].reasons[0].code == "too-large"
