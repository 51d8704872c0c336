"""Members of messages, strictly read: the one place for kinds, lengths and URLs.

Every reader takes the class of error to raise, because the same shape is the verifier's fault in a request
and the wallet's in a response.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from protocols.oid4vp.errors import AuthorizationError
from vclib.strict_json import JSONObject, JSONValue, json_type_name

MAX_TEXT = 2048

# VP 5.2: the characters of `nonce` and `state`.
_URL_SAFE = re.compile(r"[A-Za-z0-9._~-]{1,512}")
# VP 6.1: ids of credential queries and of claims.
_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
# What a host name or a port is made of; addresses of IPv6 in brackets are none of ours.
_HOST = re.compile(r"[A-Za-z0-9.-]{1,253}")
_LOOPBACK = ("localhost", "127.0.0.1")
# Printable ASCII without what RFC 3986 forbids in a URL.
_URL = re.compile(r"[!#-;=?-\[\]_a-z~]+")

Refusal = type[AuthorizationError]


def read_text(members: Mapping[str, JSONValue], name: str, refusal: Refusal, *, limit: int = MAX_TEXT) -> str:
    """Return a member that must be a text of 1 to `limit` characters."""
    text = optional_text(members, name, refusal, limit=limit)
    if text is None:
        raise refusal(f"{name}: expected a text, found none")
    return text


def optional_text(
    members: Mapping[str, JSONValue], name: str, refusal: Refusal, *, limit: int = MAX_TEXT
) -> str | None:
    """Return a member that must be a text of 1 to `limit` characters if it is there."""
    if name not in members:
        return None
    value = members[name]
    if not isinstance(value, str) or not 0 < len(value) <= limit:
        raise refusal(f"{name}: expected a text of 1 to {limit} characters")
    return value


def read_url_safe(members: Mapping[str, JSONValue], name: str, refusal: Refusal) -> str:
    """Return a member of 1 to 512 characters that need no escape in a URL (`nonce`, `state`)."""
    value = members.get(name)
    if not isinstance(value, str) or not _URL_SAFE.fullmatch(value):
        raise refusal(f"{name}: expected 1 to 512 of the characters A-Z a-z 0-9 - . _ ~")
    return value


def read_id(members: Mapping[str, JSONValue], name: str, refusal: Refusal) -> str:
    """Return a member that is the id of a query."""
    return check_id(members.get(name), name, refusal)


def check_id(value: JSONValue, name: str, refusal: Refusal) -> str:
    """Return a value that is an id: letters, digits, "_" and "-"."""
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise refusal(f"{name}: expected 1 to 128 letters, digits, _ and -")
    return value


def read_bool(members: Mapping[str, JSONValue], name: str, refusal: Refusal, *, default: bool) -> bool:
    """Return a member that is true or false, `default` if it is not there."""
    value = members.get(name, default)
    if not isinstance(value, bool):
        raise refusal(f"{name}: expected a boolean, found {json_type_name(value)}")
    return value


def read_object(members: Mapping[str, JSONValue], name: str, refusal: Refusal) -> JSONObject:
    """Return a member that is an object."""
    value = members.get(name)
    if not isinstance(value, dict):
        raise refusal(f"{name}: expected an object, found {json_type_name(value)}")
    return value


def read_list(value: JSONValue, name: str, refusal: Refusal, *, limit: int) -> list[JSONValue]:
    """Return a list of 1 to `limit` values."""
    if not isinstance(value, list) or not 0 < len(value) <= limit:
        raise refusal(f"{name}: expected a list of 1 to {limit} values")
    return value


def read_objects(value: JSONValue, name: str, refusal: Refusal, *, limit: int) -> list[JSONObject]:
    """Return a list of 1 to `limit` objects."""
    values = read_list(value, name, refusal, limit=limit)
    objects = [item for item in values if isinstance(item, dict)]
    if len(objects) != len(values):
        raise refusal(f"{name}: expected a list of objects")
    return objects


def read_texts(value: JSONValue, name: str, refusal: Refusal, *, limit: int) -> tuple[str, ...]:
    """Return a list of 1 to `limit` texts, each of 1 to 2,048 characters."""
    values = read_list(value, name, refusal, limit=limit)
    texts = tuple(item for item in values if isinstance(item, str) and 0 < len(item) <= MAX_TEXT)
    if len(texts) != len(values):
        raise refusal(f"{name}: expected a list of texts of 1 to {MAX_TEXT} characters")
    return texts


def check_endpoint(text: JSONValue, name: str, refusal: Refusal, *, allow_loopback: bool) -> str:
    """Return a URL that a wallet may send to: https, or http on this machine if `allow_loopback`.

    Without user, fragment, or characters that need escapes. That its host is no private address is for
    whoever opens the connection.
    """
    text = check_url_text(text, name, refusal)
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError as err:
        raise refusal(f"{name}: expected a URL, found {text[:80]!r}") from err
    if not _HOST.fullmatch(host) or "@" in parts.netloc or "#" in text or port == 0:
        raise refusal(f"{name}: expected a URL with a host and without user and fragment")
    is_loopback = allow_loopback and parts.scheme == "http" and host in _LOOPBACK
    if parts.scheme != "https" and not is_loopback:
        raise refusal(f"{name}: expected an https URL, found {text[:80]!r}")
    return text


def check_url_text(text: JSONValue, name: str, refusal: Refusal) -> str:
    """Return a text of at most 2,048 characters that a URL may hold; nothing else of it is checked."""
    if not isinstance(text, str) or len(text) > MAX_TEXT or not _URL.fullmatch(text):
        raise refusal(f"{name}: expected a URL of at most {MAX_TEXT} characters")
    return text


def host_of(url: str) -> str:
    """Return the host name of a checked URL, in lower case, without the port."""
    return (urlsplit(url).hostname or "").lower()
