"""Health certificates of other systems: one table of formats, and the one way to read what was scanned.

Nothing here says whom to trust; what was read is judged by `verifier.certificates`. A format that is known by
its beginning and not in the table is named and declined (threat J1).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from health.formats.certificate import (
    Certificate,
    CertificateFormat,
    Scanned,
    Subject,
    UnsupportedFormatError,
)
from health.formats.eu_dcc import NAME as EU_DCC
from health.formats.eu_revocation import RevocationList, Revocations, read_revocation_list
from health.formats.hc1 import HC1
from health.formats.paper import PaperSigner, write_paper
from health.formats.signer_certificates import make_signer_certificate, read_signer_certificates

__all__ = [
    "CONTENT_NAMES",
    "EU_DCC",
    "FORMATS",
    "Certificate",
    "CertificateFormat",
    "PaperSigner",
    "RevocationList",
    "Revocations",
    "Scanned",
    "Subject",
    "UnsupportedFormatError",
    "find_format",
    "make_signer_certificate",
    "read_certificate",
    "read_revocation_list",
    "read_signer_certificates",
    "write_paper",
]

FORMATS: Mapping[str, CertificateFormat] = MappingProxyType({"hc1": HC1()})

# What `Certificate.format` can be, and what a trust list may limit a signer to.
CONTENT_NAMES = (EU_DCC, "who-ddcc", "icvp")

# How formats begin that are known and not read here.
_DECLINED: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"shc:/", re.IGNORECASE), "a SMART Health Card"),
    (re.compile(r"shlink:/|https?://[^\s#]*#shlink:/", re.IGNORECASE), "a SMART Health Link"),
    (re.compile(r"vhlink:/", re.IGNORECASE), "a link to a health document (VHL)"),
    (re.compile(r"B64:|PK\x03\x04"), "a DIVOC certificate"),
    (
        re.compile(r"mdoc:", re.IGNORECASE),
        "the beginning of an exchange with a mobile document (ISO 18013-5)",
    ),
    (re.compile(r'\{\s*"data"\s*:\s*\{\s*"hdr"'), "an ICAO visible digital seal (VDS-NC)"),
    (re.compile(r"NL2:"), "a Dutch domestic pass"),
    (
        re.compile(r"otpauth:|WIFI:|BEGIN:VCARD|MECARD:|mailto:|tel:|geo:", re.IGNORECASE),
        "no health certificate",
    ),
    (re.compile(r"https?://", re.IGNORECASE), "a web address"),
)


def find_format(scanned: Scanned) -> CertificateFormat | None:
    """Return the format that recognises what was scanned, None if there is none.

    Raises UnsupportedFormatError for another standard's content, by its name.
    """
    for each in FORMATS.values():
        if each.recognises(scanned):
            return each
    beginning = scanned[:200] if isinstance(scanned, str) else scanned[:200].decode("latin-1")
    for pattern, name in _DECLINED:
        if pattern.match(beginning.lstrip("\ufeff \t\r\n")):
            raise UnsupportedFormatError(f"this is {name}, which cannot be checked here")
    return None


def read_certificate(scanned: Scanned) -> Certificate:
    """Return the certificate of what was scanned, unverified.

    Raises UnsupportedFormatError for a format that is not supported or not known, MalformedError,
    ComplexityError.
    """
    found = find_format(scanned)
    if found is None:
        raise UnsupportedFormatError("this is no health certificate of a kind that is known here")
    return found.read(scanned)
