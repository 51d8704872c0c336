"""The wallet's way to the network, made once and handed to whatever talks: exchanges, DIDs, status lists.

Not here: what is said (`wallet.issuer_client`, `wallet.verifier_client`, `wallet.exchanging`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from runtime.exchange import Exchange
from vclib.cid import Resolve
from vclib.did import resolver


@dataclass(frozen=True)
class Network:
    """`exchange` sends, `fetch` reads the bytes of a URL, `resolve` finds DID documents.

    `trust_anchors` are certificates in DER that may vouch for a verifier. With `allow_loopback` also servers
    on this machine are talked to, for development.
    """

    exchange: Exchange
    fetch: Callable[[str], bytes]
    resolve: Resolve = field(default_factory=resolver)
    trust_anchors: Sequence[bytes] = ()
    allow_loopback: bool = False
