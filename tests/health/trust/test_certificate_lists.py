"""EU lists, folders of certificates and plain lists of DIDs: what vouches for them, what is in them."""

from __future__ import annotations

import base64
from dataclasses import dataclass

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from health.trust import (
    KINDS,
    Material,
    Pins,
    TrustList,
    UnsignedListError,
    Verified,
    certificate_kid,
    read_list,
    read_public_key,
    verify_list,
)
from tests.trust_lists import (
    NOW,
    VACCINATION_USAGE,
    Authority,
    content,
    gateway_entry,
    pem,
    public_pem,
    signer_key,
)
from vclib.did import resolver
from vclib.errors import (
    ConfigurationError,
    InvalidSignatureError,
    KeyMaterialError,
    MalformedValueError,
    ParsingError,
)
from vclib.strict_json import JSONValue

AUTHORITY, OTHER = Authority(), Authority(country="XB", number=2)
SIGNER, STRANGER = AUTHORITY.signer(), OTHER.signer(2)
GATEWAY: list[JSONValue] = [
    gateway_entry(SIGNER),
    gateway_entry(AUTHORITY.certificate, kind="CSCA"),
    gateway_entry(AUTHORITY.signer(3), kind="UPLOAD"),
]


def read(**documents: bytes) -> TrustList:
    return read_list(Material(documents), now=NOW)


def verify(pins: Pins, **documents: bytes) -> Verified:
    return verify_list(Material(documents), pins, resolve=resolver(), now=NOW)


def usable(trust_list: TrustList) -> list[bytes]:
    return [entry.certificate for entry in trust_list.certificates if entry.is_signer]


def test_the_gateways_list_is_read() -> None:
    trust_list = read(a=content(GATEWAY))
    assert [entry.usage for entry in trust_list.certificates] == ["DSC", "SCA", "UPLOAD"]
    assert usable(trust_list) == [SIGNER]
    assert trust_list.certificates[0].kid == certificate_kid(SIGNER)
    assert trust_list.remarks == ("the list is not dated: an older one cannot be told from a newer",)


def test_a_list_whose_authorities_are_pinned_counts_as_far_as_they_signed() -> None:
    listed = content([*GATEWAY, gateway_entry(STRANGER), gateway_entry(OTHER.certificate, kind="CSCA")])
    verified = verify(Pins(anchors=(AUTHORITY.certificate,)), a=listed)
    assert usable(verified.trust_list) == [SIGNER]
    assert verified.trust_list.certificates[3].problems == ("authority-missing",)


def test_a_list_without_anything_pinned_is_refused() -> None:
    """Threat I4."""
    with pytest.raises(UnsignedListError, match="sha256:"):
        verify(Pins(), a=content(GATEWAY))


def test_a_list_is_taken_by_its_digest() -> None:
    digest = Material({"a": content(GATEWAY)}).sha256
    assert usable(verify(Pins(sha256=digest), a=content(GATEWAY)).trust_list) == [SIGNER]


@dataclass(frozen=True)
class _Backend:
    """A national backend that signs its list: a line with the signature, then the JSON."""

    key: ec.EllipticCurvePrivateKey

    def list(self, *, raw: bool) -> bytes:
        text = content({"certificates": GATEWAY})
        signature = self.key.sign(text, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
        if raw:
            r, s = decode_dss_signature(signature)
            signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")
        return base64.b64encode(signature) + b"\n" + text + b"\n"


@pytest.mark.parametrize("raw", [True, False])
def test_a_signed_list_of_a_backend_is_taken(raw: bool) -> None:
    backend = _Backend(signer_key(9))
    pins = Pins(publisher_key=public_pem(backend.key))
    assert usable(verify(pins, a=backend.list(raw=raw)).trust_list) == [SIGNER]


def test_a_backends_list_with_another_signature_is_refused() -> None:
    """Threat I4."""
    pins = Pins(publisher_key=public_pem(signer_key(9)))
    with pytest.raises(InvalidSignatureError):
        verify(pins, a=_Backend(signer_key(8)).list(raw=True))
    with pytest.raises(UnsignedListError, match="no signature before the list"):
        verify(pins, a=content({"certificates": GATEWAY}))


def test_an_entry_that_is_no_certificate_bars_only_itself() -> None:
    broken = gateway_entry(SIGNER) | {"rawData": "AAAA"}
    assert usable(read(a=content([broken, *GATEWAY]))) == [SIGNER]


@pytest.mark.parametrize("text", [b'["rawData"]', b'{"certificates": "rawData"}', b'rawData "rawData"'])
def test_a_list_of_another_shape_is_refused(text: bytes) -> None:
    with pytest.raises((MalformedValueError, ParsingError)):
        read(a=text)


def test_certificates_in_files_are_signers_or_authorities_by_what_they_say() -> None:
    limited = AUTHORITY.signer(4, usages=[VACCINATION_USAGE])
    trust_list = read(**{"a.pem": pem(SIGNER) + pem(AUTHORITY.certificate), "b.der": limited})
    assert [entry.usage for entry in trust_list.certificates] == ["DSC", "SCA", "DSC"]
    assert usable(trust_list) == [SIGNER, limited]
    assert trust_list.certificates[0].country == "XA"


def test_certificates_in_files_need_an_authority_or_a_digest() -> None:
    """Threat I4."""
    files = {"a.pem": pem(SIGNER) + pem(STRANGER)}
    with pytest.raises(UnsignedListError):
        verify(Pins(), **files)
    assert usable(verify(Pins(anchors=(AUTHORITY.certificate,)), **files).trust_list) == [SIGNER]


def test_a_file_that_holds_no_certificate_is_named() -> None:
    with pytest.raises(KeyMaterialError, match=r"b\.der: expected a certificate"):
        read(**{"a.pem": pem(SIGNER), "b.der": b"\x30\x82nothing"})


def test_a_plain_list_of_dids_counts_by_its_digest_only() -> None:
    """Threat I4."""
    text = content({"issuers": [{"id": "did:web:moh.example", "name": "Ministry"}]})
    [issuer] = read(a=text).issuers
    assert (issuer.id, issuer.name) == ("did:web:moh.example", "Ministry")
    with pytest.raises(UnsignedListError, match="not signed"):
        verify(Pins(publisher="did:web:x.example"), a=text)
    assert verify(Pins(sha256=Material({"a": text}).sha256), a=text).trust_list.issuers == (issuer,)


def test_a_plain_list_with_an_unknown_member_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="typ"):
        read(a=content({"issuers": [{"id": "did:web:moh.example", "name": "M", "typ": "x"}]}))


@pytest.mark.parametrize("text", [b"", b"hello", b"{}", b"[]", b"\x00\xff"])
def test_what_is_no_trust_list_is_named_as_such(text: bytes) -> None:
    with pytest.raises(MalformedValueError, match="expected a trust list"):
        read(a=text)


def test_every_kind_has_a_name_and_a_title() -> None:
    assert sorted(KINDS) == ["certificates", "dids", "eu", "gdhcn", "recognized-entities"]
    assert all(kind.title and kind.name == name for name, kind in KINDS.items())


@pytest.mark.parametrize("text", [b"", b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"])
def test_what_is_no_public_key_is_refused(text: bytes) -> None:
    with pytest.raises(KeyMaterialError):
        read_public_key(text)


def test_a_certificate_lends_its_public_key() -> None:
    assert read_public_key(pem(SIGNER)) == signer_key(1).public_key()
