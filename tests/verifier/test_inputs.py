"""verifier.inputs: what somebody hands over is read, or named; J4 and J1 at this door."""

from __future__ import annotations

import pytest

from health.formats import UnsupportedFormatError
from protocols.compact import encode_presentation
from runtime.qr import make_qr
from vclib.errors import ComplexityError, MalformedError, MalformedValueError, ParsingError
from vclib.strict_json import JSONObject, dump_json
from verifier.inputs import is_presentation, open_content

PRESENTATION: JSONObject = {
    "@context": ["https://www.w3.org/ns/credentials/v2"],
    "type": ["VerifiablePresentation"],
    "holder": "did:key:zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169",
}


def test_json_text_is_read() -> None:
    assert open_content(f"\n {dump_json(PRESENTATION, indent=2)}\n".encode()) == PRESENTATION


def test_the_text_of_a_qr_code_is_read() -> None:
    assert open_content(encode_presentation(PRESENTATION).encode() + b"\n") == PRESENTATION


def test_the_picture_of_a_qr_code_is_read() -> None:
    assert open_content(make_qr(encode_presentation(PRESENTATION)).png()) == PRESENTATION


def test_a_qr_code_that_holds_json_is_read() -> None:
    assert open_content(make_qr(dump_json(PRESENTATION)).png()) == PRESENTATION


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        (b"", ParsingError, "found nothing"),
        (b"   \n", ParsingError, "found nothing"),
        (b"{", ParsingError, "expected JSON"),
        (b'{"a":1,"a":2}', ParsingError, "'a' occurs twice"),
        (b"[]", ParsingError, "expected a JSON object, found an array"),
        (b'"HC1:6BF"', ParsingError, "expected a JSON object, found a string"),
        (b"\xff\xfe{", ParsingError, "found other bytes"),
        (b"\x89PNG\r\n\x1a\nbroken", ParsingError, "broken or cut off"),
        (b"GIF89a", ParsingError, "expected a presentation that begins with DDCC1:"),
        (b"HC1:6BFOXN*TS0BI$ZD4N9", MalformedError, "expected one whole zlib stream"),
        (
            b"shc:/5676290952432060346029243740446031222959532654603460292540772804336028",
            UnsupportedFormatError,
            "SMART",
        ),
        (b"DDCC1:", MalformedError, "compress|base45|CBOR"),
        (b"DDCC1:???", MalformedError, "[Bb]ase45"),
        (b"[" * 100_000, ComplexityError, "deeper than 64"),
        (b'{"a":"' + b"x" * 5_000_000 + b'"}', ComplexityError, "larger than the limit"),
    ],
)
def test_anything_else_is_named(content: bytes, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        open_content(content)


def test_a_picture_without_a_qr_code_is_named() -> None:
    png = make_qr("x").png(scale=1)
    with pytest.raises(ParsingError, match="expected a presentation that begins with DDCC1:"):
        open_content(png)


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        ("VerifiablePresentation", True),
        (["VerifiablePresentation"], True),
        (["VerifiableCredential", "TestResultCredential"], False),
        # What says it is both is judged as what asks for more.
        (["VerifiableCredential", "VerifiablePresentation"], True),
        ("EnvelopedVerifiablePresentation", True),
        ("https://www.w3.org/2018/credentials#VerifiableCredential", False),
    ],
)
def test_presentations_and_credentials_are_told_apart(declared: object, expected: bool) -> None:
    assert is_presentation({"type": declared}) is expected  # type: ignore[dict-item]


@pytest.mark.parametrize("declared", [None, 1, [], ["Person"], {"a": 1}, [["VerifiableCredential"]]])
def test_json_of_another_kind_is_named(declared: object) -> None:
    with pytest.raises(MalformedValueError, match="JSON of another kind"):
        is_presentation({"type": declared})  # type: ignore[dict-item]
