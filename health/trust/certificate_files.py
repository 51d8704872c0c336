"""Plain certificates, PEM or DER, in one file or a folder: signers, and the authorities above them.

What says of itself that it is an authority is one, everything else is a signer. The country is that of the
certificate. Nothing dates such a collection and nobody signs it: it counts by its digest, or because pinned
authorities have signed the certificates in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from health.trust.errors import UnsignedListError
from health.trust.lists import AUTHORITY, SIGNER, CertificateEntry, Material, Pins, TrustList, Verified
from health.trust.reading import entries_with_authorities, marked_duplicates
from health.trust.signers import certificate_kid
from health.trust.x509 import certificates_in, read_certificate
from vclib.cid import Resolve
from vclib.errors import KeyMaterialError


@dataclass(frozen=True)
class CertificateFiles:
    """The kind; see the module."""

    name: str = "certificates"
    title: str = "certificates in PEM or DER, one file or a folder"

    def recognises(self, material: Material) -> bool:
        """Say whether the first document is PEM or begins as DER does."""
        first = next(iter(material.documents.values()), b"")
        return b"-----BEGIN CERTIFICATE-----" in first or first.startswith(b"\x30\x82")

    def read(self, material: Material, *, now: datetime) -> TrustList:
        """Return what the files hold, believed or not."""
        return _list(entries_with_authorities(_entries(material)))

    def verify(self, material: Material, pins: Pins, *, resolve: Resolve, now: datetime) -> Verified:
        """Return the list: by its digest, or signers whose authority is pinned."""
        entries = _entries(material)
        if pins.sha256 is not None:
            return Verified(_list(entries_with_authorities(entries)), f"pinned by sha256:{pins.sha256}")
        if pins.anchors:
            return Verified(
                _list(entries_with_authorities(entries, pins.anchors)),
                f"signers of {len(pins.anchors)} pinned authorities",
            )
        raise UnsignedListError("name the authorities whose signers count")


def _entries(material: Material) -> list[CertificateEntry]:
    entries: list[CertificateEntry] = []
    for number, (name, content) in enumerate(sorted(material.documents.items()), start=1):
        try:
            found = certificates_in(content)
        except KeyMaterialError as err:
            raise KeyMaterialError(f"{name}: {err.message}") from err
        entries += [_entry(der) for der in found]
        material.progress(number, len(material.documents))
    return entries


def _entry(der: bytes) -> CertificateEntry:
    certificate = read_certificate(der)
    usage = AUTHORITY if certificate.is_authority else SIGNER
    return CertificateEntry(der, None, certificate_kid(der), certificate.country, usage, certificate.name)


def _list(entries: list[CertificateEntry]) -> TrustList:
    return TrustList(
        kind="certificates",
        publisher="",
        certificates=marked_duplicates(entries),
        remarks=("the collection is not dated: an older one cannot be told from a newer",),
    )
