"""Whom to trust for health certificates: trust lists of every kind, read into one store.

A kind of list is a module and a line in `KINDS`. `read_list` returns what a list says, for an audit;
`verify_list` returns it only if something that the relying party pinned vouches for it: a publisher's
signature, authorities whose signers count, or the digest of exactly these bytes. Nothing unsigned is believed
otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType

from health.trust.audit import Audit, CountryAudit, Finding, audit
from health.trust.certificate_files import CertificateFiles
from health.trust.countries import ANY_COUNTRY, country_code
from health.trust.did_list import DIDList
from health.trust.errors import (
    ExpiredListError,
    OlderListError,
    TestListError,
    TrustListError,
    UnsignedListError,
    WrongPublisherError,
)
from health.trust.eu_list import EUList
from health.trust.gdhcn import GDHCNList
from health.trust.kept import kept_from_json, kept_to_json, pins_from_json, pins_to_json
from health.trust.lists import CertificateEntry, Material, Pins, TrustList, TrustListKind, Verified
from health.trust.look_alikes import look_alikes, mixes_scripts
from health.trust.recognized_entities import RecognizedEntities
from health.trust.registry_writing import registry_credential
from health.trust.signers import (
    KID_BYTES,
    SignerKey,
    Signers,
    SignerSet,
    TrustedSigner,
    certificate_kid,
    judge_signer,
)
from health.trust.store import KeptList, TrustStore
from health.trust.suspensions import Suspension, Suspensions, key_digest
from health.trust.x509 import certificates_in, read_certificate, read_public_key
from vclib.cid import Resolve
from vclib.errors import MalformedValueError

__all__ = [
    "ANY_COUNTRY",
    "KID_BYTES",
    "KINDS",
    "Audit",
    "CertificateEntry",
    "CountryAudit",
    "ExpiredListError",
    "Finding",
    "KeptList",
    "Material",
    "OlderListError",
    "Pins",
    "SignerKey",
    "SignerSet",
    "Signers",
    "Suspension",
    "Suspensions",
    "TestListError",
    "TrustList",
    "TrustListError",
    "TrustListKind",
    "TrustStore",
    "TrustedSigner",
    "UnsignedListError",
    "Verified",
    "WrongPublisherError",
    "audit",
    "certificate_kid",
    "certificates_in",
    "check_not_older",
    "country_code",
    "judge_signer",
    "kept_from_json",
    "kept_to_json",
    "key_digest",
    "look_alikes",
    "mixes_scripts",
    "pins_from_json",
    "pins_to_json",
    "read_certificate",
    "read_list",
    "read_public_key",
    "registry_credential",
    "verify_list",
]

_KINDS: tuple[TrustListKind, ...] = (
    RecognizedEntities(),
    GDHCNList(),
    EUList(),
    DIDList(),
    CertificateFiles(),
)
KINDS: Mapping[str, TrustListKind] = MappingProxyType({kind.name: kind for kind in _KINDS})


def read_list(material: Material, *, now: datetime) -> TrustList:
    """Return what a list says, believed or not, its kind found by its content.

    Raises MalformedValueError for what is of no kind, and what its kind raises.
    """
    return _kind_of(material).read(material, now=now)


def verify_list(material: Material, pins: Pins, *, resolve: Resolve, now: datetime) -> Verified:
    """Return a list if something in `pins` vouches for it and it is in force at `now`.

    Raises UnsignedListError, WrongPublisherError, ExpiredListError, and what reading, resolving and verifying
    raise (InvalidSignatureError, for one).
    """
    kind = _kind_of(material)
    if pins.sha256 is not None:
        if pins.sha256 != material.sha256:
            raise WrongPublisherError(f"the digest is sha256:{material.sha256}, not the one that was pinned")
        # A digest covers these bytes and nothing that they refer to.
        material = replace(material, fetch=None)
    try:
        verified = kind.verify(material, pins, resolve=resolve, now=now)
    except UnsignedListError as err:
        raise UnsignedListError(
            f"{err.message}; or pin exactly these bytes by their digest: sha256:{material.sha256}"
        ) from err
    trust_list = verified.trust_list
    if trust_list.valid_until is not None and now > trust_list.valid_until:
        raise ExpiredListError(f"the list ended at {trust_list.valid_until.isoformat()}")
    if trust_list.valid_from is not None and now < trust_list.valid_from:
        raise ExpiredListError(f"the list begins at {trust_list.valid_from.isoformat()}")
    return verified


def check_not_older(new: TrustList, kept: TrustList) -> None:
    """Return if no document of the new list is older than the kept one's; else OlderListError (threat I4)."""
    for document, date in kept.versions.items():
        found = new.versions.get(document)
        if found is not None and found < date:
            raise OlderListError(
                f"{document} is of {found.isoformat()}, older than the one in force, {date.isoformat()}"
            )
    if kept.versions and not set(new.versions) & set(kept.versions):
        raise OlderListError(f"expected a newer version of {next(iter(kept.versions))}, found another list")


def _kind_of(material: Material) -> TrustListKind:
    if not material.documents:
        raise MalformedValueError("expected a trust list, found nothing")
    for kind in _KINDS:
        if kind.recognises(material):
            return kind
    raise MalformedValueError(f"expected a trust list: {', '.join(kind.title for kind in _KINDS)}")
