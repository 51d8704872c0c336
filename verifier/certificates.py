"""The decision on a paper certificate: whose signature it is, whether it may sign that, whether it holds.

The questions and their order lose no information: who may have signed, does one of their keys fit, does the
signer's certificate admit this kind and this moment, is the certificate withdrawn, has its time come or gone.
Each answer has a reason of its own, so that a forgery, a stranger's signature and an expired code are told
apart (threats I1, I2). Paper is bound to nobody: an accepted certificate always comes with the note to
compare it with an identity document, and where binding is required it is refused. Nothing of a certificate
whose signature was not verified is told. Not here: reading a certificate (`health.formats`), and a country's
rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from health.formats import (
    CONTENT_NAMES,
    EU_DCC,
    FORMATS,
    Certificate,
    Revocations,
    UnsupportedFormatError,
)
from health.trust import Signers, TrustedSigner, judge_signer, read_certificate
from health.values import first_moment, last_moment
from vclib.datetimes import parse_datetime
from vclib.errors import InvalidSignatureError, VCError
from vclib.policy import Reason, Severity, Verdict, reason_of
from vclib.verdicts import worst

_RANKING = (Severity.NOTE, Severity.UNDECIDED, Severity.REFUSE)

NOT_BOUND = Reason(
    "not-bound",
    "This is paper, not bound to a person: whoever has a copy can show it. Compare the name and the date of "
    "birth with an identity document.",
    Severity.NOTE,
)
_UNKNOWN = Reason(
    "issuer-unknown",
    "The issuer is not recognised here, so the signature could not be checked.",
)
_OTHER_FORMAT = Reason(
    "issuer-not-trusted-for-type", "This key is not trusted to sign this kind of certificate."
)
_NOBODY = Reason(
    "no-trust-file",
    "Nobody has said whose signatures to trust, so this one could not be checked.",
    Severity.UNDECIDED,
)
# The EU requires a last day; other systems that print this code do not (ddcc and ICVP pilots).
_ENDLESS = Reason(
    "no-expiry",
    "It does not say until when it may be believed, as certificates of the EU have to.",
    Severity.UNDECIDED,
)
_SIGNER_EXPIRED = Reason(
    "signer-expired", "The signer's certificate has expired, and with it what it signed."
)
_FORGED = reason_of(InvalidSignatureError("the key that the certificate names did not sign it"))
_MUST_BE_BOUND = replace(NOT_BOUND, severity=Severity.REFUSE)
_NO_STATUS = Reason(
    "no-status", "No revocation list is at hand: it could have been withdrawn.", Severity.NOTE
)
_STATUS_REQUIRED = replace(_NO_STATUS, severity=Severity.REFUSE)
_REVOKED = Reason("revoked", "This certificate was withdrawn by its issuer.")
# What some write for "without end"; where on earth that day ends last there is no year for it.
_NO_END = "9999-12-31"


@dataclass(frozen=True)
class PaperPolicy:
    """Whom a relying party trusts for paper certificates, and what it knows to be withdrawn.

    Without `signers` the best outcome is undecided; that there are no `revocations` to look in is noted.
    """

    signers: Signers | None = None
    revocations: Revocations | None = None
    require_holder: bool = False
    require_status: bool = False


@dataclass(frozen=True)
class JudgedCertificate:
    """The verdict on a certificate; `genuine` says that a signer that is known has signed it."""

    verdict: Verdict
    genuine: bool


def judge_certificates(
    certificates: Sequence[Certificate], policy: PaperPolicy, *, now: datetime
) -> list[JudgedCertificate]:
    """Return the verdicts at `now` on certificates that were read, each as if it came alone.

    The signatures are verified one after another: the tables that this needs and everything else drive each
    other out of the processor's cache, which costs a fifth of the time where both alternate.
    """
    found = [_signed_by(certificate, policy) for certificate in certificates]
    return [
        _judged_or_declined(certificate, signers, policy, now)
        for certificate, signers in zip(certificates, found, strict=True)
    ]


def _judged_or_declined(
    certificate: Certificate,
    signed_by: tuple[TrustedSigner, ...] | Reason,
    policy: PaperPolicy,
    now: datetime,
) -> JudgedCertificate:
    try:
        return _judged(certificate, signed_by, policy, now)
    except VCError as err:
        # What is wrong with one certificate is said of this one.
        return JudgedCertificate(declined(err), genuine=False)


def _signed_by(certificate: Certificate, policy: PaperPolicy) -> tuple[TrustedSigner, ...] | Reason:
    """Return the signers whose key has signed a certificate, or the reason why none has."""
    if policy.signers is None:
        return _NOBODY
    candidates = FORMATS[certificate.frame].signers(certificate, policy.signers)
    if not candidates:
        return _why_nobody(certificate, policy.signers)
    return tuple(signer for signer in candidates if _has_signed(signer, certificate)) or _FORGED


def _judged(
    certificate: Certificate,
    signed_by: tuple[TrustedSigner, ...] | Reason,
    policy: PaperPolicy,
    now: datetime,
) -> JudgedCertificate:
    if isinstance(signed_by, Reason):
        return JudgedCertificate(Verdict((signed_by,)), genuine=False)
    # One key may stand in several lists: what speaks for it most counts.
    judged = [(signer, _signer_reasons(signer, certificate, now)) for signer in signed_by]
    signer, reasons = min(judged, key=_objections) if len(judged) > 1 else judged[0]
    reasons += (
        *_revocation_reasons(certificate, policy),
        *_time_reasons(certificate, now),
        *_code_reasons(certificate),
        _MUST_BE_BOUND if policy.require_holder else NOT_BOUND,
    )
    return JudgedCertificate(Verdict(reasons, issuer_name=signer.name), genuine=True)


def _objections(judged: tuple[TrustedSigner, tuple[Reason, ...]]) -> int:
    return _RANKING.index(worst(judged[1]))


def declined(error: VCError) -> Verdict:
    """Return the verdict on content that could not be read: not supported, or not well formed (threat J1)."""
    if isinstance(error, UnsupportedFormatError):
        message = f"This cannot be checked here: {error.message}."
        return Verdict((Reason("not-supported", message, Severity.UNDECIDED),))
    return Verdict((reason_of(error),))


def _why_nobody(certificate: Certificate, signers: Signers) -> Reason:
    if not certificate.kid:
        return replace(_UNKNOWN, detail="the code names no key")
    others = (name for name in CONTENT_NAMES if name != certificate.format)
    if any(signers.signers_for(certificate.kid, format=name) for name in others):
        return replace(_OTHER_FORMAT, detail=certificate.format)
    country = f", country {certificate.issuer[:3]!r} by its own word" if certificate.issuer else ""
    return replace(_UNKNOWN, detail=f"key {certificate.kid[:16].hex()}{country}")


def _has_signed(signer: TrustedSigner, certificate: Certificate) -> bool:
    try:
        FORMATS[certificate.frame].verify(certificate, signer)
    except InvalidSignatureError:
        return False
    return True


def _signer_reasons(signer: TrustedSigner, certificate: Certificate, now: datetime) -> tuple[Reason, ...]:
    issued = certificate.valid_from or now
    reasons = judge_signer(
        signer, kind=certificate.kind, stated_country=certificate.stated_country, issued=issued, now=now
    )
    if signer.certificate is not None:
        reasons = _with_certificate(signer, signer.certificate, certificate, reasons, now)
    return reasons


def _with_certificate(
    signer: TrustedSigner,
    der: bytes,
    certificate: Certificate,
    reasons: Iterable[Reason],
    now: datetime,
) -> tuple[Reason, ...]:
    """Add what the signer's own certificate says: its end, and the kinds that it is for."""
    found = list(reasons)
    if now > read_certificate(der).valid_until:
        found = [reason for reason in found if reason.code != "issuer-not-trusted-now"]
        found.append(_SIGNER_EXPIRED)
    kinds = FORMATS[certificate.frame].kinds_of(signer)
    if (
        kinds is not None
        and certificate.kind not in kinds
        and (signer.kinds is None or certificate.kind in signer.kinds)
    ):
        found.append(
            Reason(
                "issuer-not-trusted-for-type",
                f"{signer.name} is not trusted to issue this kind of certificate.",
                detail=f"its key is for {', '.join(sorted(kinds)) or 'another purpose'}",
            )
        )
    return tuple(found)


def _revocation_reasons(certificate: Certificate, policy: PaperPolicy) -> tuple[Reason, ...]:
    if policy.revocations is None:
        return (_STATUS_REQUIRED if policy.require_status else _NO_STATUS,)
    hashes = FORMATS[certificate.frame].revocation_hashes(certificate)
    # One key may be in several certificates, and whoever shows a code could write another one's identifier.
    kid = certificate.kid if certificate.kid_is_signed else None
    return (_REVOKED,) if policy.revocations.contain(kid, hashes) else ()


def _time_reasons(certificate: Certificate, now: datetime) -> tuple[Reason, ...]:
    start, end = certificate.subject.period
    begins = [certificate.valid_from, None if start is None else parse_datetime(first_moment(start))]
    ends = [certificate.valid_until]
    if end is not None and end != _NO_END:
        ends.append(parse_datetime(last_moment(end)))
    reasons = []
    if early := [each for each in begins if each is not None and now < each]:
        reasons.append(
            Reason("not-yet-valid", f"This is genuine, but it begins on {max(early).date().isoformat()}.")
        )
    if late := [each for each in ends if each is not None and now > each]:
        reasons.append(Reason("expired", f"This is genuine, but it ended on {min(late).date().isoformat()}."))
    if certificate.format == EU_DCC and certificate.valid_until is None:
        reasons.append(_ENDLESS)
    return tuple(reasons)


def _code_reasons(certificate: Certificate) -> tuple[Reason, ...]:
    unknown = certificate.unknown_codes
    if not unknown:
        return ()
    return (
        Reason(
            "unknown-codes",
            "It has codes that are in no list here; what they mean is not known.",
            Severity.NOTE,
            detail=", ".join(unknown),
        ),
    )
