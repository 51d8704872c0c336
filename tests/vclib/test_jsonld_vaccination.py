"""The vaccination vocabulary of 2021 under credentials/v1, and a signature somebody else made over it."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import pytest

from vclib import jsonld
from vclib.errors import ContextNotAcceptedError, InvalidSignatureError, ParsingError
from vclib.keys import decode_multikey
from vclib.strict_json import JSONObject, parse_json_object

_VECTORS = Path(__file__).parents[1] / "vectors" / "vaccination-vocab"
_INPUT = "__fixtures__/inputs/vaccination-certificate.json"
_SIGNED = "examples/vaccination-certificate-signed-ed25519.jsonld"
_UNFINISHED = "__fixtures__/inputs/ca-cvc-vaccination-certicate.json"
_DRAFTS = [
    "__fixtures__/inputs/eu-ehealth2fhir-vaccination-certificate.json",
    "examples/eu-ehealth2fhir-vaccination-certificate-signed-bbs.jsonld",
    "examples/eu-ehealth2fhir-vaccination-certificate-signed-ed25519.jsonld",
]


def _read(name: str) -> JSONObject:
    return parse_json_object((_VECTORS / name).read_bytes())


def _statements(document: JSONObject) -> set[str]:
    return set(jsonld.canonical_nquads(document).decode("utf-8").splitlines())


def test_the_certificate_makes_these_statements() -> None:
    vocabulary = "https://w3id.org/vaccination#"
    xsd = "http://www.w3.org/2001/XMLSchema#"
    statements = _statements(_read(_INPUT))
    values = {line.split(" ", 1)[1] for line in statements if '"' in line}
    assert len(statements) == 24
    assert values >= {
        f'<{vocabulary}batchNumber> "1183738569" .',
        f'<{vocabulary}countryOfVaccination> "NZ" .',
        f'<{vocabulary}medicinalProductName> "COVID-19 Vaccine Moderna" .',
        '<http://schema.org/familyName> "SMITH" .',
        f'<http://schema.org/birthDate> "1958-07-17"^^<{xsd}dateTime> .',
        f'<https://www.w3.org/2018/credentials#issuanceDate> "2019-12-03T12:19:52Z"^^<{xsd}dateTime> .',
    }


def test_the_bbs_example_makes_the_statements_of_the_input() -> None:
    signed = _read("examples/vaccination-certificate-signed-bbs.jsonld")
    assert signed.pop("proof")
    differing = _statements(signed) ^ _statements(_read(_INPUT))
    assert {line.split("> ", 2)[1].rsplit("#", 1)[1] for line in differing} == {"issuanceDate", "issuer"}


def test_the_published_signature_of_another_implementation_fits_our_canonical_form() -> None:
    _verify_ed25519_signature_2018(_read(_SIGNED))


@pytest.mark.parametrize(("member", "value"), [("birthDate", "1958-07-18"), ("familyName", "Smith")])
def test_the_published_signature_does_not_fit_another_claim(member: str, value: str) -> None:
    document = _read(_SIGNED)
    subject = document["credentialSubject"]
    assert isinstance(subject, dict)
    recipient = subject["recipient"]
    assert isinstance(recipient, dict)
    recipient[member] = value
    with pytest.raises(InvalidSignatureError):
        _verify_ed25519_signature_2018(document)


@pytest.mark.parametrize("name", _DRAFTS)
def test_certificate_under_a_draft_context_is_refused_by_its_name(name: str) -> None:
    """A1: the drafts are not bundled, and nobody goes to look for them."""
    with pytest.raises(ContextNotAcceptedError, match=r"/context/v1/EU/unstable.json' is not known"):
        jsonld.to_quads(_read(name))


def test_certificate_that_was_published_without_its_last_brace_is_refused() -> None:
    with pytest.raises(ParsingError, match=r"expected JSON, .* at line 36"):
        _read(_UNFINISHED)


def test_every_published_file_is_tried() -> None:
    tried = {_INPUT, _SIGNED, _UNFINISHED, "examples/vaccination-certificate-signed-bbs.jsonld", *_DRAFTS}
    published = {str(path.relative_to(_VECTORS)) for path in _VECTORS.rglob("*.json*")}
    assert published == tried


def _verify_ed25519_signature_2018(document: JSONObject) -> None:
    """Check a detached JWS as the suite of 2018 made it; raises InvalidSignatureError.

    Signed is the JWS header, a full stop, and the SHA-256 of the canonical forms of the proof options and
    of the document: https://w3c-ccg.github.io/lds-ed25519-2018/.
    """
    document = dict(document)
    proof = document.pop("proof")
    assert isinstance(proof, dict)
    options = {"@context": "https://w3id.org/security/v2", **proof}
    header, _, signature = str(options.pop("jws")).split(".")
    signed = header.encode() + b"."
    signed += hashlib.sha256(jsonld.canonical_nquads(options)).digest()
    signed += hashlib.sha256(jsonld.canonical_nquads(document)).digest()
    key = decode_multikey(str(proof["verificationMethod"]).split("#")[1])
    key.verify(base64.urlsafe_b64decode(signature + "=="), signed)
