"""Whatever a claim says, its signature holds for that text and for no other (B6)."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from vclib.cryptosuites import PLAIN_SUITES
from vclib.errors import InvalidSignatureError
from vclib.jsonld import DEFAULT_CONTEXTS
from vclib.keys import KeyType, PrivateKey
from vclib.strict_json import JSONObject, dump_json, parse_json_object

KEYS = {
    "eddsa": PrivateKey.from_secret_bytes(KeyType.ED25519, bytes(range(32))),
    "ecdsa": PrivateKey.from_secret_bytes(KeyType.P384, bytes(range(1, 49))),
}

# Any character that UTF-8 has, with the troublesome ones more often than chance would have them.
TEXTS = st.text(
    alphabet=st.one_of(
        st.characters(exclude_categories=["Cs"]),
        st.sampled_from('"\\\n\r\t\b\f\x00\x7f\u0085\u2028\ufeff\u202e\u0301e\u00e9\U0001f9ea'),
    ),
    max_size=20,
)


def document(text: str) -> JSONObject:
    return {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "id": "urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33",
        "description": text,
    }


@settings(max_examples=60, deadline=None)
@given(suite_name=st.sampled_from(sorted(PLAIN_SUITES)), text=TEXTS, other=TEXTS)
def test_signature_holds_for_one_text_only(suite_name: str, text: str, other: str) -> None:
    """B6, C1: through JSON text and back, and then with another text in its place."""
    suite, key = PLAIN_SUITES[suite_name], KEYS[suite_name[:5]]
    options: JSONObject = {"type": "DataIntegrityProof", "cryptosuite": suite_name}
    proof = suite.prepare_proof(document(text), options, key, contexts=DEFAULT_CONTEXTS).sign().write()
    received = parse_json_object(dump_json({**document(text), "proof": proof}))
    received_proof = received.pop("proof")
    assert isinstance(received_proof, dict)
    suite.verify_proof(received, received_proof, key.public_key, contexts=DEFAULT_CONTEXTS)
    if other == text:
        return
    try:
        suite.verify_proof(document(other), received_proof, key.public_key, contexts=DEFAULT_CONTEXTS)
    except InvalidSignatureError:
        return
    raise AssertionError(f"{other!r} passes for {text!r}")
