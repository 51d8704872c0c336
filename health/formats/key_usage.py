"""What a document signer's certificate says: the kinds it may sign, by the EU's key usages, and its end.

Two spellings are in use, with and without a zero in the arc; a certificate with none of them may sign every
kind. Source: https://github.com/ehn-dcc-development/eu-dcc-hcert-spec (hcert_spec.md, section 4.2).
"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from cryptography import x509

from vclib.errors import KeyMaterialError

_ARCS = ("1.3.6.1.4.1.1847.2021.1.", "1.3.6.1.4.1.0.1847.2021.1.")
_KINDS = {"1": "test", "2": "vaccination", "3": "recovery"}
# The same object identifiers as they are encoded, up to the last arc.
_ENCODED_ARCS = (bytes.fromhex("2b060104018e378f6501"), bytes.fromhex("2b06010401008e378f6501"))


@lru_cache(maxsize=4096)
def kinds_of_certificate(certificate: bytes) -> frozenset[str] | None:
    """Return the kinds that a certificate (DER) is limited to, None for no limit; KeyMaterialError."""
    try:
        loaded = x509.load_der_x509_certificate(certificate)
    except ValueError as err:
        raise KeyMaterialError("expected a signer's certificate in DER") from err
    try:
        usages = loaded.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return None
    except (ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        return _kinds_in_bytes(certificate)
    found = [
        usage.dotted_string.removeprefix(arc)
        for usage in usages
        for arc in _ARCS
        if usage.dotted_string.startswith(arc)
    ]
    # An arc's member that is not known yet is a limit too.
    return frozenset(_KINDS[each] for each in found if each in _KINDS) if found else None


@lru_cache(maxsize=4096)
def end_of_certificate(certificate: bytes) -> datetime:
    """Return the last moment of a certificate (DER); KeyMaterialError."""
    try:
        return x509.load_der_x509_certificate(certificate).not_valid_after_utc
    except ValueError as err:
        raise KeyMaterialError("expected a signer's certificate in DER") from err


def _kinds_in_bytes(certificate: bytes) -> frozenset[str] | None:
    """Look for the usages in extensions that cannot be read, e.g. because of an empty list of usages.

    Signers with such certificates were on the EU's lists; a limit that is in them must not be overlooked.
    """
    found = {
        kind
        for number, kind in _KINDS.items()
        for arc in _ENCODED_ARCS
        if arc + bytes((int(number),)) in certificate
    }
    return frozenset(found) if found else None
