"""The frame of paper codes: every form of it in use, and what is refused before anything is believed."""

from __future__ import annotations

import tracemalloc
import zlib
from typing import Any

import cbor2
import pytest

from health.formats import UnsupportedFormatError, read_certificate
from health.formats.cose import sig_structure
from health.formats.hc1 import EU_DCC, HC1, HCERT, HEALTH_LINK, MAX_INFLATED, unwrap
from tests.paper import CONTENTS, KEY, KID, VACCINATION, claims, code, signers, wrapped
from vclib.base45 import encode_base45
from vclib.errors import ComplexityError, EncodingError, InvalidSignatureError, MalformedValueError

_CODE = code(claims(EU_DCC, VACCINATION))


def _message(protected: dict[int, Any], unprotected: dict[int, Any]) -> list[Any]:
    header = cbor2.dumps(protected) if protected else b""
    payload = cbor2.dumps(claims(EU_DCC, VACCINATION))
    return [header, unprotected, payload, KEY.sign(sig_structure(header, payload))]


@pytest.mark.parametrize("name", CONTENTS)
def test_every_content_is_read_and_its_signature_holds(name: str) -> None:
    certificate = read_certificate(code(claims(*CONTENTS[name])))
    (signer,) = HC1().signers(certificate, signers())
    HC1().verify(certificate, signer)
    assert certificate.payload == CONTENTS[name][1]
    assert certificate.kid == KID


def test_another_content_under_the_same_signature_does_not_verify() -> None:
    certificate = read_certificate(code(claims(EU_DCC, VACCINATION)))
    message = cbor2.loads(unwrap(_CODE)).value
    changed = cbor2.dumps(claims(EU_DCC, VACCINATION | {"dob": "1999-01-01"}))
    forged = read_certificate(wrapped(cbor2.dumps([message[0], {}, changed, message[3]])))
    (signer,) = HC1().signers(certificate, signers())
    with pytest.raises(InvalidSignatureError, match="ES256 signature does not fit"):
        HC1().verify(forged, signer)


@pytest.mark.parametrize(
    ("protected", "unprotected"),
    [
        ({1: -7, 4: KID}, {}),
        ({1: -7}, {4: KID}),
        ({1: -7, 4: KID}, {4: KID}),
        ({1: -7, 4: KID}, {4: b"another!"}),
        ({4: KID}, {1: -7}),
        ({}, {1: -7, 4: KID}),
    ],
    ids=["protected", "unprotected", "both", "protected counts", "alg outside", "all outside"],
)
@pytest.mark.parametrize("tags", [[], [18], [18, 61]], ids=["untagged", "COSE", "CWT and COSE"])
def test_every_form_of_headers_and_tags_is_read(
    protected: dict[int, Any], unprotected: dict[int, Any], tags: list[int]
) -> None:
    message: Any = _message(protected, unprotected)
    for tag in tags:
        message = cbor2.CBORTag(tag, message)
    certificate = read_certificate(wrapped(cbor2.dumps(message)))
    (signer,) = HC1().signers(certificate, signers())
    HC1().verify(certificate, signer)


def test_a_wrong_key_identifier_that_is_protected_goes_before_a_right_one_that_is_not() -> None:
    message = _message({1: -7, 4: b"another!"}, {4: KID})
    certificate = read_certificate(wrapped(cbor2.dumps(message)))
    assert HC1().signers(certificate, signers()) == ()


@pytest.mark.parametrize("text", ["]Q1" + _CODE, "hc1:" + _CODE[4:], "\ufeff" + _CODE, _CODE + "\r\n"])
def test_what_scanners_add_is_no_part_of_the_code(text: str) -> None:
    assert read_certificate(text).name == "Anna Gößinger"


def test_a_blank_at_the_end_belongs_to_the_code_and_is_not_trimmed() -> None:
    with pytest.raises(EncodingError):
        read_certificate(_CODE + " ")


def test_a_small_letter_in_the_code_is_refused() -> None:
    with pytest.raises(EncodingError, match="base45"):
        read_certificate(_CODE[:40] + "a" + _CODE[41:])


def test_another_version_is_named() -> None:
    with pytest.raises(UnsupportedFormatError, match="another version"):
        read_certificate("HC2:" + _CODE[4:])


def test_a_health_link_is_named_and_declined() -> None:
    content = claims(HEALTH_LINK, {"u": "vhlink:/ey"})
    with pytest.raises(UnsupportedFormatError, match="link to a health document"):
        read_certificate(code(content))


def test_an_unknown_content_is_named_and_declined() -> None:
    with pytest.raises(UnsupportedFormatError, match="not known here"):
        read_certificate(code(claims(99, {})))


def test_two_contents_in_one_code_are_refused() -> None:
    content = claims(EU_DCC, VACCINATION)
    content[HCERT][-6] = {}
    with pytest.raises(EncodingError, match="several"):
        read_certificate(code(content))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("shc:/5676290952432060346029243740", "SMART Health Card"),
        ("SHC:/56", "SMART Health Card"),
        ("B64:UEsDBA==", "DIVOC"),
        (b"PK\x03\x04rest", "DIVOC"),
        ('{"data":{"hdr":{"t":"icao.vacc"}}}', "ICAO"),
        ("mdoc:owBjMS4w", "mobile document"),
        ("NL2:ABC", "Dutch"),
        ("https://example.org/#shlink:/eyJ", "SMART Health Link"),
        ("https://example.org/", "web address"),
        ("7" * 4000, "no health certificate"),
        ("urn:something:else", "no health certificate"),
    ],
)
def test_another_standard_s_content_is_named_and_declined(text: str | bytes, name: str) -> None:
    """Threat J1."""
    with pytest.raises(UnsupportedFormatError, match=name):
        read_certificate(text)


def test_a_code_that_inflates_without_end_stops_at_a_fixed_size() -> None:
    """Threat J2."""
    bomb = "HC1:" + encode_base45(zlib.compress(b"\x00" * 2_000_000, 9))
    assert len(bomb) < 4000
    tracemalloc.start()
    with pytest.raises(ComplexityError, match=str(MAX_INFLATED)):
        read_certificate(bomb)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000


def test_a_code_longer_than_any_qr_code_is_refused_before_it_is_decoded() -> None:
    with pytest.raises(ComplexityError, match="characters"):
        read_certificate("HC1:" + "0" * 5000)


@pytest.mark.parametrize(
    "compressed",
    [zlib.compress(b"x" * 50)[:-4], zlib.compress(b"x") + b"more", b"not zlib"],
    ids=["cut off", "something follows", "not compressed"],
)
def test_a_stream_that_is_not_one_whole_zlib_stream_is_refused(compressed: bytes) -> None:
    with pytest.raises(EncodingError, match="zlib"):
        read_certificate("HC1:" + encode_base45(compressed))


@pytest.mark.parametrize(
    "message",
    [
        b"\x81" * 60_000 + b"\x00",
        b"\x5b\x7f" + b"\xff" * 7,
        b"\x9b\x7f" + b"\xff" * 7,
        b"\xbb\x00\x00\x00\xff\xff\xff\xff\xff",
        b"\x61\xff",
        cbor2.dumps([b"", {}, b"", b""]) + b"\x00",
        b"\xa2\x01\x01\x01\x02",
        b"\xd8\x23\x63(a+",
        b"\xd8\x1c\x81\xd8\x1d\x00",
        b"\xc2\x41\x05",
    ],
    ids=[
        "deep",
        "endless bytes",
        "endless array",
        "endless map",
        "no UTF-8",
        "something follows",
        "repeated key",
        "regular expression",
        "shared value",
        "big number",
    ],
)
def test_cbor_that_is_no_certificate_is_refused_without_allocation(message: bytes) -> None:
    """Threat J4."""
    tracemalloc.start()
    with pytest.raises(EncodingError):
        read_certificate(wrapped(message))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000


@pytest.mark.parametrize(
    ("protected", "unprotected", "reason"),
    [
        ({1: -8, 4: KID}, {}, "algorithm"),
        ({4: KID}, {}, "algorithm"),
        ({1: -7, 2: [99], 4: KID}, {}, "header parameter"),
    ],
    ids=["EdDSA", "none", "critical"],
)
def test_a_header_that_is_not_supported_is_named(
    protected: dict[int, Any], unprotected: dict[int, Any], reason: str
) -> None:
    with pytest.raises(UnsupportedFormatError, match=reason):
        read_certificate(wrapped(cbor2.dumps(_message(protected, unprotected))))


@pytest.mark.parametrize("value", [float("nan"), b"bytes", cbor2.undefined, {1: 2}])
def test_a_value_that_is_no_json_is_refused(value: object) -> None:
    with pytest.raises(EncodingError):
        read_certificate(code(claims(EU_DCC, VACCINATION | {"x": value})))


@pytest.mark.parametrize("seconds", [-1, 1e300, "soon", True])
def test_a_time_that_is_none_is_refused(seconds: object) -> None:
    with pytest.raises(EncodingError, match="time"):
        read_certificate(code(claims(EU_DCC, VACCINATION, _4=seconds)))


def test_a_content_that_breaks_its_rules_is_refused_by_the_member() -> None:
    broken = VACCINATION | {"dob": "26.02.1998"}
    with pytest.raises(MalformedValueError, match="dob"):
        read_certificate(code(claims(EU_DCC, broken)))
