"""What JWS and JWE have in common: parts between full stops, and a header that is read before all else."""

from __future__ import annotations

from vclib.encoding import decode_base64url, encode_base64url
from vclib.errors import CryptographicSecurityError, MalformedError
from vclib.strict_json import JSONObject, JSONValue, dump_json, json_type_name, parse_json_object

# Each would change what is checked or what comes out: no message here uses them.
REFUSED_MEMBERS = ("crit", "b64", "zip")
MAX_DEPTH = 32
_MAX_KID = 2048


class JOSEError(MalformedError):
    """The text is not a JWS, JWE or JWK of the form that is taken here."""

    code = "jose"


class AlgorithmNotAcceptedError(JOSEError):
    """The token names an algorithm that is not accepted, or that is not the key's."""

    code = "jose-algorithm"


class DecryptionError(CryptographicSecurityError):
    """The JWE does not open with this key."""

    code = "decryption"


def split(text: object, count: int, name: str, max_bytes: int) -> list[str]:
    """Return the `count` parts of a compact token; JOSEError for another form or more than `max_bytes`."""
    if not isinstance(text, str):
        raise JOSEError(f"expected a compact {name}, found {json_type_name(text)}")
    if len(text) > max_bytes:
        raise JOSEError(f"{name} of {len(text)} characters, more than {max_bytes}")
    # Counted first: a text of nothing but full stops must not become a list of its length.
    if text.count(".") != count - 1 or not text.isascii():
        raise JOSEError(f"expected a compact {name} of {count} parts")
    return text.split(".")


def decode_header(part: str, max_characters: int) -> JSONObject:
    """Return the header; JOSEError for a refused member or a `kid` that is no text."""
    if len(part) > max_characters:
        raise JOSEError(f"header of {len(part)} characters, more than {max_characters}")
    header = parse_json_object(decode_base64url(part), max_depth=MAX_DEPTH)
    refused = [member for member in REFUSED_MEMBERS if member in header]
    if refused:
        raise JOSEError(f"the header member {refused[0]!r} is not supported")
    if "kid" in header:
        check_kid(header["kid"])
    return header


def check_kid(kid: JSONValue) -> None:
    """Raise JOSEError for a `kid` that is not a text of 1 to 2,048 characters."""
    if not isinstance(kid, str) or not 0 < len(kid) <= _MAX_KID:
        raise JOSEError(f"kid: expected a text of 1 to {_MAX_KID} characters")


def encode_json(value: JSONObject) -> str:
    """Return JSON as UTF-8 in base64url."""
    return encode_base64url(dump_json(value).encode("utf-8"))


def media_type(value: JSONValue) -> str | None:
    """Return a `typ` as it is compared, None for what is no text."""
    # RFC 7515 section 4.1.9: media types compare without case, and "application/" may be left out.
    return value.lower().removeprefix("application/") if isinstance(value, str) else None


def shown(value: JSONValue) -> str:
    """Return what a message shows of a member: the start of a text, else its kind."""
    return repr(value[:40]) if isinstance(value, str) else json_type_name(value)
