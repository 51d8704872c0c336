"""WHO's trust lists: who signed them, where keys are read from, what is found wrong in them."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from health.trust import (
    CertificateEntry,
    Material,
    OlderListError,
    Pins,
    TrustListError,
    UnsignedListError,
    Verified,
    WrongPublisherError,
    audit,
    certificate_kid,
    check_not_older,
    read_list,
    verify_list,
)
from tests.trust_lists import (
    CONTEXTS,
    HOST,
    NOW,
    SIGNING_DID,
    Authority,
    Network,
    content,
    method,
)
from vclib.errors import (
    ContextNotAcceptedError,
    DIDNotFoundError,
    InvalidSignatureError,
    MalformedError,
    MalformedValueError,
    ProofVerificationError,
    UnsupportedCryptosuiteError,
    VCError,
)
from vclib.strict_json import JSONObject, JSONValue

NETWORK = Network()
AUTHORITY = Authority()
SIGNER = AUTHORITY.signer()
PINS = Pins(publisher=SIGNING_DID, publisher_document=NETWORK.signing_document, contexts=CONTEXTS)


def nobody(did: str) -> JSONObject:
    raise DIDNotFoundError(did)


def verify(
    *documents: JSONObject, pins: Pins = PINS, fetch: Callable[[str], bytes] | None = None
) -> Verified:
    material = Material({str(each["id"]): content(each) for each in documents}, fetch)
    return verify_list(material, pins, resolve=nobody, now=NOW)


def embedded(**jwk: object) -> JSONObject:
    return NETWORK.document(method(SIGNER, AUTHORITY.certificate, **jwk))  # type: ignore[arg-type]


def test_a_list_signed_by_the_pinned_publisher_is_taken() -> None:
    verified = verify(embedded())
    [entry] = verified.trust_list.certificates
    assert (entry.certificate, entry.authority, entry.country) == (SIGNER, AUTHORITY.certificate, "XAA")
    assert (entry.usage, entry.kid, entry.is_signer) == ("DSC", certificate_kid(SIGNER), True)
    assert verified.voucher == f"signed by {SIGNING_DID}"
    assert verified.trust_list.produced == NOW - timedelta(days=1)


@pytest.mark.parametrize("raw", [False, True], ids=["DER, as the network writes it", "r || s, as JWS asks"])
def test_a_signature_is_taken_in_both_spellings(raw: bool) -> None:
    document = NETWORK.document(method(SIGNER, AUTHORITY.certificate), raw=raw)
    assert len(verify(document).trust_list.certificates) == 1


def test_a_list_of_which_one_letter_was_changed_is_refused() -> None:
    """Threat I4."""
    document = embedded()
    methods = document["verificationMethod"]
    assert isinstance(methods, list)
    assert isinstance(methods[0], dict)
    methods[0]["participant"] = {"code": "#XBB"}
    with pytest.raises(InvalidSignatureError, match=r"the list's signature does not fit"):
        verify(document)


def test_a_list_signed_by_another_key_than_the_publishers_is_refused() -> None:
    """Threat I4."""
    forged = Network(secret=78).document(method(SIGNER, AUTHORITY.certificate))
    with pytest.raises(InvalidSignatureError):
        verify(forged)


def test_a_list_of_another_publisher_is_refused() -> None:
    """Threat I4: the signature holds, and the root is not the one that was pinned."""
    with pytest.raises(WrongPublisherError, match=r"signed by did:web:signing\.example"):
        verify(
            embedded(),
            pins=replace(
                PINS, publisher="did:web:other.example", publisher_document={"id": "did:web:other.example"}
            ),
        )


def test_a_list_without_a_proof_is_refused() -> None:
    """Threat I4."""
    document = embedded()
    created = document.pop("proof")
    assert isinstance(created, dict)
    document["proof"] = {"created": created["created"]}
    with pytest.raises(UnsignedListError, match="has no proof"):
        verify(document)


def test_a_list_is_refused_when_nobody_said_who_signs_it() -> None:
    with pytest.raises(
        UnsignedListError, match=r"pin exactly these bytes by their digest: sha256:[0-9a-f]{64}"
    ):
        verify(embedded(), pins=Pins(contexts=CONTEXTS))


def test_a_list_that_cannot_be_checked_is_taken_by_its_digest() -> None:
    document = embedded()
    digest = Material({"a": content(document)}).sha256
    verified = verify(document, pins=Pins(sha256=digest))
    assert verified.voucher == f"pinned by its digest sha256:{digest}"
    with pytest.raises(WrongPublisherError, match="not the one that was pinned"):
        verify(embedded(kid="AAAAAAAAAAA="), pins=Pins(sha256=digest))


def test_a_list_is_not_read_without_the_publishers_context() -> None:
    with pytest.raises(ContextNotAcceptedError, match=r"trust-network-v1\.jsonld' is not at hand"):
        verify(embedded(), pins=replace(PINS, contexts={}))


def test_a_context_of_ours_cannot_be_replaced() -> None:
    replaced = {
        **CONTEXTS,
        "https://www.w3.org/ns/did/v1": b'{"@context": {"@vocab": "https://evil.example/"}}',
    }
    assert verify(embedded(), pins=replace(PINS, contexts=replaced)).trust_list.certificates


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"type": "Ed25519Signature2020"}, UnsupportedCryptosuiteError),
        ({"proofPurpose": "authentication"}, ProofVerificationError),
        ({"jws": "eyJhbGciOiJub25lIn0.."}, ProofVerificationError),
        ({"jws": 7}, ProofVerificationError),
        ({"jws": "a.b.c"}, ProofVerificationError),
    ],
)
def test_a_proof_of_another_form_is_refused(change: JSONObject, error: type[VCError]) -> None:
    document = embedded()
    proof = document["proof"]
    assert isinstance(proof, dict)
    with pytest.raises(error):
        verify({**document, "proof": {**proof, **change}})


@pytest.mark.parametrize("alg", ["HS256", "none", "ES384"])
def test_another_algorithm_is_refused(alg: str) -> None:
    document = embedded()
    document.pop("proof")
    with pytest.raises(UnsupportedCryptosuiteError):
        verify(NETWORK.signed(document, alg=alg))


def test_version_1_names_neither_country_nor_usage_nor_algorithm() -> None:
    entry = method(SIGNER, AUTHORITY.certificate)
    kid = base64.b64encode(certificate_kid(SIGNER)).decode()
    jwk = entry["publicKeyJwk"]
    assert isinstance(jwk, dict)
    del jwk["kid"], entry["domain"], entry["participant"], entry["keyusage"]
    entry |= {"id": f"{HOST}:trustlist:xaa#{kid}", "controller": f"{HOST}:trustlist:xaa"}
    document = NETWORK.document(entry, path="trustlist")
    document.pop("proof")
    [found] = verify(NETWORK.signed(document, raw=True, alg="EC")).trust_list.certificates
    assert (found.kid, found.country, found.usage) == (certificate_kid(SIGNER), "XAA", "DSC")


# Which of the first signers have a coordinate whose first bit is set is the same in every run.
def test_a_33rd_byte_of_zero_in_the_key_is_told_and_harms_nothing() -> None:
    signers = [AUTHORITY.signer(number) for number in range(1, 6)]
    entries = read(*(method(signer, AUTHORITY.certificate) for signer in signers))
    assert any("key-spelling" in entry.problems for entry in entries)
    assert all(entry.is_signer for entry in entries)


def test_an_unknown_curve_is_read_from_the_certificate() -> None:
    signer = AUTHORITY.signer(curve=ec.SECP521R1())
    [entry] = read(method(signer, AUTHORITY.certificate))
    assert (entry.problems, entry.is_signer) == (("key-spelling",), True)


def test_a_key_beside_the_certificate_that_is_another_one_bars_the_entry() -> None:
    other = method(AUTHORITY.signer(2), AUTHORITY.certificate)["publicKeyJwk"]
    assert isinstance(other, dict)
    [entry] = read(method(SIGNER, AUTHORITY.certificate, x=other["x"], y=other["y"]))
    assert "key-differs" in entry.problems
    assert not entry.is_signer


@pytest.mark.parametrize(
    ("chain", "problem"),
    [
        ((Authority(number=2).certificate,), "broken-chain"),
        ((), "authority-missing"),
        ((b"x",), "broken-chain"),
    ],
)
def test_a_signer_whom_no_authority_signed_is_barred(chain: tuple[bytes, ...], problem: str) -> None:
    [entry] = read(method(SIGNER, *chain))
    assert (entry.problems[-1:], entry.is_signer, entry.authority) == ((problem,), False, None)


def test_a_signer_vouches_for_no_other_signer() -> None:
    """Its key did sign the certificate, and it is no authority."""
    pretender = Authority(number=5)
    as_signer = pretender.certify(pretender.name, pretender.key.public_key(), NOW - YEAR_AGO, NOW + YEAR_AGO)
    [entry] = read(method(pretender.signer(6), as_signer))
    assert "broken-chain" in entry.problems


def test_an_authority_elsewhere_in_the_list_is_found() -> None:
    entries = read(method(SIGNER), method(AUTHORITY.certificate, usage="CSCA"))
    assert [(entry.usage, entry.authority) for entry in entries] == [
        ("DSC", AUTHORITY.certificate),
        ("SCA", None),
    ]


def test_what_is_no_certificate_bars_only_itself() -> None:
    other = method(AUTHORITY.signer(2), AUTHORITY.certificate, x5c=["AAAA"])
    entries = read(other, method(SIGNER, AUTHORITY.certificate))
    assert [entry.is_signer for entry in entries] == [False, True]


def test_a_certificate_that_stands_twice_and_a_wrong_key_identifier_are_told() -> None:
    entries = read(
        method(SIGNER, AUTHORITY.certificate),
        method(SIGNER, AUTHORITY.certificate, country="XBB"),
        method(AUTHORITY.signer(2), AUTHORITY.certificate, kid="AAAAAAAAAAA="),
    )
    assert ["duplicate" in entry.problems for entry in entries] == [False, True, False]
    assert "kid-differs" in entries[2].problems


def test_references_to_the_same_server_are_followed_and_each_is_verified() -> None:
    """Threat I5: each link is checked on its own."""
    part = NETWORK.document(method(SIGNER, AUTHORITY.certificate), path="v2:trustlist:DCC")
    root = NETWORK.document(f"{HOST}:v2:trustlist:DCC", "did:web:elsewhere.example", path="v2:trustlist-ref")
    verified = verify(root, fetch=served({"https://lists.example/v2/trustlist/DCC/did.json": part}))
    assert [entry.certificate for entry in verified.trust_list.certificates] == [SIGNER]
    assert verified.trust_list.remarks == (
        "did:web:elsewhere.example: refers to another server, which is a list of its own",
    )
    forged = Network(secret=78).document(method(SIGNER), path="v2:trustlist:DCC")
    with pytest.raises(InvalidSignatureError):
        verify(root, fetch=served({"https://lists.example/v2/trustlist/DCC/did.json": forged}))


def test_references_in_a_circle_end_where_they_began() -> None:
    """Threat I5."""
    root = NETWORK.document(f"{HOST}:v2:a", path="v2:trustlist-ref")
    back = NETWORK.document(f"{HOST}:v2:trustlist-ref", f"{HOST}:v2:a", path="v2:a")
    assert (
        verify(root, fetch=served({"https://lists.example/v2/a/did.json": back})).trust_list.certificates
        == ()
    )


def test_a_chain_of_references_a_thousand_long_is_refused() -> None:
    """Threat I5: depth is bounded."""
    asked: list[str] = []

    def endless(url: str) -> bytes:
        asked.append(url)
        number = len(asked)
        return content(NETWORK.document(f"{HOST}:v2:n{number + 1}", path=f"v2:n{number}"))

    root = NETWORK.document(f"{HOST}:v2:n1", path="v2:trustlist-ref")
    with pytest.raises(TrustListError, match="more than 6 levels"):
        verify(root, fetch=endless)
    assert len(asked) == 6


def test_nothing_is_fetched_for_a_list_that_nobody_believed_yet() -> None:
    """Threat I4: a forged list makes no request."""
    asked: list[str] = []

    def fetch(url: str) -> bytes:
        asked.append(url)
        return b""

    forged = Network(secret=78).document(f"{HOST}:v2:a", path="v2:trustlist-ref")
    with pytest.raises(InvalidSignatureError):
        verify(forged, fetch=fetch)
    assert asked == []


def test_a_document_under_anothers_name_is_refused() -> None:
    root = NETWORK.document(f"{HOST}:v2:a", path="v2:trustlist-ref")
    other = NETWORK.document(path="v2:b")
    with pytest.raises(TrustListError, match="says that it is"):
        verify(root, fetch=served({"https://lists.example/v2/a/did.json": other}))


def test_an_older_version_of_a_list_is_told_from_a_newer() -> None:
    """Threat I4: replaced by an older version."""
    new = verify(embedded()).trust_list
    old = verify(Network(created=NOW - YEAR_AGO).document(method(SIGNER, AUTHORITY.certificate))).trust_list
    check_not_older(new, old)
    check_not_older(new, new)
    with pytest.raises(OlderListError, match="older than the one in force"):
        check_not_older(old, new)


@pytest.mark.parametrize(
    ("host", "is_test"), [("tng-cdn-dev", True), ("tng-cdn-uat", True), ("tng-cdn", False)]
)
def test_a_list_of_the_development_system_is_known_by_its_server(host: str, is_test: bool) -> None:
    """Threat I6."""
    document = embedded() | {"id": f"did:web:{host}.who.example:v2:trustlist"}
    assert read_list(Material({"a": content(document)}), now=NOW).is_test is is_test


@pytest.mark.parametrize(
    "members", [{"id": "did:key:z6Mk"}, {"verificationMethod": "did:web:x"}, {"proof": {}}]
)
def test_a_document_of_another_form_is_refused(members: JSONObject) -> None:
    with pytest.raises(MalformedValueError):
        read_list(Material({"a": content({**embedded(), **members})}), now=NOW)


YEAR_AGO = timedelta(days=365)


def read(*methods: JSONObject) -> tuple[CertificateEntry, ...]:
    return read_list(Material({"a": content(NETWORK.document(*methods))}), now=NOW).certificates


def served(documents: Mapping[str, JSONObject]) -> Callable[[str], bytes]:
    return lambda url: content(documents[url])


EMBEDDED = embedded()
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20) | st.just("AAAA"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(
    member=st.sampled_from(["id", "type", "publicKeyJwk", "domain", "participant", "keyusage", "controller"]),
    key=st.sampled_from(["kid", "x5c", "crv", "x", "y", "kty"]),
    value=JSON,
    other=JSON,
)
def test_whatever_stands_in_a_list_is_read_or_refused_by_name(
    member: str, key: str, value: JSONValue, other: JSONValue
) -> None:
    changed = method(SIGNER, AUTHORITY.certificate, **{key: value})
    document = {**EMBEDDED, "verificationMethod": [changed, {**changed, member: other}, other]}
    try:
        trust_list = read_list(Material({"a": content(document)}), now=NOW)
    except MalformedError:
        return
    assert all(entry.country is not None for entry in trust_list.certificates)
    audit(trust_list, at=NOW)
