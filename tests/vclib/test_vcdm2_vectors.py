"""The official inputs of the data model 2.0 test suite; what is done to them first: SOURCES.md there."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from vclib.credentials import parse_credential
from vclib.did import resolver
from vclib.encoding import decode_multibase
from vclib.errors import NoProofError, UnsupportedSecuringMechanismError, VCError
from vclib.jsonld import UNSAFE_ANY_CONTEXT
from vclib.keys import KeyType, PrivateKey
from vclib.presentations import parse_presentation
from vclib.proofs import AUTHENTICATION, add_proof
from vclib.strict_json import JSONObject, parse_json_object
from vclib.verification import Environment, verify_credential, verify_presentation

VECTORS = Path(__file__).parent.parent / "vectors" / "vcdm2"
NAMES = sorted(str(path.relative_to(VECTORS)) for path in VECTORS.rglob("*.json"))
NOW = datetime(2026, 7, 1, 12, 0, 0, tzinfo=UTC)

# The suite's own key (tests/data-generator.js): two bytes of multicodec prefix, then the seed.
DID = "did:key:z6MkpJySvETLnxhQG9DzEdmKJtysBDjuuTeDfUj1uNNCUqcj"
METHOD = f"{DID}#z6MkpJySvETLnxhQG9DzEdmKJtysBDjuuTeDfUj1uNNCUqcj"
SECRET = "zrv1a6V2qqSGkBz7QPw4yJedKc8X9dEdug7c3MEzNUDVEmkyVcXtTWNLQLArgKXzN7LbGMTVjqE2CbdrqpnxqtxmY1M"
KEY = PrivateKey.from_secret_bytes(KeyType.ED25519, decode_multibase(SECRET)[2:34])

ENVIRONMENT = Environment(
    resolve=resolver(),
    now=NOW,
    contexts=UNSAFE_ANY_CONTEXT,
    bind_holder_to_key=False,
    accept_self_asserted=True,
)


def test_every_file_is_run() -> None:
    assert len(NAMES) == 120
    assert {name for name in NAMES if not name.endswith(("-ok.json", "-fail.json"))} == {
        "credential-missing-base-context-fail-or-inject.json",
        "credential-no-context-fail-or-inject.json",
        "presentation-no-context-fail-or-inject.json",
        "presentation-self-asserted-vc-holder-mismatch.json",
        "presentation-self-asserted-vc-issuer-mismatch.json",
        "presentation-self-asserted-vc-no-holder.json",
    }


@pytest.mark.parametrize("name", [name for name in NAMES if name.endswith("-ok.json")])
def test_a_conforming_document_is_accepted(name: str) -> None:
    if name == "presentation-enveloped-vc-ok.json":
        with pytest.raises(UnsupportedSecuringMechanismError, match="enveloping proof"):
            _verify(name)
    else:
        _verify(name)


# Why each is refused, by a word of the message, so that no file is refused for another reason than its own.
REFUSALS = {
    "credential-context-combo3-fail.json": "@context[1]: expected a URL",
    "credential-context-combo4-fail.json": "@context[1]: expected a URL or an object",
    "credential-evidence-missing-type-fail.json": "evidence[0].type",
    "credential-id-multi-fail.json": "id: expected one absolute URL, found an array",
    "credential-id-nonidentifier-fail.json": "id: expected one absolute URL, found null",
    "credential-id-not-url-fail.json": "id: expected one absolute URL, found a string that is none",
    "credential-id-subject-multi-fail.json": "credentialSubject[0].id: expected one absolute URL",
    "credential-issuer-no-url-fail.json": "issuer: expected one absolute URL",
    "credential-issuer-null-fail.json": "issuer: expected one absolute URL, found null",
    "credential-issuer-object-id-no-url-fail.json": "issuer.id: expected one absolute URL",
    "credential-issuer-object-id-null-fail.json": "issuer.id: expected one absolute URL, found null",
    "credential-missing-base-context-fail-or-inject.json": "@context[0]: expected one of",
    "credential-missing-required-type-fail.json": "type: expected VerifiableCredential among",
    "credential-no-context-fail-or-inject.json": "@context: expected a list",
    "credential-no-issuer-fail.json": "issuer: expected one absolute URL, found none",
    "credential-no-subject-fail.json": "credentialSubject: expected one or more subjects",
    "credential-no-type-fail.json": "type: expected one or more terms or URLs, found none",
    "credential-proof-missing-type-fail.json": "proof[0].type",
    "credential-redef-type-fail.json": "protected term redefinition",
    "credential-redef-type2-fail.json": "protected term redefinition",
    "credential-refresh-no-type-fail.json": "refreshService[0].type",
    "credential-schema-no-id-fail.json": "credentialSchema[0].id",
    "credential-schema-no-type-fail.json": "credentialSchema[0].type",
    "credential-schema-non-url-id-fail.json": "credentialSchema[0].id",
    "credential-status-missing-type-fail.json": "credentialStatus[0].type",
    "credential-status-multiple-id-fail.json": "credentialStatus[0].id",
    "credential-status-nonurl-id-fail.json": "credentialStatus[0].id",
    "credential-status-type-nonurl-fail.json": "credentialStatus[0].type",
    "credential-subject-multiple-empty-fail.json": "credentialSubject[1]: expected a claim",
    "credential-subject-no-claims-fail.json": "credentialSubject[0]: expected a claim",
    "credential-termsofuse-missing-type-fail.json": "termsOfUse[0].type",
    "credential-termsofuse-no-type-fail.json": "termsOfUse[0].type",
    "credential-type-mapped-nonurl-fail.json": "invalid IRI mapping",
    "credential-type-unmapped-fail.json": "ExampleTestCredential",
    "credential-validUntil-validFrom-fail.json": "validUntil: the credential ends before it begins",
    "credential-validfrom-invalid-fail.json": "validFrom: expected a date-time",
    "credential-validuntil-invalid-fail.json": "validUntil: expected a date-time",
    "names-and-descriptions/credential-description-extra-prop-en-fail.json": "description: expected",
    "names-and-descriptions/credential-name-extra-prop-en-fail.json": "name: expected",
    "names-and-descriptions/issuer-description-extra-prop-en-fail.json": "issuer.description: expected",
    "names-and-descriptions/issuer-name-extra-prop-en-fail.json": "issuer.name: expected",
    "presentation-context-order-fail.json": "@context[0]: expected one of",
    "presentation-enveloped-vc-missing-type-fail.json": "@context: expected a list",
    "presentation-holder-fail.json": "holder: expected one absolute URL",
    "presentation-holder-name-fail.json": "holder.id: expected one absolute URL, found none",
    "presentation-holder-object-fail.json": "holder.id: expected one absolute URL",
    "presentation-missing-base-context-fail.json": "@context[0]: expected one of",
    "presentation-missing-required-type-fail.json": "type: expected VerifiablePresentation among",
    "presentation-no-context-fail-or-inject.json": "@context: expected a list",
    "presentation-no-type-fail.json": "type: expected one or more terms or URLs, found none",
    "presentation-vc-as-string-fail.json": "verifiableCredential[0]: expected an object, found a string",
    "presentation-vc-missing-required-type-fail.json": "type: expected one or more terms or URLs",
}


@pytest.mark.parametrize(("name", "reason"), REFUSALS.items())
def test_a_document_that_does_not_conform_is_refused_for_its_own_reason(name: str, reason: str) -> None:
    document = _read(name)
    with pytest.raises(VCError, match=re.escape(reason)):
        if name.startswith("presentation-"):
            for credential in parse_presentation(document, contexts=UNSAFE_ANY_CONTEXT).credentials:
                parse_credential(credential, contexts=UNSAFE_ANY_CONTEXT)
        elif name == "credential-no-issuer-fail.json":
            parse_credential(document | {"credentialSubject": {"id": DID}}, contexts=UNSAFE_ANY_CONTEXT)
        else:
            parse_credential(_completed(document), contexts=UNSAFE_ANY_CONTEXT)


@pytest.mark.parametrize("name", [name for name in NAMES if not name.endswith("-ok.json")])
def test_a_signature_does_not_make_a_document_conform(name: str) -> None:
    with pytest.raises(VCError):
        _verify(name)


def test_each_refused_file_has_its_reason() -> None:
    refused = {name for name in NAMES if not name.endswith("-ok.json") and "self-asserted" not in name}
    assert REFUSALS.keys() == refused


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("presentation-self-asserted-vc-holder-mismatch.json", "somebody other than the holder"),
        ("presentation-self-asserted-vc-issuer-mismatch.json", "not the word of the holder"),
        ("presentation-self-asserted-vc-no-holder.json", "not the word of the holder"),
    ],
)
def test_a_credential_without_a_proof_is_the_holders_own_word_or_nobodys(name: str, message: str) -> None:
    with pytest.raises(VCError, match=message):
        _verify(name)


def test_a_self_asserted_credential_is_refused_unless_the_environment_accepts_it() -> None:
    presentation = _signed(_presentation(_read("presentation-self-asserted-vc-ok.json"), sign=False))
    strict = Environment(resolve=resolver(), now=NOW, contexts=UNSAFE_ANY_CONTEXT, bind_holder_to_key=False)
    with pytest.raises(NoProofError, match="no proof"):
        verify_presentation(presentation, strict, challenge=None, domain=None)
    accepted = verify_presentation(presentation, ENVIRONMENT, challenge=None, domain=None)
    assert [credential.self_asserted for credential in accepted.credentials] == [True]


def _verify(name: str) -> None:
    """Complete a document as the suite's endpoints do, sign it, and verify it."""
    document = _read(name)
    if name.startswith("presentation-"):
        presentation = _presentation(document, sign="self-asserted" not in name)
        verify_presentation(_signed(presentation), ENVIRONMENT, challenge=None, domain=None)
        return
    if name != "credential-no-issuer-fail.json":
        document = _completed(document)
    verify_credential(_sign(document, "assertionMethod"), ENVIRONMENT)


def _read(name: str) -> JSONObject:
    return parse_json_object((VECTORS / name).read_bytes())


def _completed(document: JSONObject) -> JSONObject:
    issuer = document.get("issuer", DID)
    if isinstance(issuer, dict) and "id" not in issuer:
        issuer = {"id": DID, **issuer}
    completed = {**document, "issuer": issuer}
    moments = {"PAST DATE": "2025-07-01T12:00:00Z", "FUTURE DATE": "2027-07-01T12:00:00Z"}
    for member in ("validFrom", "validUntil"):
        value = completed.get(member)
        if isinstance(value, str) and value in moments:
            completed[member] = moments[value]
    # The suite's secured input has proofs of historical suites; they are judged by their shape here, and
    # the proof that is verified is added to them.
    return completed


def _presentation(document: JSONObject, *, sign: bool) -> JSONObject:
    credentials = document.get("verifiableCredential")
    if not sign or not isinstance(credentials, list):
        return document
    signed = [
        _sign({**credential, "issuer": DID}, "assertionMethod")
        if isinstance(credential, dict) and "issuer" in credential
        else credential
        for credential in credentials
    ]
    return {**document, "verifiableCredential": signed}


def _signed(presentation: JSONObject) -> JSONObject:
    return _sign(presentation, AUTHENTICATION)


def _sign(document: JSONObject, purpose: str) -> JSONObject:
    """Sign with a suite over the JSON text, so that even bad JSON-LD gets as far as the verifier."""
    return add_proof(
        document,
        cryptosuite="eddsa-jcs-2022",
        key=KEY,
        verification_method=METHOD,
        created=NOW,
        purpose=purpose,
        contexts=UNSAFE_ANY_CONTEXT,
    )
