"""Verdicts and reasons: the worst decides, and every error has words of its own."""

from __future__ import annotations

import pytest

from vclib import errors
from vclib.errors import VCError
from vclib.verdicts import Outcome, Reason, Severity, Verdict, reason_of, worst

NOTE = Reason("note", "Just so you know.", Severity.NOTE)
OPEN = Reason("open", "Could not be checked.", Severity.UNDECIDED)
BAD = Reason("bad", "Not acceptable.")


@pytest.mark.parametrize(
    ("reasons", "outcome"),
    [
        ((), Outcome.ACCEPTED),
        ((NOTE,), Outcome.ACCEPTED),
        ((NOTE, OPEN), Outcome.UNDECIDED),
        ((OPEN, BAD, NOTE), Outcome.REFUSED),
        ((BAD,), Outcome.REFUSED),
    ],
)
def test_the_worst_reason_decides(reasons: tuple[Reason, ...], outcome: Outcome) -> None:
    """M1: whatever is open is never accepted."""
    assert Verdict(reasons).outcome is outcome
    assert Verdict((), parts=(Verdict(()), Verdict(reasons))).outcome is outcome


def test_the_worst_of_no_reasons_is_a_note() -> None:
    assert [worst(reasons) for reasons in ((), (NOTE,), (OPEN, NOTE), (OPEN, BAD))] == [
        Severity.NOTE,
        Severity.NOTE,
        Severity.UNDECIDED,
        Severity.REFUSE,
    ]


def test_all_reasons_are_those_of_the_parts_too() -> None:
    assert Verdict((NOTE,), parts=(Verdict((OPEN,)), Verdict((BAD,)))).all_reasons == (NOTE, OPEN, BAD)


def test_a_verdict_is_written_as_json() -> None:
    part = Verdict((Reason("expired", "It ended.", type="https://x.example/t", detail="more"),), "Ministry")
    assert Verdict((), parts=(part,)).to_json() == {
        "outcome": "refused",
        "reasons": [],
        "credentials": [
            {
                "outcome": "refused",
                "issuerName": "Ministry",
                "reasons": [
                    {
                        "code": "expired",
                        "severity": "refuse",
                        "message": "It ended.",
                        "type": "https://x.example/t",
                        "detail": "more",
                    }
                ],
            }
        ],
    }


@pytest.mark.parametrize(
    ("error", "code", "severity"),
    [
        (errors.InvalidSignatureError, "forged", Severity.REFUSE),
        (errors.CryptographicSecurityError, "forged", Severity.REFUSE),
        (errors.IssuerKeyMismatchError, "forged", Severity.REFUSE),
        (errors.PreviousProofError, "forged", Severity.REFUSE),
        (errors.ProofVerificationError, "forged", Severity.REFUSE),
        (errors.IssuerNotAcceptedError, "issuer-unknown", Severity.REFUSE),
        (errors.RetiredKeyError, "key-retired", Severity.REFUSE),
        (errors.InvalidRelationshipError, "key-not-valid", Severity.REFUSE),
        (errors.InvalidChallengeError, "wrong-challenge", Severity.REFUSE),
        (errors.InvalidDomainError, "wrong-domain", Severity.REFUSE),
        (errors.HolderBindingError, "wrong-holder", Severity.REFUSE),
        (errors.ProofExpiredError, "proof-expired", Severity.REFUSE),
        (errors.ProofPurposeError, "wrong-purpose", Severity.REFUSE),
        (errors.NoProofError, "unsigned", Severity.REFUSE),
        (errors.BaseProofPresentedError, "base-proof", Severity.REFUSE),
        (errors.UnsupportedCryptosuiteError, "not-supported", Severity.UNDECIDED),
        (errors.UnsupportedSecuringMechanismError, "not-supported", Severity.UNDECIDED),
        (errors.MethodNotSupportedError, "not-supported", Severity.UNDECIDED),
        (errors.DIDInternalError, "not-checked", Severity.UNDECIDED),
        (errors.DIDNotFoundError, "not-checked", Severity.UNDECIDED),
        (errors.FetchError, "not-checked", Severity.UNDECIDED),
        (errors.StatusRetrievalError, "not-checked", Severity.UNDECIDED),
        (errors.FetchRefusedError, "address-refused", Severity.REFUSE),
        (errors.ContextNotAcceptedError, "context-not-accepted", Severity.REFUSE),
        (errors.ContextIntegrityError, "not-checked", Severity.UNDECIDED),
        (errors.ComplexityError, "too-large", Severity.REFUSE),
        (errors.RelatedResourceError, "related-resource", Severity.REFUSE),
        (errors.CredentialSchemaError, "schema", Severity.REFUSE),
        (errors.DataLossError, "malformed", Severity.REFUSE),
        (errors.ParsingError, "malformed", Severity.REFUSE),
        (errors.RangeError, "malformed", Severity.REFUSE),
        (errors.CredentialError, "malformed", Severity.REFUSE),
        (errors.InvalidDIDError, "malformed", Severity.REFUSE),
        (errors.UnsupportedKeyError, "malformed", Severity.REFUSE),
    ],
)
def test_an_error_has_its_reason(error: type[VCError], code: str, severity: Severity) -> None:
    """C20, G10, I1: unsupported, unreachable and unknown are told apart from forged."""
    reason = reason_of(error("what was expected and what came"))
    assert (reason.code, reason.severity, reason.type) == (code, severity, error.type)
    assert reason.detail == "what was expected and what came"


def test_every_error_of_the_tree_has_words_of_its_own() -> None:
    def below(error: type[VCError]) -> set[type[VCError]]:
        return {error}.union(*(below(child) for child in error.__subclasses__()))

    named = {error for error in below(VCError) if error.__module__ == errors.__name__} - {VCError}
    assert {error.__name__ for error in named if reason_of(error("x")).code == "refused"} == set()


def test_an_error_of_no_class_is_refused() -> None:
    assert reason_of(VCError("x")).severity is Severity.REFUSE


def test_a_caller_may_weigh_an_error_otherwise() -> None:
    assert reason_of(errors.FetchError("x"), severity=Severity.NOTE).severity is Severity.NOTE
