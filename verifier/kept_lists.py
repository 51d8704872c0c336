"""Status lists that were verified a moment ago, so that a check need not verify and inflate them again.

A list is recognised as the very object that was verified, so nothing that a document says of itself can
stand in for a verification; and it is forgotten after a short time, when the list or its proof ends, or when
the clock goes back, so that a key that was withdrawn does not count for longer than a kept DID document
would. Not here: fetching, and keeping copies (`verifier.caching`).
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from vclib.credentials import Credential
from vclib.datetimes import parse_datetime
from vclib.proofs import VerifiedProof
from vclib.status import StatusList, decode_list
from vclib.strict_json import JSONObject

_MAX_LISTS = 64
# Lists of eight million entries are inflated each time; of smaller ones this many bytes are kept in all.
_MAX_BITSTRING_BYTES = 1024 * 1024
_MAX_KEPT_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True, eq=False)
class _Kept:
    document: JSONObject
    credential: Credential
    since: datetime
    until: datetime


class KeptLists:
    """Verified lists, each for at most `lifetime`; a `vclib.environment.ListMemory`."""

    def __init__(self, lifetime: timedelta) -> None:
        self._lifetime = lifetime
        self._lists: OrderedDict[int, _Kept] = OrderedDict()
        self._bitstrings: OrderedDict[str, bytes] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def find(self, document: JSONObject, now: datetime) -> Credential | None:
        """Return the credential of a list that was verified shortly before `now`, None if it was not."""
        with self._lock:
            # The document is held here, so its identity cannot pass to another object.
            kept = self._lists.get(id(document))
        if kept is None or kept.document is not document or not kept.since <= now < kept.until:
            return None
        return kept.credential

    def keep(
        self, document: JSONObject, credential: Credential, proofs: Collection[VerifiedProof], now: datetime
    ) -> None:
        """Take note of a list that was verified at `now`."""
        ends = [now + self._lifetime]
        ends += [parse_datetime(proof.proof["expires"]) for proof in proofs if "expires" in proof.proof]
        if credential.valid_until is not None:
            ends.append(credential.valid_until)
        with self._lock:
            self._lists[id(document)] = _Kept(document, credential, now, min(ends))
            self._lists.move_to_end(id(document))
            while len(self._lists) > _MAX_LISTS:
                self._lists.popitem(last=False)

    def decode(self, encoded: object, *, status_size: int) -> StatusList:
        """Return what `encodedList` holds; raises what `vclib.status.decode_list` raises."""
        if not isinstance(encoded, str):
            return decode_list(encoded, status_size=status_size)
        with self._lock:
            bitstring = self._bitstrings.get(encoded)
        if bitstring is not None:
            return StatusList(bitstring, status_size)
        decoded = decode_list(encoded, status_size=status_size)
        if len(decoded.bitstring) <= _MAX_BITSTRING_BYTES:
            self._keep_bitstring(encoded, decoded.bitstring)
        return decoded

    def _keep_bitstring(self, encoded: str, bitstring: bytes) -> None:
        with self._lock:
            if encoded not in self._bitstrings:
                self._bitstrings[encoded] = bitstring
                self._bytes += len(bitstring)
            while self._bytes > _MAX_KEPT_BYTES:
                _, dropped = self._bitstrings.popitem(last=False)
                self._bytes -= len(dropped)
