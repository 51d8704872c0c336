"""vclib.certificates: a chain leads to an anchor and its leaf may sign, or it is refused."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest

from tests.protocols.oid4vp_parties import NOW, Certificates, certificates
from vclib.certificates import CertificateError, validate_chain

CHAIN = certificates("venue.example", "www.venue.example")


def test_the_leaf_of_a_chain_tells_its_key_and_names() -> None:
    leaf = validate_chain([CHAIN.leaf], anchors=[CHAIN.anchor], at=NOW)
    assert leaf.dns_names == ("venue.example", "www.venue.example")
    assert leaf.public_key == CHAIN.key.public_key
    assert leaf.sha256 == hashlib.sha256(CHAIN.leaf).digest()
    assert leaf.subject == "CN=Venue"


def test_a_chain_may_carry_its_anchor() -> None:
    assert validate_chain([CHAIN.leaf, CHAIN.anchor], anchors=[CHAIN.anchor], at=NOW)


def test_a_leaf_among_the_anchors_needs_no_chain() -> None:
    assert validate_chain([CHAIN.leaf], anchors=[CHAIN.leaf], at=NOW).subject == "CN=Venue"


@pytest.mark.parametrize("days", [-101, 91])
def test_a_certificate_out_of_its_time_is_refused(days: int) -> None:
    for anchors in ([CHAIN.anchor], [CHAIN.leaf]):
        with pytest.raises(CertificateError, match="not in force"):
            validate_chain([CHAIN.leaf], anchors=anchors, at=NOW + timedelta(days=days))


@pytest.mark.parametrize(
    ("chain", "message"),
    [
        (certificates("venue.example", is_ca=True), "found one of a certificate authority"),
        (certificates("venue.example", may_sign=False), "may not be used for signatures"),
        (certificates("venue.example", issuer_key=2), "does not lead to a trusted authority"),
    ],
)
def test_a_leaf_that_may_not_sign_is_refused(chain: Certificates, message: str) -> None:
    with pytest.raises(CertificateError, match=message):
        validate_chain([chain.leaf], anchors=[chain.anchor], at=NOW)


@pytest.mark.parametrize(
    "chain",
    [[], [CHAIN.leaf] * 7, [b""], [b"\x30\x00"], [CHAIN.leaf[:-1]], [CHAIN.leaf + b"\x00"], [bytes(20_000)]],
)
def test_what_is_no_chain_is_refused(chain: list[bytes]) -> None:
    with pytest.raises(CertificateError):
        validate_chain(chain, anchors=[CHAIN.anchor], at=NOW)


def test_without_anchors_nothing_is_trusted() -> None:
    with pytest.raises(CertificateError, match="no certificate authority is trusted"):
        validate_chain([CHAIN.leaf], anchors=[], at=NOW)


def test_an_anchor_is_no_leaf() -> None:
    with pytest.raises(CertificateError, match="found one of a certificate authority"):
        validate_chain([CHAIN.anchor], anchors=[CHAIN.anchor], at=NOW)
