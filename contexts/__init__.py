"""The JSON-LD context documents this system will ever load: data with digests, no logic.

A context decides what every member of a signed document means, so whoever chooses the context chooses
the meaning. Nothing is fetched: a URL outside this table is refused, and a file that differs from the
digest it was pinned with is refused (https://www.w3.org/TR/vc-data-integrity/#validating-contexts,
https://www.w3.org/TR/vc-data-model-2.0/#base-context). Sources and licences: README.md beside this file.
Which of these contexts a program *accepts* is policy and is decided in `vclib.jsonld`.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from types import MappingProxyType

__all__ = [
    "CONTEXTS",
    "ContextDigestError",
    "PinnedContext",
    "digest_multibase",
    "digest_sri",
    "read_context",
    "verify_all",
]


class ContextDigestError(Exception):
    """A context file is missing or is not the one that was pinned."""


@dataclass(frozen=True)
class PinnedContext:
    """One context document: its URL, the file that holds it, and the file's SHA-256 (hexadecimal).

    `catch_all` marks a context that sets a default vocabulary: under it any member whatever is "defined",
    so a misspelt or invented one is signed without anybody having said what it means.
    """

    url: str
    file: str
    sha256: str
    catch_all: bool = False


_PINNED = (
    PinnedContext(
        "https://cowin.gov.in/credentials/vaccination/v1",
        "divoc-vaccination-v1.jsonld",
        "cbf00fff6dcf65fe87901539bd62fc7979cb182b43818f02cbc02d1d1d27f2a3",
    ),
    PinnedContext(
        "https://divoc.dev/credentials/vaccination/v1",
        "divoc-vaccination-v1.jsonld",
        "cbf00fff6dcf65fe87901539bd62fc7979cb182b43818f02cbc02d1d1d27f2a3",
    ),
    PinnedContext(
        "https://w3id.org/citizenship/v1",
        "citizenship-v1.jsonld",
        "9ffdc9e92801959e8f7416744aca720d06e0a4702dd83043c02c74700c161d93",
    ),
    PinnedContext(
        "https://w3id.org/citizenship/v2",
        "citizenship-v2.jsonld",
        "4b50a8580f99ddb2df2ad94e93eee1725f6c185a34306e1c98f4d631b160a9fc",
    ),
    PinnedContext(
        "https://w3id.org/citizenship/v3",
        "citizenship-v3.jsonld",
        "b8fa8872d5af1686f13c1d17a663a78334a93becba1407c41548f10b515ad7fa",
    ),
    PinnedContext(
        "https://w3id.org/citizenship/v4rc1",
        "citizenship-v4rc1.jsonld",
        "5038c7383afd7ab2158f1b997913a8f60978a0abcf96e0b0d08e29f146d2db1e",
    ),
    PinnedContext(
        "https://w3id.org/ddcc/v1",
        "ddcc-v1.jsonld",
        "9f908c8127eeb37757b97f8ef119dd0c4e723371f2be51b60b2de5e0ab68eaf7",
    ),
    PinnedContext(
        "https://w3id.org/ddcc/recognition/v1",
        "ddcc-recognition-v1.jsonld",
        "1c596f9ca3542362b33039a8831a716d531281f7f0cdebd869d91619e5944d13",
    ),
    PinnedContext(
        "https://w3id.org/security/bbs/v0.1",
        "bbs-v0.1.jsonld",
        "e5c7571699ce82ae1090fc03090ddfe81eb5cbefdeeef5bbfe4596cdb1fad1ea",
    ),
    PinnedContext(
        "https://w3id.org/security/bbs/v1",
        "bbs-v1.jsonld",
        "65f03b15242ee97861039faec7a73297da4dd6880257fe4fd18edf1fc363a58d",
    ),
    PinnedContext(
        "https://w3id.org/security/data-integrity/v1",
        "data-integrity-v1.jsonld",
        "b5d829bd09aa7c42abc6efa0c8ed7635313b5487f37ccfce3ecd149ca9418554",
    ),
    PinnedContext(
        "https://w3id.org/security/data-integrity/v2",
        "data-integrity-v2.jsonld",
        "67f21e6e33a6c14e5ccfd2fc7865f7474fb71a04af7e94136cb399dfac8ae8f4",
    ),
    PinnedContext(
        "https://w3id.org/security/jwk/v1",
        "jwk-v1.jsonld",
        "0f14b62f6071aafe00df265770ea0c7508e118247d79b7d861a406d2aa00bece",
    ),
    PinnedContext(
        "https://w3id.org/security/multikey/v1",
        "multikey-v1.jsonld",
        "ba2c182de2d92f7e47184bcca8fcf0beaee6d3986c527bf664c195bbc7c58597",
    ),
    PinnedContext(
        "https://w3id.org/security/suites/ed25519-2020/v1",
        "ed25519-2020-v1.jsonld",
        "b9e1ab971fd8bf2c7553e0c4a9438e0b9450afde1ea1ca5b2492368b9f549588",
    ),
    PinnedContext(
        "https://w3id.org/security/suites/jws-2020/v1",
        "jws-2020-v1.jsonld",
        "d648e05ddc6577827ca2bfd5e931f53e9ebc6e52a57a8da81df4ec8c46ffcd1e",
    ),
    PinnedContext(
        "https://w3id.org/security/v1",
        "security-v1.jsonld",
        "abaf97e107d1925503c433dcaf3ffd2831697cacc1ed2a293e1bc8030d5bcb47",
    ),
    PinnedContext(
        "https://w3id.org/security/v2",
        "security-v2.jsonld",
        "611bd81151d5efe53ec9aed78f5a813e577287bc9451ee26d6879b1b8b46bc3b",
    ),
    PinnedContext(
        "https://w3id.org/vaccination/v1",
        "vaccination-v1.jsonld",
        "7ac5b56ba313ee3b8dc0ff445f3c256d8921ec05f4db20219b1c6fb4aae5760c",
    ),
    PinnedContext(
        "https://w3id.org/vc-revocation-list-2020/v1",
        "revocation-list-2020-v1.jsonld",
        "9fe1e5bd6d2f709e4628947c86455f2d97204e07ed7b7ae51d559e35e5238e9d",
    ),
    PinnedContext(
        "https://w3id.org/vc/status-list/2021/v1",
        "status-list-2021-v1.jsonld",
        "6dd06a52bedb771e059c1083ba8ba7848dce22f6b4a8cfa0b98ba3fc188870e4",
    ),
    PinnedContext(
        "https://w3id.org/vdl/v1",
        "vdl-v1.jsonld",
        "cffad76ba3d700ce7aa4007602e5996210e834dd1cb6074de762264eac939d3d",
    ),
    PinnedContext(
        "https://www.w3.org/2018/credentials/examples/v1",
        "credentials-examples-v1.jsonld",
        "2070ae4e75bc3b4c2cfe2b8b6e86ec45119672bbb5da283f0399ea96c60a0104",
    ),
    PinnedContext(
        "https://www.w3.org/2018/credentials/v1",
        "credentials-v1.jsonld",
        "ab4ddd9a531758807a79a5b450510d61ae8d147eab966cc9a200c07095b0cdcc",
    ),
    PinnedContext(
        "https://www.w3.org/ns/cid/v1",
        "cid-v1.jsonld",
        "ea216ecc1cb02cd39b693dba2250141e270ba0bf95890be107dd9a9e8e43de85",
    ),
    PinnedContext(
        "https://www.w3.org/ns/credentials/examples/v2",
        "credentials-examples-v2.jsonld",
        "57393fbc69d6efb9b9b5dc9cb6b9880b0944360abfe2eaf459c9e58cf2279d7c",
        catch_all=True,
    ),
    PinnedContext(
        "https://www.w3.org/ns/credentials/status/v1",
        "bitstring-status-list-v1.jsonld",
        "fda5add353231e6a6884a46b12e6c75464281900cb348284d9c360f62381d9f7",
    ),
    PinnedContext(
        "https://www.w3.org/ns/credentials/undefined-terms/v2",
        "credentials-undefined-terms-v2.jsonld",
        "82dab514ba44eb18f5d1b0f638c5e140c6a556fbfb5089601bdc0fa5eb8b2581",
        catch_all=True,
    ),
    PinnedContext(
        "https://www.w3.org/ns/credentials/v2",
        "credentials-v2.jsonld",
        "59955ced6697d61e03f2b2556febe5308ab16842846f5b586d7f1f7adec92734",
    ),
    PinnedContext(
        "https://www.w3.org/ns/did/v1",
        "did-v1.jsonld",
        "4f3eae5568c9c5f036a082088f9e192019ee06faa78973c87ff91d5421b88dad",
    ),
    PinnedContext(
        "https://www.w3.org/ns/did/v1.1",
        "did-v1.1.jsonld",
        "ea216ecc1cb02cd39b693dba2250141e270ba0bf95890be107dd9a9e8e43de85",
    ),
    PinnedContext(
        "https://www.w3.org/ns/odrl.jsonld",
        "odrl.jsonld",
        "88e7f9f9048f7c4997ecdd09dd82f864f92eb267ef3d4297dd7db971132583c1",
    ),
)

CONTEXTS: Mapping[str, PinnedContext] = MappingProxyType({context.url: context for context in _PINNED})


def read_context(url: str) -> bytes:
    """Return the bytes of the context document of `url`.

    Raises KeyError for a URL that is not in the table, ContextDigestError if the file was altered.
    """
    pinned = CONTEXTS[url]
    try:
        content = resources.files(__name__).joinpath(pinned.file).read_bytes()
    except OSError as err:
        raise ContextDigestError(f"the context file {pinned.file} cannot be read: {err.strerror}") from err
    found = hashlib.sha256(content).hexdigest()
    if found != pinned.sha256:
        raise ContextDigestError(
            f"the context file {pinned.file} for {url} was altered: "
            f"expected SHA-256 {pinned.sha256}, found {found}"
        )
    return content


def verify_all() -> None:
    """Check every file against its digest; programs call this before anything else.

    Raises ContextDigestError naming the first file that differs.
    """
    for url in CONTEXTS:
        read_context(url)


def digest_multibase(url: str) -> str:
    """Return the pinned digest as `digestMultibase`: base64url multibase ("u") of the SHA-256 multihash.

    For https://www.w3.org/TR/vc-data-model-2.0/#integrity-of-related-resources. Raises KeyError.
    """
    # 0x12 names SHA-256 in the multihash table, 0x20 its length of 32 bytes.
    multihash = b"\x12\x20" + bytes.fromhex(CONTEXTS[url].sha256)
    return "u" + base64.urlsafe_b64encode(multihash).rstrip(b"=").decode("ascii")


def digest_sri(url: str) -> str:
    """Return the pinned digest as `digestSRI`, e.g. "sha256-WZVc...=". Raises KeyError."""
    return "sha256-" + base64.b64encode(bytes.fromhex(CONTEXTS[url].sha256)).decode("ascii")
