"""A presentation becomes the text of a QR code and comes back unchanged; hostile texts are refused."""

from __future__ import annotations

import hashlib
import json
import zlib
from importlib import resources

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.compact import PREFIX, decode_presentation, encode_presentation, is_compact
from protocols.compact_strings import pack_string, unpack_string
from protocols.compact_terms import DICTIONARY, TERMS
from vclib.base45 import ALPHABET, encode_base45
from vclib.errors import ComplexityError, EncodingError, ParsingError, VCError
from vclib.strict_json import JSONObject

ISSUER = "zDnaekGZTbQBerwcehBSXLqAg6s55hVEBms1zFy89VHXtJSa9"
HOLDER = "zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169"
PRESENTATION: JSONObject = {
    "@context": ["https://www.w3.org/ns/credentials/v2"],
    "type": "VerifiablePresentation",
    "holder": f"did:key:{HOLDER}",
    "verifiableCredential": [
        {
            "@context": ["https://www.w3.org/ns/credentials/v2", "https://w3id.org/ddcc/v1"],
            "type": ["VerifiableCredential", "VaccinationStatusCredential"],
            "issuer": {"id": f"did:key:{ISSUER}", "name": "Ministry of Health of Examplia"},
            "validFrom": "2026-07-27T06:15:00Z",
            "validUntil": "2027-07-27T06:15:00Z",
            "credentialStatus": {
                "type": "BitstringStatusListEntry",
                "statusPurpose": "revocation",
                "statusListIndex": "94567",
                "statusListCredential": "https://health.example/status/revocation/1",
            },
            "credentialSubject": {
                "id": f"did:key:{HOLDER}",
                "type": "HealthSubject",
                "name": "Gabriele Musterfrau-Gößinger",
                "birthDate": "1998-02",
                "vaccination": {
                    "disease": "icd11:RA01",
                    "dose": 1,
                    "totalDoses": 2,
                    "occurrence": "2026-05-06",
                },
            },
            "proof": {
                "type": "DataIntegrityProof",
                "cryptosuite": "ecdsa-sd-2023",
                "created": "2026-07-27T06:15:00Z",
                "proofPurpose": "assertionMethod",
                "verificationMethod": f"did:key:{ISSUER}#{ISSUER}",
                "proofValue": "u2V0BhVhA" + "Zm9v" * 200,
            },
        }
    ],
    "proof": {
        "type": "DataIntegrityProof",
        "cryptosuite": "ecdsa-rdfc-2019",
        "created": "2026-11-23T12:00:00Z",
        "proofPurpose": "authentication",
        "verificationMethod": f"did:key:{HOLDER}#{HOLDER}",
        "challenge": "qF0x3bJx7S2Pn1XQv8mM5w",
        "domain": "https://venue.example/check",
        "proofValue": "z2DNMn3KmkYSfY7qE4iSfBZKPxUXQ6vmPnC2BkbgyMdXUfCnhTTmSfyeqgzWZYk1ZoBQkCkLSZ7mAbAzky",
    },
}


def _compressed(cbor: bytes) -> str:
    """Write any CBOR as a compact text, with another compressor setting than the encoder's."""
    compressor = zlib.compressobj(1, zlib.DEFLATED, -15, 8, zlib.Z_DEFAULT_STRATEGY, DICTIONARY)
    return PREFIX + encode_base45(compressor.compress(cbor) + compressor.flush())


def test_a_presentation_comes_back_unchanged() -> None:
    assert decode_presentation(encode_presentation(PRESENTATION)) == PRESENTATION


def test_the_text_stays_inside_the_alphanumeric_mode() -> None:
    text = encode_presentation(PRESENTATION)
    assert text.startswith("DDCC1:")
    assert set(text) <= set(ALPHABET)


def test_the_text_is_far_shorter_than_the_json() -> None:
    """The proof value repeats itself here, so the real sizes are measured in `tests/wallet`."""
    assert len(encode_presentation(PRESENTATION)) < len(json.dumps(PRESENTATION)) / 3


def test_the_tables_of_version_1_are_frozen() -> None:
    """A changed table would make yesterday's codes say something else: it needs a version 2."""
    tables = json.dumps([list(TERMS), DICTIONARY.decode()], separators=(",", ":")).encode()
    assert hashlib.sha256(tables).hexdigest() == (
        "eef69a11d28666a94b0de82fcd37760a46ae3877098261cbe7fcca5183f620f0"
    )
    assert len(TERMS) == len(set(TERMS)) < 256


def test_a_text_written_by_hand_after_the_documentation_is_read() -> None:
    """The format is fixed by its documentation: these bytes were put together from it."""
    cbor = bytes.fromhex(
        "a3"  # a map of three, keys in order
        "014151"  # 1 "type": word 81 "VerifiablePresentation"
        "156576656e7565"  # 21 "domain": the text "venue"
        "646e6f746545076b49d200"  # "note": form 7, 1,800,000,000 seconds after 1970 began
    )
    assert decode_presentation(_compressed(cbor)) == {
        "type": "VerifiablePresentation",
        "domain": "venue",
        "note": "2027-01-15T08:00:00Z",
    }


def test_every_term_of_our_context_has_a_number() -> None:
    """A term that is not in the table costs a QR code its own spelling in every presentation."""
    context = json.loads(resources.files("contexts").joinpath("ddcc-v1.jsonld").read_text("utf-8"))[
        "@context"
    ]
    names: set[str] = set()
    _collect_terms(context, names)
    prefixes = {name for name, value in context.items() if isinstance(value, dict) and value.get("@prefix")}
    assert names - prefixes - set(TERMS) == set()


def _collect_terms(context: object, names: set[str]) -> None:
    if isinstance(context, dict):
        for name, definition in context.items():
            if not name.startswith("@"):
                names.add(name)
            if isinstance(definition, dict):
                _collect_terms(definition.get("@context"), names)


# --- strings that are bytes ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "packed_hex"),
    [
        ("2027-01-15T08:00:00Z", "076b49d200"),
        ("1970-01-01T00:00:01Z", "0701"),
        ("2021-05-06", "080b427c"),
        ("2021-05-06T00:00:00+14:00", "0a0b427c"),
        ("2021-05-06T23:59:59-12:00", "0b0b427c"),
        ("urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "05f81d4fae7dec11d0a76500a0c91e6bf6"),
        ("f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "06f81d4fae7dec11d0a76500a0c91e6bf6"),
        ("u2V0BAQIDBAUG", "01d95d01010203040506"),
        ("z2NEpo7TZRRrLZSi2U", "0248656c6c6f20576f726c6421"),
        ("did:key:z2NEpo7TZRRrLZSi2U", "0348656c6c6f20576f726c6421"),
        ("did:key:z2NEpo7TZRRrLZSi2U#z2NEpo7TZRRrLZSi2U", "0448656c6c6f20576f726c6421"),
        ("AAECAwQFBgcICQoLDA0ODw", "09000102030405060708090a0b0c0d0e0f"),
    ],
)
def test_values_that_are_bytes_are_packed_as_bytes(text: str, packed_hex: str) -> None:
    assert pack_string(text) == bytes.fromhex(packed_hex)
    assert unpack_string(bytes.fromhex(packed_hex)) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "u",
        "z",
        "Aulus Agerius",
        "2021-05",
        "2021-13-45",
        "0000-00-00",
        "2021-02-30T00:00:00Z",
        "2021-05-06T24:00:00Z",
        "T00:00:00+14:00",
        "2021-13-06T23:59:59-12:00",
        "2021-05-06t00:00:00z",
        "1969-12-31T23:59:59Z",
        "2021-05-06T00:00:00+00:00",
        "9999-99-99T00:00:00Z",
        "urn:uuid:F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6",
        "{f81d4fae-7dec-11d0-a765-00a0c91e6bf6}",
        "u2V0BAQIDBAUGBwE=",
        "u2V0BAQIDBAUGBwF",
        "zOIl0OIl0OIl0",
        "did:key:z2NEpo7TZRRrLZSi2U#other",
        "did:key:",
        "did:web:health.example",
        "２０２１-05-06",
        "z" + "1" * 2000,
    ],
)
def test_whatever_is_almost_such_a_value_stays_text_or_comes_back_exactly(text: str) -> None:
    packed = pack_string(text)
    assert packed == text or (isinstance(packed, bytes) and unpack_string(packed) == text)
    assert decode_presentation(encode_presentation({"value": text, text: 1})) == {"value": text, text: 1}


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=30)
    | st.sampled_from(TERMS)
    | st.from_regex(r"\A[uz][A-Za-z0-9_-]{6,40}\Z")
    | st.from_regex(r"\Adid:key:z[1-9A-HJ-NP-Za-km-z]{6,40}\Z"),
    lambda children: (
        st.lists(children, max_size=4)
        | st.dictionaries(st.text(max_size=9) | st.sampled_from(TERMS), children, max_size=5)
    ),
    max_leaves=15,
)


@settings(max_examples=150)
@given(st.dictionaries(st.text(max_size=9) | st.sampled_from(TERMS), _JSON, max_size=5))
def test_every_json_object_comes_back_unchanged(document: JSONObject) -> None:
    decoded = decode_presentation(encode_presentation(document))
    assert json.dumps(decoded, sort_keys=True) == json.dumps(document, sort_keys=True)


# --- refusals -----------------------------------------------------------------------------------


@settings(max_examples=150)
@given(st.text(alphabet=ALPHABET, max_size=60))
def test_any_text_of_the_alphabet_is_read_or_refused_by_name(text: str) -> None:
    """J1, J4: no other exception than ours comes out."""
    try:
        document = decode_presentation(PREFIX + text)
    except VCError:
        return
    assert decode_presentation(encode_presentation(document)) == document


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (
            "HC1:6BFOXN%TS3DH0YOJ58S S-W5HDC *M0II5XHC9B5G2+$N IOP-IA",
            r"an EU or WHO health certificate \(HC1\)",
        ),
        ("shc:/56762909524320603460292437404460", "a SMART Health Card"),
        ("SHC:/5676", "a SMART Health Card"),
        ("1" * 4000, "a number"),
        ("mdoc:owBjMS4wAYIB2BhYS6QBAiABIVgg", "an mdoc reader"),
        ("openid4vp://?client_id=x", "an OpenID presentation request"),
        ("https://verify.example/?c=1", "a web address"),
        ('{"data":{"hdr":{"t":"icao.vacc"}}}', "VDS-NC"),
        ("ddcc1:ABC", "another kind of text"),
        ("", "another kind of text"),
        ("١٢٣", "another kind of text"),
    ],
)
def test_another_payload_is_named_and_declined(text: str, name: str) -> None:
    """J1."""
    assert not is_compact(text)
    with pytest.raises(
        ParsingError, match=f"expected a presentation that begins with DDCC1:, found .*{name}"
    ):
        decode_presentation(text)


def test_a_content_that_inflates_a_thousand_times_is_stopped() -> None:
    """J2: a long text is refused by its length, a short one when 64 kB have come out of it."""
    with pytest.raises(ComplexityError, match=r"text of [0-9]+ characters is larger than 10000"):
        decode_presentation(_compressed(bytes(50_000_000)))
    bomb = _compressed(bytes(1_000_000))
    assert len(bomb) < 10_000
    with pytest.raises(ComplexityError, match="inflates to more than the limit of 65536"):
        decode_presentation(bomb)


def test_a_document_beyond_the_limit_is_not_written() -> None:
    with pytest.raises(ComplexityError, match="larger than the limit of 65536"):
        encode_presentation({"name": "x" * 70_000})


@pytest.mark.parametrize(
    ("cbor_hex", "message"),
    [
        ("01", "another kind of value"),
        ("a1646e616d650a", "one spelling"),  # the word "name" spelled out
        ("a2034161646e616d650a", "one spelling"),  # ... and beside its number
        ("a1036161" + "00", "follow it"),
        ("a1187e01", "the word 126 is not in version 1"),
        ("a103417e", "the word 126 is not in version 1"),
        ("a12001", "the word -1 is not in version 1"),
        ("a10340", "no known form"),
        ("a1034263aa", "no known form"),
        ("a1034306ffff", "impossible value"),
        ("a1034707ffffffffffff", "impossible value"),
        ("a1034408000000", "impossible value"),
        ("a1034407000001", "one spelling"),
        ("a1031b0020000000000000", "beyond 2\\^53"),
        ("a1036450617373" + "f5", "follow it"),
        ("a103" + "5904b1" + "02" + "01" * 1200, "too many for a base58 value"),
    ],
)
def test_content_that_the_encoder_would_not_write_is_refused(cbor_hex: str, message: str) -> None:
    """J4: one presentation, one spelling."""
    with pytest.raises(EncodingError, match=message):
        decode_presentation(_compressed(bytes.fromhex(cbor_hex)))


@pytest.mark.parametrize("position", [0, 10, 100, -3])
def test_a_changed_character_is_refused_or_changes_the_content(position: int) -> None:
    text = encode_presentation(PRESENTATION)
    body = list(text.removeprefix(PREFIX))
    body[position] = "0" if body[position] != "0" else "1"
    try:
        changed = decode_presentation(PREFIX + "".join(body))
    except VCError:
        return
    assert changed != PRESENTATION


def test_a_text_cut_off_or_followed_by_more_is_refused() -> None:
    text = encode_presentation(PRESENTATION)
    with pytest.raises(EncodingError):
        decode_presentation(text[:-3])
    with pytest.raises(EncodingError):
        decode_presentation(text + "000")
    with pytest.raises(EncodingError):
        decode_presentation(text + "\n")
