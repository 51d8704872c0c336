"""Certificates that are trusted to vouch for others: of the system, or from a file.

For protocols that carry certificate chains themselves, beside TLS. Not here: checking a chain
(`vclib.certificates`).
"""

from __future__ import annotations

import re
import ssl
from pathlib import Path

from runtime.atomic import read_file
from vclib.errors import ConfigurationError

_MAX_BYTES = 4 * 1024 * 1024
_PEM = re.compile(r"-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----")


def system_anchors() -> tuple[bytes, ...]:
    """Return the certificates (DER) that this system trusts for TLS; none where it keeps them elsewhere."""
    return tuple(ssl.create_default_context().get_ca_certs(binary_form=True))


def read_anchors(path: Path) -> tuple[bytes, ...]:
    """Return the certificates (DER) of a PEM file; StoreError, ConfigurationError if there are none in it."""
    content = read_file(path, max_bytes=_MAX_BYTES)
    try:
        text = content.decode("ascii")
        found = tuple(ssl.PEM_cert_to_DER_cert(match) for match in _PEM.findall(text))
    except ValueError as err:
        raise ConfigurationError(f"{path} is not a file of certificates in PEM") from err
    if not found:
        raise ConfigurationError(f"{path} holds no certificate in PEM")
    return found
