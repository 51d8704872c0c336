"""URLs of issuers: what an identifier may be, and where its metadata is.

A Credential Issuer Identifier is an https URL without query and fragment that is compared as a string
(OpenID4VCI 1.0 section 12.2.1). Metadata lie under a well-known name that is inserted between host and path
(sections 12.2.2 and 12.3, RFC 8414 section 3.1). `http` is for loopback and only where the caller allows it.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from vclib.errors import MalformedValueError

ISSUER_METADATA = "openid-credential-issuer"
SERVER_METADATA = "oauth-authorization-server"

_MAX_URL = 2048
_URL_CHARACTERS = re.compile(r"[A-Za-z0-9\-._~:/?\[\]@!$&'()*+,;=%]+")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def check_url(value: object, name: str, *, allow_loopback: bool = False) -> str:
    """Return an https URL without fragment and user; MalformedValueError says of `name` what is wrong."""
    if not isinstance(value, str) or len(value) > _MAX_URL or not _URL_CHARACTERS.fullmatch(value):
        raise MalformedValueError(f"{name}: expected an https URL without fragment")
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError as err:
        raise MalformedValueError(f"{name}: expected an https URL, found no URL") from err
    if not host or "@" in parts.netloc:
        raise MalformedValueError(f"{name}: expected an https URL with a host and without a user")
    if parts.scheme == "https" and value.startswith("https://"):
        return value
    if allow_loopback and value.startswith("http://") and host in _LOOPBACK:
        return value
    raise MalformedValueError(f"{name}: expected an https URL")


def check_issuer_identifier(value: object, name: str, *, allow_loopback: bool = False) -> str:
    """Return a Credential Issuer Identifier: such a URL, without a query too."""
    url = check_url(value, name, allow_loopback=allow_loopback)
    if "?" in url:
        raise MalformedValueError(f"{name}: expected an https URL without query")
    return url


def well_known_url(identifier: str, name: str) -> str:
    """Return where the metadata called `name` are: "https://host/.well-known/NAME/path".

    A slash at the end of the path is removed first, as RFC 8414 asks.
    """
    parts = urlsplit(identifier)
    return f"{parts.scheme}://{parts.netloc}/.well-known/{name}{parts.path.rstrip('/')}"
