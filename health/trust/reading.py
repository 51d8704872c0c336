"""What every list of certificates needs while it is read: who signed what, and what stands in it twice.

A signer counts if the certificate beside it, or an authority of the same list, has signed it (the shell
model's chain of two). Not here: the dates, which are judged when a signature is (`health.trust.signers`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from health.trust.lists import AUTHORITY, SIGNER, CertificateEntry
from health.trust.signers import certificate_kid
from health.trust.x509 import Certificate, authority_of, read_certificate
from vclib.errors import KeyMaterialError


def entries_with_authorities(
    entries: Sequence[CertificateEntry], anchors: Iterable[bytes] | None = None
) -> list[CertificateEntry]:
    """Return the entries, each signer with the authority that signed it or with what is wrong.

    Tried are the authority it came with and those of the list; with `anchors` (DER) these and no others.
    """
    known: dict[bytes, Certificate | None] = {}
    authorities: defaultdict[bytes, list[Certificate]] = defaultdict(list)
    if anchors is None:
        anchors = [entry.certificate for entry in entries if entry.usage == AUTHORITY]
    else:
        anchors = tuple(anchors)
        entries = [replace(entry, authority=None) for entry in entries]
    for der in dict.fromkeys(anchors):
        authority = _read(der, known)
        if authority is not None:
            authorities[authority.handle.subject.public_bytes()].append(authority)
    return [
        _checked(entry, known, authorities) if "bad-certificate" not in entry.problems else entry
        for entry in entries
    ]


def marked_duplicates(entries: Sequence[CertificateEntry]) -> tuple[CertificateEntry, ...]:
    """Return the entries with those marked that repeat a certificate, or share their key identifier."""
    seen: set[tuple[str, bytes]] = set()
    kids = Counter(entry.kid for entry in {(each.kid, each.certificate): each for each in entries}.values())
    marked: list[CertificateEntry] = []
    for entry in entries:
        problems = list(entry.problems)
        if entry.certificate and (entry.usage, entry.certificate) in seen:
            problems.append("duplicate")
        if entry.kid and kids[entry.kid] > 1:
            problems.append("shared-kid")
        seen.add((entry.usage, entry.certificate))
        marked.append(replace(entry, problems=tuple(problems)))
    return tuple(marked)


def _checked(
    entry: CertificateEntry,
    known: dict[bytes, Certificate | None],
    authorities: dict[bytes, list[Certificate]],
) -> CertificateEntry:
    certificate = _read(entry.certificate, known)
    if certificate is None:
        return replace(entry, problems=(*entry.problems, "bad-certificate"))
    problems = list(entry.problems)
    if certificate.key is None:
        problems.append("bad-key")
    if not certificate.is_well_encoded:
        problems.append("encoding")
    if entry.kid != certificate_kid(entry.certificate):
        problems.append("kid-differs")
    if entry.usage != SIGNER:
        return replace(entry, problems=tuple(problems))
    candidates = list(authorities.get(certificate.handle.issuer.public_bytes(), ()))
    beside = None if entry.authority is None else _read(entry.authority, known)
    authority = authority_of(certificate, [beside, *candidates] if beside is not None else candidates)
    if authority is None:
        problems.append("authority-missing" if entry.authority is None else "broken-chain")
    return replace(entry, authority=None if authority is None else authority.der, problems=tuple(problems))


def _read(der: bytes, known: dict[bytes, Certificate | None]) -> Certificate | None:
    if der not in known:
        try:
            known[der] = read_certificate(der)
        except KeyMaterialError:
            known[der] = None
    return known[der]
