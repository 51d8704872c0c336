"""What somebody hands over: JSON, compact text, a paper code, or the picture of a QR code.

Everything here is a stranger's; each reader bounds what it reads before it decodes. Not here: whether it
is true.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from health.formats import Certificate, Scanned, find_format
from protocols.compact import decode_presentation
from runtime.console import read_input
from runtime.images import is_image
from vclib.datetimes import parse_datetime
from vclib.errors import (
    ComplexityError,
    ConfigurationError,
    MalformedError,
    MalformedValueError,
    ParsingError,
    StoreError,
    VCError,
)
from vclib.policy import TrustedIssuers
from vclib.strict_json import JSONObject, parse_json_object

# The bytes in which a text can begin that means to be JSON.
_JSON_BEGINNINGS = ("{", "[", '"')


def open_content(content: bytes) -> Certificate | JSONObject:
    """Return what was scanned or sent: a paper certificate, unverified, or a JSON object.

    `content` is JSON, compact text, the text of a paper code, or a PNG or JPEG of a QR code. Raises
    UnsupportedFormatError for another standard's content, by its name; MalformedError, ComplexityError.
    """
    scanned = _scanned(content)
    found = find_format(scanned)
    return _read_json(scanned) if found is None else found.read(scanned)


def open_or_error(content: bytes | VCError) -> Certificate | JSONObject | VCError:
    """Return what `open_content` returns or raises; an error in place of a content stays what it is.

    Raises ConfigurationError, StoreError: these say nothing of the content.
    """
    if isinstance(content, VCError):
        return content
    try:
        return open_content(content)
    except (ConfigurationError, StoreError):
        raise
    except VCError as err:
        return err


def _scanned(content: bytes) -> Scanned:
    if not is_image(content):
        return content
    # The decoders, which nobody needs who is handed JSON.
    from runtime.qr import read_qr

    return read_qr(content)


def _read_json(text: Scanned) -> JSONObject:
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8")
        except UnicodeDecodeError as err:
            raise ParsingError(
                "expected JSON, the text of a QR code, or a PNG or JPEG image; found other bytes"
            ) from err
    text = text.strip()
    if text.startswith(_JSON_BEGINNINGS):
        return parse_json_object(text)
    if not text:
        raise ParsingError("expected JSON or the text of a QR code, found nothing")
    return decode_presentation(text)


def read_trust_file(path: Path) -> TrustedIssuers:
    """Return whom a trust file names; ConfigurationError, StoreError."""
    try:
        return TrustedIssuers.from_json(parse_json_object(read_input(path)))
    except (MalformedError, ComplexityError, ConfigurationError) as err:
        raise ConfigurationError(f"{path}: {err.message}") from err


def moment_option(text: str, option: str) -> datetime:
    """Return the moment that an option of a command names; ConfigurationError."""
    try:
        return parse_datetime(text)
    except MalformedValueError as err:
        raise ConfigurationError(f"{option}: {err.message}") from err


def status_files(paths: Iterable[Path]) -> list[Path]:
    """Return the files of status lists: those named, and of a folder all that are JSON."""
    return [file for path in paths for file in (sorted(path.glob("*.json")) if path.is_dir() else [path])]


def read_status_files(paths: Iterable[Path]) -> dict[str, JSONObject]:
    """Return status list credentials by the URL they say they are published at; each is verified later.

    Raises ParsingError, MalformedValueError, StoreError, naming the file.
    """
    lists: dict[str, JSONObject] = {}
    for file in status_files(paths):
        try:
            document = parse_json_object(read_input(file))
        except ParsingError as err:
            raise ParsingError(f"{file}: {err.message}") from err
        url = document.get("id")
        if not isinstance(url, str):
            raise MalformedValueError(f"{file}: expected a status list credential with an id")
        lists[url] = document
    return lists


def is_presentation(document: JSONObject) -> bool:
    """Whether the document says that it is a presentation; MalformedValueError if it is neither kind.

    A document that says it is both is taken as a presentation, which is judged by the stricter rules.
    """
    declared = document.get("type")
    types = declared if isinstance(declared, list) else [declared]
    if any(isinstance(each, str) and each.endswith("VerifiablePresentation") for each in types):
        return True
    if any(isinstance(each, str) and each.endswith("VerifiableCredential") for each in types):
        return False
    raise MalformedValueError(
        "type: expected VerifiablePresentation or VerifiableCredential; this is JSON of another kind"
    )
