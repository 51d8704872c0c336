"""What ecdsa-sd-2023 and bbs-2023 have in common: what verifies, and what every forger tries.

Threats C1, C4, C16, C19, D1 to D4, D6, D8.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vclib.cryptosuites import SELECTIVE_SUITES, SelectiveCryptosuite, is_selective
from vclib.encoding import decode_base64url, encode_base58btc, encode_base64url
from vclib.errors import (
    BaseProofPresentedError,
    CryptographicSecurityError,
    DataLossError,
    InvalidSignatureError,
    PointerError,
    ProofGenerationError,
    ProofVerificationError,
    UnsupportedCryptosuiteError,
    UnsupportedKeyError,
)
from vclib.jsonld import DEFAULT_CONTEXTS
from vclib.keys import KeyType, PrivateKey
from vclib.strict_json import JSONObject, JSONValue

KEYS = {
    "ecdsa-sd-2023": PrivateKey.from_secret_bytes(KeyType.P256, bytes(range(1, 33))),
    "bbs-2023": PrivateKey.from_secret_bytes(KeyType.BLS12_381_G2, bytes(range(1, 33))),
}
OTHER_KEYS = {
    "ecdsa-sd-2023": PrivateKey.from_secret_bytes(KeyType.P256, bytes(range(2, 34))),
    "bbs-2023": PrivateKey.from_secret_bytes(KeyType.BLS12_381_G2, bytes(range(2, 34))),
}
HMAC_KEY = bytes(range(32))
MANDATORY = ["/issuer", "/validUntil", "/credentialSubject/type"]
CHOSEN = ["/credentialSubject/givenName", "/credentialSubject/permanentResidentCard/lprCategory"]
EVERY = pytest.mark.parametrize("suite", list(SELECTIVE_SUITES.values()), ids=list(SELECTIVE_SUITES))


def _document(**subject: Any) -> dict[str, Any]:
    return {
        "@context": ["https://www.w3.org/ns/credentials/v2", "https://w3id.org/citizenship/v4rc1"],
        "type": ["VerifiableCredential", "PermanentResidentCardCredential"],
        "issuer": {"id": "did:example:issuer", "name": "Utopia"},
        "validFrom": "2026-01-01T00:00:00Z",
        "validUntil": "2027-01-01T00:00:00Z",
        "credentialSubject": {
            "type": ["PermanentResident", "Person"],
            "givenName": "JANE",
            "familyName": "SMITH",
            "birthDate": "1978-07-17",
            "permanentResidentCard": {
                "type": "PermanentResidentCard",
                "identifier": "83627465",
                "lprCategory": "C09",
            },
            **subject,
        },
    }


def _options(suite: SelectiveCryptosuite, **changes: Any) -> JSONObject:
    return {
        "type": "DataIntegrityProof",
        "cryptosuite": suite.name,
        "created": "2026-01-01T00:00:00Z",
        "verificationMethod": "did:example:issuer#key",
        "proofPurpose": "assertionMethod",
        **changes,
    }


def _base(suite: SelectiveCryptosuite, **subject: Any) -> JSONObject:
    return (
        suite.prepare_base_proof(
            _document(**subject),
            _options(suite),
            KEYS[suite.name],
            mandatory_pointers=MANDATORY,
            contexts=DEFAULT_CONTEXTS,
            hmac_key=HMAC_KEY,
        )
        .sign()
        .write()
    )


def _derived(suite: SelectiveCryptosuite, chosen: Any = CHOSEN, **subject: Any) -> tuple[Any, Any]:
    derived = suite.derive(
        _document(**subject), _base(suite, **subject), selective_pointers=chosen, contexts=DEFAULT_CONTEXTS
    )
    proof = derived.pop("proof")
    return derived, proof


def _verify(suite: SelectiveCryptosuite, document: Any, proof: Any) -> None:
    suite.verify_proof(document, proof, KEYS[suite.name].public_key, contexts=DEFAULT_CONTEXTS)


def _components(proof: Any) -> list[Any]:
    components: list[Any] = cbor2.loads(decode_base64url(proof["proofValue"][1:])[3:])
    return components


def _with_bytes(proof: Any, change: Callable[[bytes], bytes]) -> Any:
    decoded = decode_base64url(proof["proofValue"][1:])
    return {**proof, "proofValue": "u" + encode_base64url(change(decoded))}


def _with_components(proof: Any, components: list[Any]) -> Any:
    return _with_bytes(proof, lambda decoded: decoded[:3] + cbor2.dumps(components))


def _label_map_index(proof: Any) -> int:
    return next(index for index, component in enumerate(_components(proof)) if isinstance(component, dict))


def _leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(value, dict):
        return [
            leaf
            for name, below in value.items()
            if name != "@context"
            for leaf in _leaves(below, (*path, name))
        ]
    if isinstance(value, list):
        return [leaf for index, below in enumerate(value) for leaf in _leaves(below, (*path, index))]
    return [path]


# --- accept -----------------------------------------------------------------------------------------


@EVERY
def test_a_derived_credential_shows_what_was_asked_and_verifies(suite: SelectiveCryptosuite) -> None:
    document, proof = _derived(suite)
    assert document == {
        "@context": ["https://www.w3.org/ns/credentials/v2", "https://w3id.org/citizenship/v4rc1"],
        "type": ["VerifiableCredential", "PermanentResidentCardCredential"],
        "issuer": {"id": "did:example:issuer", "name": "Utopia"},
        "validUntil": "2027-01-01T00:00:00Z",
        "credentialSubject": {
            "type": ["PermanentResident", "Person"],
            "givenName": "JANE",
            "permanentResidentCard": {"type": "PermanentResidentCard", "lprCategory": "C09"},
        },
    }
    assert {name: value for name, value in proof.items() if name != "proofValue"} == _options(suite)
    _verify(suite, document, proof)


@EVERY
@pytest.mark.parametrize("chosen", [[], [""], ["/issuer"], ["/type"], ["/credentialSubject/birthDate"]])
def test_each_choice_verifies(suite: SelectiveCryptosuite, chosen: list[str]) -> None:
    """D3: nothing chosen is a choice, if something is mandatory."""
    document, proof = _derived(suite, chosen)
    _verify(suite, document, proof)


@EVERY
def test_everything_shown_is_the_document(suite: SelectiveCryptosuite) -> None:
    assert _derived(suite, [""])[0] == _document()


@EVERY
def test_nothing_mandatory_and_everything_mandatory_both_verify(suite: SelectiveCryptosuite) -> None:
    for mandatory, chosen in (([], ["/issuer"]), ([""], [])):
        base = (
            suite.prepare_base_proof(
                _document(),
                _options(suite),
                KEYS[suite.name],
                mandatory_pointers=mandatory,
                contexts=DEFAULT_CONTEXTS,
            )
            .sign()
            .write()
        )
        derived = suite.derive(_document(), base, selective_pointers=chosen, contexts=DEFAULT_CONTEXTS)
        proof = derived.pop("proof")
        _verify(suite, derived, proof)


@EVERY
def test_a_proof_without_a_time_verifies(suite: SelectiveCryptosuite) -> None:
    options = _options(suite)
    del options["created"]
    base = (
        suite.prepare_base_proof(
            _document(), options, KEYS[suite.name], mandatory_pointers=MANDATORY, contexts=DEFAULT_CONTEXTS
        )
        .sign()
        .write()
    )
    derived = suite.derive(_document(), base, selective_pointers=CHOSEN, contexts=DEFAULT_CONTEXTS)
    proof = derived.pop("proof")
    assert isinstance(proof, dict)
    assert "created" not in proof
    _verify(suite, derived, proof)


@EVERY
def test_nothing_that_is_given_is_changed(suite: SelectiveCryptosuite) -> None:
    document, options = _document(), _options(suite)
    before = json.dumps([document, options])
    base = (
        suite.prepare_base_proof(
            document, options, KEYS[suite.name], mandatory_pointers=MANDATORY, contexts=DEFAULT_CONTEXTS
        )
        .sign()
        .write()
    )
    suite.derive(document, base, selective_pointers=CHOSEN, contexts=DEFAULT_CONTEXTS)
    assert json.dumps([document, options]) == before


@EVERY
def test_the_base_proof_tells_its_mandatory_pointers(suite: SelectiveCryptosuite) -> None:
    assert suite.mandatory_pointers(_base(suite)) == tuple(MANDATORY)
    with pytest.raises(ProofVerificationError, match="base proof, found another header"):
        suite.mandatory_pointers(_derived(suite)[1])


@EVERY
def test_the_hidden_values_are_not_in_what_is_shown(suite: SelectiveCryptosuite) -> None:
    document, proof = _derived(suite)
    shown = json.dumps([document, proof]).encode() + decode_base64url(proof["proofValue"][1:])
    for hidden in (b"SMITH", b"1978-07-17", b"83627465", b'2026-01-01T00:00:00Z", "validUntil', HMAC_KEY):
        assert hidden not in shown


@EVERY
def test_both_suites_are_registered_as_selective(suite: SelectiveCryptosuite) -> None:
    assert is_selective(suite)
    assert SELECTIVE_SUITES[suite.name] is suite


LEAVES = {
    "/" + "/".join(map(str, leaf))
    for leaf in _leaves(_document())
    # Types go with every object that is shown.
    if "type" not in leaf
}


@EVERY
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_any_choice_shows_just_that_choice(suite: SelectiveCryptosuite, data: st.DataObject) -> None:
    mandatory = data.draw(st.lists(st.sampled_from(sorted(LEAVES)), unique=True))
    chosen = data.draw(st.lists(st.sampled_from(sorted(LEAVES)), unique=True, min_size=0 if mandatory else 1))
    base = (
        suite.prepare_base_proof(
            _document(),
            _options(suite),
            KEYS[suite.name],
            mandatory_pointers=mandatory,
            contexts=DEFAULT_CONTEXTS,
        )
        .sign()
        .write()
    )
    document: Any = suite.derive(_document(), base, selective_pointers=chosen, contexts=DEFAULT_CONTEXTS)
    proof = document.pop("proof")
    shown = {"/" + "/".join(map(str, leaf)) for leaf in _leaves(document)} & LEAVES
    # An identifier goes with its object.
    expected = {*mandatory, *chosen} | ({"/issuer/id"} if "/issuer/name" in {*mandatory, *chosen} else set())
    assert shown == expected
    _verify(suite, document, proof)


# --- base proofs stay with the holder ---------------------------------------------------------------


@EVERY
def test_a_base_proof_is_refused_by_the_verifier(suite: SelectiveCryptosuite) -> None:
    """D1."""
    with pytest.raises(
        BaseProofPresentedError, match=f"expected a derived proof, found an? {suite.name} base"
    ):
        _verify(suite, _document(), _base(suite))


@EVERY
def test_a_base_proof_is_told_from_a_derived_proof(suite: SelectiveCryptosuite) -> None:
    """D1."""
    base = _base(suite)
    assert suite.is_base_proof(base)
    assert not suite.is_base_proof(_derived(suite)[1])
    # Damaged, it is still what its holder must not show.
    assert suite.is_base_proof({**base, "proofValue": str(base["proofValue"])[:40]})
    values: list[JSONValue] = [None, 7, "", "u", "z2V0A", ["u2V0A"]]
    for value in values:
        assert not suite.is_base_proof({**base, "proofValue": value})
    assert not suite.is_base_proof({})


@EVERY
def test_a_derived_proof_cannot_be_derived_from(suite: SelectiveCryptosuite) -> None:
    document, proof = _derived(suite)
    with pytest.raises(ProofVerificationError, match="base proof, found another header"):
        suite.derive(document, proof, selective_pointers=[], contexts=DEFAULT_CONTEXTS)


# --- forging the document ---------------------------------------------------------------------------


# One replacement for each leaf of the derived document that is still a legal value there.
REPLACED: dict[tuple[Any, ...], Any] = {
    ("type", 0): "VerifiablePresentation",
    ("type", 1): "EmploymentAuthorizationDocumentCredential",
    ("issuer", "id"): "did:example:other",
    ("issuer", "name"): "Eutopia",
    ("validUntil",): "2099-01-01T00:00:00Z",
    ("credentialSubject", "type", 0): "EmployablePerson",
    ("credentialSubject", "type", 1): "EmployablePerson",
    ("credentialSubject", "givenName"): "JOHN",
    ("credentialSubject", "permanentResidentCard", "type"): "EmploymentAuthorizationDocument",
    ("credentialSubject", "permanentResidentCard", "lprCategory"): "C10",
}


@EVERY
def test_every_leaf_has_a_replacement(suite: SelectiveCryptosuite) -> None:
    assert set(_leaves(_derived(suite)[0])) == set(REPLACED)


@EVERY
@pytest.mark.parametrize("path", REPLACED, ids=lambda path: "/".join(map(str, path)))
def test_a_changed_value_is_refused(suite: SelectiveCryptosuite, path: tuple[Any, ...]) -> None:
    """C1: every shown claim is signed. Other types may also define other members, or none."""
    document, proof = _derived(suite)
    parent = document
    for token in path[:-1]:
        parent = parent[token]
    parent[path[-1]] = REPLACED[path]
    with pytest.raises((CryptographicSecurityError, ProofVerificationError, DataLossError)):
        _verify(suite, document, proof)


@EVERY
@pytest.mark.parametrize(
    ("name", "value"), [("familyName", "SMITH"), ("gender", "Female"), ("birthDate", "1978-07-17")]
)
def test_an_added_claim_is_refused(suite: SelectiveCryptosuite, name: str, value: str) -> None:
    """C1: neither a true nor an invented one can be added without its signature."""
    document, proof = _derived(suite)
    document["credentialSubject"][name] = value
    with pytest.raises((CryptographicSecurityError, ProofVerificationError)):
        _verify(suite, document, proof)


@EVERY
@pytest.mark.parametrize("path", ["givenName", "permanentResidentCard"])
def test_a_removed_claim_is_refused(suite: SelectiveCryptosuite, path: str) -> None:
    """D7: what was derived can only be shown as a whole."""
    document, proof = _derived(suite)
    del document["credentialSubject"][path]
    with pytest.raises((CryptographicSecurityError, ProofVerificationError)):
        _verify(suite, document, proof)


@EVERY
def test_a_forged_derivation_without_a_mandatory_statement_is_refused(suite: SelectiveCryptosuite) -> None:
    """D2: the holder drops `validUntil` and puts all indexes right; the hash that was signed says no."""
    document, proof = _derived(suite)
    del document["validUntil"]
    components = _components(proof)
    position = 2 if suite.name == "bbs-2023" else 4
    # The dropped statement is the last one in the sorted list: its subject's label sorts last.
    indexes = components[position]
    for dropped in indexes:
        forged = [index - (index > dropped) for index in indexes if index != dropped]
        components[position] = forged
        with pytest.raises((CryptographicSecurityError, ProofVerificationError)):
            _verify(suite, document, _with_components(proof, components))


@EVERY
def test_a_derivation_that_calls_a_mandatory_statement_optional_is_refused(
    suite: SelectiveCryptosuite,
) -> None:
    """D2."""
    document, proof = _derived(suite)
    components = _components(proof)
    position = 2 if suite.name == "bbs-2023" else 4
    components[position] = components[position][1:]
    with pytest.raises(ProofVerificationError, match="disclosed statements"):
        _verify(suite, document, _with_components(proof, components))


@EVERY
def test_statements_of_two_credentials_cannot_be_spliced(suite: SelectiveCryptosuite) -> None:
    """D6: the same issuer, time, and even HMAC key; the given name of one in the credential of the other."""
    one, one_proof = _derived(suite)
    two, two_proof = _derived(suite, givenName="JOAN", familyName="SMYTHE")
    _verify(suite, one, one_proof)
    _verify(suite, two, two_proof)
    ones, twos = _components(one_proof), _components(two_proof)
    for mask in range(1, 2 ** len(ones) - 1):
        mixed = [twos[index] if mask >> index & 1 else ones[index] for index in range(len(ones))]
        if mixed in (ones, twos):
            continue
        for document in (one, two):
            with pytest.raises((CryptographicSecurityError, ProofVerificationError)):
                _verify(suite, document, _with_components(one_proof, mixed))


# --- forging the proof ------------------------------------------------------------------------------


@EVERY
@pytest.mark.parametrize(
    "changes",
    [
        {"created": "2026-01-01T00:00:01Z"},
        {"verificationMethod": "did:example:issuer#other"},
        {"proofPurpose": "authentication"},
        {"domain": "https://venue.example"},
        {"challenge": "nonce"},
        {"expires": "2030-01-01T00:00:00Z"},
        {"id": "urn:x:proof"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_changed_proof_option_is_refused(suite: SelectiveCryptosuite, changes: dict[str, Any]) -> None:
    """C1, C19: every proof option is signed, also one that was not there."""
    document, proof = _derived(suite)
    with pytest.raises(InvalidSignatureError):
        _verify(suite, document, {**proof, **changes})


@EVERY
def test_a_removed_proof_option_is_refused(suite: SelectiveCryptosuite) -> None:
    """C1."""
    document, proof = _derived(suite)
    del proof["created"]
    with pytest.raises(InvalidSignatureError):
        _verify(suite, document, proof)


@EVERY
def test_a_proof_member_that_no_context_defines_is_refused(suite: SelectiveCryptosuite) -> None:
    """C19."""
    document, proof = _derived(suite)
    with pytest.raises(DataLossError, match="no accepted context defines the member 'comment'"):
        _verify(suite, document, {**proof, "comment": "x"})


@EVERY
def test_a_context_of_the_proofs_own_is_refused(suite: SelectiveCryptosuite) -> None:
    """C19."""
    document, proof = _derived(suite)
    with pytest.raises(ProofVerificationError, match="the proof's @context is not the document's"):
        _verify(suite, document, {**proof, "@context": ["https://www.w3.org/ns/credentials/v2"]})


@EVERY
def test_another_issuers_key_is_refused(suite: SelectiveCryptosuite) -> None:
    document, proof = _derived(suite)
    with pytest.raises(InvalidSignatureError):
        suite.verify_proof(document, proof, OTHER_KEYS[suite.name].public_key, contexts=DEFAULT_CONTEXTS)


@EVERY
def test_a_key_of_another_type_is_refused_before_any_arithmetic(suite: SelectiveCryptosuite) -> None:
    """C4."""
    document, proof = _derived(suite)
    other = next(key for name, key in KEYS.items() if name != suite.name)
    with pytest.raises(UnsupportedKeyError, match=f"{suite.name} needs a key of type"):
        suite.verify_proof(document, proof, other.public_key, contexts=DEFAULT_CONTEXTS)
    with pytest.raises(UnsupportedKeyError, match=f"{suite.name} needs a key of type"):
        suite.prepare_base_proof(
            _document(), _options(suite), other, mandatory_pointers=MANDATORY, contexts=DEFAULT_CONTEXTS
        ).sign().write()


@EVERY
def test_a_proof_of_another_suite_or_type_is_refused(suite: SelectiveCryptosuite) -> None:
    document, proof = _derived(suite)
    for changes in ({"cryptosuite": "ecdsa-rdfc-2019"}, {"type": "Ed25519Signature2020"}):
        with pytest.raises(UnsupportedCryptosuiteError, match="expected a proof of"):
            _verify(suite, document, {**proof, **changes})


@EVERY
@pytest.mark.parametrize(
    ("respell", "message"),
    [
        (
            lambda text: "z" + encode_base58btc(decode_base64url(text[1:])[:200]),
            "expected multibase prefix 'u'",
        ),
        (lambda text: text + "=", "without padding"),
        (lambda text: text + "\n", "without padding"),
        (lambda text: " " + text, "expected multibase prefix 'u'"),
        (lambda text: text.replace("_", "/") + "+", "without padding"),
        (lambda text: "", "expected a multibase string"),
        (lambda text: None, "expected proofValue to be a string"),
        (lambda text: 7, "expected proofValue to be a string"),
        (lambda text: [text], "expected proofValue to be a string"),
        (lambda text: "u", "another header"),
        (lambda text: "u2V0", "another header|not a whole number|cannot be a whole"),
    ],
)
def test_another_spelling_of_the_proof_value_is_refused(
    suite: SelectiveCryptosuite, respell: Callable[[str], Any], message: str
) -> None:
    """C16, D8."""
    document, proof = _derived(suite)
    with pytest.raises(ProofVerificationError, match=message):
        _verify(suite, document, {**proof, "proofValue": respell(proof["proofValue"])})


@EVERY
def test_a_missing_proof_value_is_refused(suite: SelectiveCryptosuite) -> None:
    """C2."""
    document, proof = _derived(suite)
    del proof["proofValue"]
    with pytest.raises(ProofVerificationError, match="expected proofValue to be a string, found none"):
        _verify(suite, document, proof)


@EVERY
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda decoded: decoded + b"\x00", "1 bytes follow"),
        (lambda decoded: decoded[:-1], "ends in the middle"),
        (lambda decoded: decoded[:3] + b"\x9f" + decoded[4:] + b"\xff", "indefinite length"),
        (lambda decoded: decoded[:3] + b"\x98\x05" + decoded[4:], "longer than it needs to be"),
        (lambda decoded: decoded[:3] + b"\xd9\xd9\xf7" + decoded[3:], "unsigned integers, bytes, text"),
        (lambda decoded: decoded[:3] + b"\x84" + decoded[4:], "follow the CBOR array|components"),
        (lambda decoded: decoded[:3] + b"\x86" + decoded[4:] + b"\x00", "array of 5 components"),
        (lambda decoded: decoded[:3], "ends in the middle"),
        (lambda decoded: b"\xd9\x5d\x7f" + decoded[3:], "another header"),
        (lambda decoded: b"\xd9\x5e\x01" + decoded[3:], "another header"),
    ],
)
def test_another_spelling_of_the_cbor_is_refused(
    suite: SelectiveCryptosuite, change: Callable[[bytes], bytes], message: str
) -> None:
    """D8: header, definite and shortest lengths, five components, nothing after the end."""
    document, proof = _derived(suite)
    with pytest.raises(ProofVerificationError, match=message):
        _verify(suite, document, _with_bytes(proof, change))


@EVERY
def test_a_component_of_another_kind_is_refused(suite: SelectiveCryptosuite) -> None:
    """D8."""
    document, proof = _derived(suite)
    components = _components(proof)
    for index in range(len(components)):
        wrongs: list[Any] = [7, "text", ["text"], {7: "text"}, [[]], {7: []}]
        for wrong in wrongs:
            forged = [*components[:index], wrong, *components[index + 1 :]]
            with pytest.raises(ProofVerificationError, match=r"^proofValue: expected|the proof's label map"):
                _verify(suite, document, _with_components(proof, forged))


@EVERY
def test_a_label_map_with_other_entries_is_refused(suite: SelectiveCryptosuite) -> None:
    """D6, D8: an entry too many, too few, for another node, or one label twice."""
    document, proof = _derived(suite)
    components = _components(proof)
    at = _label_map_index(proof)
    labels = components[at]
    assert sorted(labels) == [0, 1, 2]
    for forged in (
        {**labels, 3: labels[0]},
        {0: labels[0], 1: labels[1]},
        {0: labels[0], 1: labels[1], 5: labels[2]},
        {0: labels[0], 1: labels[0], 2: labels[2]},
        {},
    ):
        with pytest.raises(ProofVerificationError, match="the proof's label map"):
            _verify(
                suite, document, _with_components(proof, [*components[:at], forged, *components[at + 1 :]])
            )


@EVERY
def test_swapped_labels_are_refused(suite: SelectiveCryptosuite) -> None:
    """D6: the labels say which statements are about one node."""
    document, proof = _derived(suite)
    components = _components(proof)
    at = _label_map_index(proof)
    labels = components[at]
    for one, two in ((0, 1), (0, 2), (1, 2)):
        forged = {**labels, one: labels[two], two: labels[one]}
        with pytest.raises((CryptographicSecurityError, ProofVerificationError)):
            _verify(
                suite, document, _with_components(proof, [*components[:at], forged, *components[at + 1 :]])
            )


@EVERY
def test_indexes_in_another_order_are_refused(suite: SelectiveCryptosuite) -> None:
    """D7, D8: one spelling for one set of indexes."""
    document, proof = _derived(suite)
    components = _components(proof)
    position = 2 if suite.name == "bbs-2023" else 4
    indexes = components[position]
    for forged in (indexes[::-1], [*indexes, indexes[-1]], [*indexes, 2**40]):
        components[position] = forged
        with pytest.raises(ProofVerificationError, match="expected ascending mandatory indexes below 12"):
            _verify(suite, document, _with_components(proof, components))


@EVERY
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_one_flipped_bit_of_the_proof_value_is_refused(
    suite: SelectiveCryptosuite, data: st.DataObject
) -> None:
    """C1."""
    document, proof = _flip_target(suite)
    decoded = bytearray(decode_base64url(proof["proofValue"][1:]))
    bit = data.draw(st.integers(0, 8 * len(decoded) - 1))
    decoded[bit // 8] ^= 1 << bit % 8
    with pytest.raises((CryptographicSecurityError, ProofVerificationError)):
        _verify(suite, document, {**proof, "proofValue": "u" + encode_base64url(bytes(decoded))})


def _flip_target(suite: SelectiveCryptosuite) -> tuple[Any, Any]:
    document, proof = FLIP_TARGETS[suite.name]
    return document, proof


FLIP_TARGETS = {name: _derived(suite) for name, suite in SELECTIVE_SUITES.items()}


# --- issuing and deriving ---------------------------------------------------------------------------


@EVERY
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"type": "Other"}, "proof options are unfit: expected a proof of type DataIntegrityProof"),
        ({"cryptosuite": "ecdsa-rdfc-2019"}, "proof options are unfit: expected a proof of cryptosuite"),
        ({"created": "yesterday"}, "proof options are unfit: the proof's created"),
        ({"proofValue": "u"}, "proof options already carry a proofValue"),
    ],
)
def test_unfit_options_are_refused(suite: SelectiveCryptosuite, changes: Any, message: str) -> None:
    with pytest.raises(ProofGenerationError, match=message):
        suite.prepare_base_proof(
            _document(),
            _options(suite, **changes),
            KEYS[suite.name],
            mandatory_pointers=MANDATORY,
            contexts=DEFAULT_CONTEXTS,
        ).sign().write()


@EVERY
def test_an_hmac_key_of_another_length_is_refused(suite: SelectiveCryptosuite) -> None:
    with pytest.raises(ProofGenerationError, match="expected an HMAC key of 32 bytes, found 31"):
        suite.prepare_base_proof(
            _document(),
            _options(suite),
            KEYS[suite.name],
            mandatory_pointers=MANDATORY,
            contexts=DEFAULT_CONTEXTS,
            hmac_key=bytes(31),
        ).sign().write()


@EVERY
@pytest.mark.parametrize("pointer", ["/nothing", "/credentialSubject/type/2", "issuer", "/~2"])
def test_a_pointer_that_fits_nothing_is_refused(suite: SelectiveCryptosuite, pointer: str) -> None:
    """D4, for issuer and holder."""
    with pytest.raises(PointerError):
        suite.prepare_base_proof(
            _document(),
            _options(suite),
            KEYS[suite.name],
            mandatory_pointers=[*MANDATORY, pointer],
            contexts=DEFAULT_CONTEXTS,
        ).sign().write()
    with pytest.raises(PointerError):
        _derived(suite, [pointer])


@EVERY
def test_nothing_to_show_is_refused(suite: SelectiveCryptosuite) -> None:
    """D3."""
    base = (
        suite.prepare_base_proof(
            _document(), _options(suite), KEYS[suite.name], mandatory_pointers=[], contexts=DEFAULT_CONTEXTS
        )
        .sign()
        .write()
    )
    with pytest.raises(ProofGenerationError, match="nothing is mandatory and nothing was chosen"):
        suite.derive(_document(), base, selective_pointers=[], contexts=DEFAULT_CONTEXTS)


@EVERY
def test_a_document_that_loses_a_mandatory_member_cannot_be_derived_from(suite: SelectiveCryptosuite) -> None:
    """D2."""
    document = _document()
    del document["validUntil"]
    with pytest.raises(PointerError, match="'/validUntil' selects nothing"):
        suite.derive(document, _base(suite), selective_pointers=CHOSEN, contexts=DEFAULT_CONTEXTS)


@EVERY
def test_a_document_with_another_number_of_statements_cannot_be_derived_from(
    suite: SelectiveCryptosuite,
) -> None:
    document = _document(gender="Female")
    with pytest.raises(ProofGenerationError, match="the base proof"):
        suite.derive(document, _base(suite), selective_pointers=CHOSEN, contexts=DEFAULT_CONTEXTS)


@EVERY
def test_two_base_proofs_of_one_document_share_no_secret(suite: SelectiveCryptosuite) -> None:
    """D9, D12: HMAC key, and with it the labels, are made for each credential."""
    bases = [
        suite.prepare_base_proof(
            _document(),
            _options(suite),
            KEYS[suite.name],
            mandatory_pointers=MANDATORY,
            contexts=DEFAULT_CONTEXTS,
        )
        .sign()
        .write()
        for _ in range(2)
    ]
    position = 3 if suite.name == "bbs-2023" else 2
    first, second = (_components(base)[position] for base in bases)
    assert len(first) == len(second) == 32
    assert first != second
