"""Digests of related resources: their forms, and what they are compared with."""

from __future__ import annotations

from typing import Any

import pytest

from vclib.errors import MalformedValueError, RelatedResourceError
from vclib.related_resources import check_pinned_resources, digests_of, related_resources_of
from vclib.strict_json import JSONObject

# `printf hello | openssl dgst -sha256`; as a multihash it has the header 1220.
SHA256 = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
SRI_256 = "sha256-LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="
URL = "https://example.org/logo.png"


def _one(**members: Any) -> JSONObject:
    return {"relatedResource": {"id": URL, **members}}


@pytest.mark.parametrize(
    "members",
    [
        {"digestSRI": SRI_256},
        {"digestSRI": SRI_256.replace("+", "-")},
        {"digestSRI": SRI_256.rstrip("=") + "=?x"},
        {"digestSRI": f"{SRI_256} {SRI_256}"},
        {"digestSRI": [SRI_256]},
        {"digestMultibase": "uEiAs8k26X7CjDiboOyrFueKeGxYeXB-nQl5zBDNik4uYJA"},
        {"digestMultibase": "uLPJNul-wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ"},
        {"digestMultibase": "zQmRN6wdp1S2A5EtjW9A3M1vKSBuQQGcgvuhoMUoEz4iiT5"},
    ],
)
def test_the_right_bytes_have_the_digest_in_every_form(members: JSONObject) -> None:
    (resource,) = related_resources_of(_one(**members))
    assert {digest.hex() for _, digest in resource.digests} == {SHA256}
    resource.check(b"hello")


@pytest.mark.parametrize("content", [b"hello ", b"", b"Hello"])
def test_other_bytes_are_refused(content: bytes) -> None:
    (resource,) = related_resources_of(_one(digestSRI=SRI_256))
    with pytest.raises(
        RelatedResourceError, match=r"https://example\.org/logo\.png does not have the sha256"
    ):
        resource.check(content)


def test_every_digest_must_fit() -> None:
    (resource,) = related_resources_of(_one(digestSRI=f"{SRI_256} sha384-{'A' * 64}"))
    with pytest.raises(RelatedResourceError, match="sha384"):
        resource.check(b"hello")


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({}, "expected digestSRI or digestMultibase, found neither"),
        ({"digestSRI": "md5-XUFAKrxLKna5cZ2REBfFkg=="}, "digestSRI: expected sha256-"),
        ({"digestSRI": ""}, "digestSRI: expected sha256-"),
        ({"digestSRI": "sha256-AAAA"}, "a sha256 digest of 3 bytes"),
        ({"digestSRI": "sha256-A"}, "not base64"),
        ({"digestSRI": 5}, "digestSRI: expected a digest, found a number"),
        ({"digestSRI": []}, "digestSRI: expected a digest, found an array"),
        ({"digestMultibase": "mLPJN"}, "digestMultibase: expected multibase prefix"),
        ({"digestMultibase": "uAAAA"}, "digestMultibase: expected a SHA-256"),
        (
            {"digestMultibase": "uEiAs8k26X7CjDiboOyrFueKeGxYeXB-nQl5zBDNik4uY"},
            "digestMultibase: expected a SHA-256",
        ),
        (
            {"digestMultibase": "uEiAs8k26X7CjDiboOyrFueKeGxYeXB-nQl5zBDNik4uYJA="},
            "digestMultibase: expected base64url",
        ),
        ({"digestSRI": SRI_256, "mediaType": "picture"}, "mediaType: expected a media type"),
        ({"digestSRI": SRI_256, "id": "logo.png"}, "id: expected one absolute URL"),
    ],
)
def test_a_malformed_related_resource_is_refused(members: JSONObject, message: str) -> None:
    with pytest.raises(MalformedValueError, match=message):
        related_resources_of(_one(**members))


@pytest.mark.parametrize("value", [[URL], "https://example.org/logo.png", [], None])
def test_a_related_resource_is_an_object(value: object) -> None:
    with pytest.raises(MalformedValueError, match="relatedResource"):
        related_resources_of({"relatedResource": value})


def test_a_resource_listed_twice_is_refused() -> None:
    with pytest.raises(MalformedValueError, match=r"relatedResource\[1\]\.id: the resource is listed twice"):
        related_resources_of(
            {
                "relatedResource": [
                    {"id": URL, "digestSRI": SRI_256},
                    {"id": URL, "digestMultibase": "uEiAs8k26X7CjDiboOyrFueKeGxYeXB-nQl5zBDNik4uYJA"},
                ]
            }
        )


def test_what_is_not_pinned_is_left_for_whoever_has_the_bytes() -> None:
    resources = related_resources_of(_one(digestSRI=SRI_256))
    assert check_pinned_resources(resources) == resources


def test_an_object_without_a_digest_has_none() -> None:
    assert digests_of({"id": URL}, "credentialSchema.") == ()
