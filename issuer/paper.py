"""Paper certificates: health records as signed codes, drawn as a picture and on a page.

What is printed is signed by the issuer's P-256 key under a document signer's certificate, which stands beside
the keys (`signer.pem`) and goes to verifiers by a trust list. Each minting has an entry in the audit log,
with the digest of the code and nothing of the person; paper has no status entry, so it cannot be revoked
here. Not here: reading records, and files of the result.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from health import Record
from health.formats import (
    PaperSigner,
    make_signer_certificate,
    read_certificate,
    write_paper,
)
from health.trust import certificates_in
from issuer.config import IssuerConfig
from issuer.keys import IssuerKeys
from issuer.store import IssuerStore
from runtime.atomic import read_file, write_file
from runtime.qr import make_paper_qr
from vclib.errors import ConfigurationError, KeyMaterialError, VCError

SIGNER_FILE = "signer.pem"
# What has a P-256 key.
_SUITE = "ecdsa-sd-2023"
_MAX_BYTES = 64 * 1024
# The EU's guidance for document signers.
SIGNER_DAYS = 730


@dataclass(frozen=True)
class PaperCertificate:
    """A record as paper: the code's text, a PNG of it, a page (PDF), and what it looks like."""

    text: str
    png: bytes
    pdf: bytes
    kind: str
    version: int
    error_correction: str
    unprintable: str


@dataclass(frozen=True)
class NotPrinted:
    """A record that was refused; the others are not touched by it."""

    error: VCError


class PaperMint:
    """Signs records for paper."""

    def __init__(self, config: IssuerConfig, store: IssuerStore, keys: IssuerKeys) -> None:
        """Read the signer's certificate; ConfigurationError where there is none, or one of another key."""
        self._config = config
        self._store = store
        self._signer = _read_signer(config, keys)

    def mint(
        self, records: Sequence[Record], *, now: datetime, expires: datetime | None, as_eu: bool = False
    ) -> list[PaperCertificate | NotPrinted]:
        """Return each record as paper, in their order; all that were signed are in the audit log.

        `as_eu` asks for EU certificates of vaccinations and tests too. Raises ConfigurationError, StoreError.
        """
        until = expires or now + timedelta(days=self._config.valid_days)
        if until <= now:
            raise ConfigurationError("a certificate that has ended already is not printed")
        if self._signer.ends <= now:
            raise ConfigurationError("the signer's certificate has ended: ddcc issuer signer make")
        results = [self._print(record, now, until, as_eu=as_eu) for record in records]
        with self._store.writing() as work:
            work.lock()
            for result in results:
                if isinstance(result, PaperCertificate):
                    digest = hashlib.sha256(result.text.encode()).hexdigest()
                    work.audit("print", {"kind": result.kind, "sha256": digest}, now=now)
        return results

    def _print(
        self, record: Record, now: datetime, until: datetime, *, as_eu: bool
    ) -> PaperCertificate | NotPrinted:
        try:
            text = write_paper(record, self._signer, issued=now, expires=until, as_eu=as_eu)
            code = make_paper_qr(text)
            certificate = read_certificate(text)
        except VCError as err:
            return NotPrinted(err)
        # The library that draws takes a tenth of a second to load, and no other command draws.
        from issuer.paper_page import draw_certificate

        pdf, unprintable = draw_certificate(certificate, code, issuer=self._config.name)
        return PaperCertificate(
            text,
            code.png(scale=8),
            pdf,
            record.kind.name,
            code.version,
            code.error_correction,
            unprintable,
        )


def make_signer(config: IssuerConfig, keys: IssuerKeys, *, country: str, now: datetime) -> bytes:
    """Make a certificate for the issuer's P-256 key, put it beside the keys, and return it (DER)."""
    der = make_signer_certificate(
        keys.key(_SUITE),
        country=country,
        name=config.name,
        begins=now,
        ends=now + timedelta(days=SIGNER_DAYS),
    )
    _write_signer(config, der)
    return der


def import_signer(config: IssuerConfig, keys: IssuerKeys, content: bytes) -> bytes:
    """Put a certificate that an authority made beside the keys, and return it (DER); ConfigurationError."""
    try:
        der = certificates_in(content)[0]
        PaperSigner(keys.key(_SUITE), der)
    except KeyMaterialError as err:
        raise ConfigurationError(f"the signer's certificate: {err.message}") from err
    _write_signer(config, der)
    return der


def signer_path(config: IssuerConfig) -> Path:
    """Return where the certificate of an issuer's document signer is."""
    return config.home / SIGNER_FILE


def _write_signer(config: IssuerConfig, der: bytes) -> None:
    text = base64.b64encode(der).decode()
    lines = [text[start : start + 64] for start in range(0, len(text), 64)]
    pem = "\n".join(["-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----", ""])
    write_file(signer_path(config), pem.encode(), mode=0o644)


def _read_signer(config: IssuerConfig, keys: IssuerKeys) -> PaperSigner:
    path = signer_path(config)
    if not path.exists():
        raise ConfigurationError(f"{path} is missing: ddcc issuer signer make --country AT")
    try:
        return PaperSigner(keys.key(_SUITE), certificates_in(read_file(path, max_bytes=_MAX_BYTES))[0])
    except KeyMaterialError as err:
        raise ConfigurationError(f"{path}: {err.message}") from err
