"""Whom to trust for health certificates: trust lists of every kind, read into one store."""

from __future__ import annotations

from health.trust.signers import (
    KID_BYTES,
    SignerKey,
    Signers,
    SignerSet,
    TrustedSigner,
    certificate_kid,
    judge_signer,
)

__all__ = [
    "KID_BYTES",
    "SignerKey",
    "SignerSet",
    "Signers",
    "TrustedSigner",
    "certificate_kid",
    "judge_signer",
]
