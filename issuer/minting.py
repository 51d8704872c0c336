"""Minting: prepare, sign, keep. Nothing is signed while the database waits.

*Prepare* reads: what is asked for, whether the record was minted before, free status positions. *Sign*
needs no database. *Keep* is one short transaction that begins with the lock every minting takes, looks once
more at what may have changed since, and writes record, positions, audit entry and copy together. A signed
credential whose position was taken meanwhile is thrown away and made anew; nothing leaves before it was
kept.

Not here: reading input files, files of credentials, status lists (`publishing`).
"""

from __future__ import annotations

import hashlib
import secrets
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from health import Record, record_to_json
from issuer.config import IssuerConfig
from issuer.keys import IssuerKeys
from issuer.lists import PURPOSES
from issuer.options import MintOptions, MintPlan, plan_minting
from issuer.publishing import ListPublisher
from issuer.signing import RecordSigner
from issuer.store import (
    Copy,
    IssuerReading,
    IssuerStore,
    IssuerWriting,
    StatusList,
    StatusPosition,
    StoredRecord,
    Waiting,
)
from vclib import jcs
from vclib.errors import ConfigurationError, RecordError, StoreError, VCError
from vclib.strict_json import JSONObject, dump_json, parse_json_object

# Letters and digits that are not mistaken for each other when read aloud; 12 of 32 are 60 random bits.
_ID_CHARACTERS = "abcdefghijkmnpqrstuvwxyz23456789"
_ID_LENGTH = 12

# How often positions are chosen anew because another writer was faster. Even at half full and with many
# writers a second time is rare.
_TRIES = 10

# What is done in one transaction with the keeping of a record, from its id.
Also = Callable[[IssuerWriting, str], None]


class DeliveredBeforeError(RecordError):
    """What was minted under this key was handed over and is not kept any more."""

    code = "delivered-before"


@dataclass(frozen=True)
class MintRequest:
    """One health record to mint: where it stood in the input, whose it is, and the file it goes to."""

    place: str
    record: Record
    holder: str | None
    file_name: str


@dataclass(frozen=True)
class Minted:
    """A credential that was signed and remembered; `suite`, `bound` and `revocable` say what it can do."""

    place: str
    record_id: str
    kind: str
    file_name: str
    credential: JSONObject
    suite: str
    bound: bool
    revocable: bool


@dataclass(frozen=True)
class NotMinted:
    """A record that was refused; the others of its batch are not touched by it."""

    place: str
    error: VCError


@dataclass(frozen=True)
class Signed:
    """A signed credential that nobody has yet; `text` is what is kept and handed over."""

    positions: tuple[StatusPosition, ...]
    stored: StoredRecord
    credential: JSONObject
    text: str


@dataclass(frozen=True)
class _Asked:
    """One request of a batch with its plan."""

    request: MintRequest
    plan: MintPlan
    record: str
    record_sha256: str
    mint_key: str | None = None


class PositionsTakenError(StoreError):
    """Another writer took a status position first; to be chosen and signed anew."""


class Minter:
    """Turns health records into credentials that are remembered."""

    def __init__(
        self,
        config: IssuerConfig,
        store: IssuerStore,
        keys: IssuerKeys | None,
        publisher: ListPublisher,
        random_below: Callable[[int], int] = secrets.randbelow,
    ) -> None:
        self._config = config
        self._store = store
        self._keys = keys
        self._publisher = publisher
        self._random_below = random_below

    def mint(
        self, requests: Sequence[MintRequest], options: MintOptions, *, now: datetime
    ) -> list[Minted | NotMinted]:
        """Sign the records and keep them together, each waiting for its file; give what became of each.

        A record that is refused does not stop the others. Raises ConfigurationError for options that no
        record could be minted with, StoreError where nothing was kept.
        """
        results: dict[int, Minted | NotMinted] = {}
        asked: dict[int, _Asked] = {}
        for number, request in enumerate(requests):
            try:
                asked[number] = self._ask(request, options, now)
            except RecordError as err:
                results[number] = NotMinted(request.place, err)
        signed = self._sign_all(asked, results, now)
        for _ in range(_TRIES if signed else 0):
            try:
                with self._store.writing() as work:
                    kept = self._keep_all(work, asked, signed, now)
            except PositionsTakenError:
                # Those that are still free are chosen and signed anew as well: this is rare.
                signed = self._sign_all({number: asked[number] for number in signed}, results, now)
            else:
                results |= kept
                break
        if len(results) < len(requests):
            raise StoreError("others keep taking the chosen status positions; nothing was changed")
        return [results[number] for number in range(len(requests))]

    def mint_once(
        self,
        key: str,
        request: MintRequest,
        options: MintOptions,
        *,
        now: datetime,
        by: str | None = None,
        also: Also | None = None,
    ) -> Minted:
        """Mint one record under a key: whoever asks again under it gets the credential minted first.

        The credential can be fetched that way for `copy_days` or until it is forgotten; DeliveredBeforeError
        afterwards. `also` is done in the transaction that keeps it, or in one of its own if it was minted
        before; what it raises leaves nothing. Raises RecordError and the like for a record that is refused,
        StoreError.
        """
        mint_key = hashlib.sha256(key.encode()).hexdigest()
        asked = replace(self._ask(request, options, now), mint_key=mint_key)
        with self._store.reading() as reading:
            earlier = self._minted_under(reading, asked, now)
        if earlier is not None:
            if also is not None:
                with self._store.writing() as work:
                    also(work, earlier.record_id)
            return earlier
        for _ in range(_TRIES):
            refused: dict[int, Minted | NotMinted] = {}
            signed = self._sign_all({0: asked}, refused, now)
            with self._store.writing() as work:
                work.lock()
                earlier = self._minted_under(work, asked, now)
                if earlier is not None:
                    if also is not None:
                        also(work, earlier.record_id)
                    return earlier
                for result in refused.values():
                    if isinstance(result, NotMinted):
                        raise result.error
                if not work.lists.taken(signed[0].positions):
                    self._refuse_duplicate(work, asked)
                    self.keep(work, signed[0], now=now, by=by)
                    if also is not None:
                        also(work, signed[0].stored.record_id)
                    return _minted(request, signed[0])
        raise StoreError("others keep taking the chosen status positions; nothing was changed")

    def choose(
        self, reading: IssuerReading, lists: Sequence[StatusList], chosen: Mapping[int, set[int]]
    ) -> tuple[StatusPosition, ...]:
        """Return a free position in each of these lists, and none of those `chosen` already by list id."""
        return reading.lists.choose(lists, without=chosen, random_below=self._random_below)

    def keep(self, work: IssuerWriting, signed: Signed, *, now: datetime, by: str | None = None) -> None:
        """Remember a signed credential with a copy that can be fetched again; the lock is taken already."""
        self._remember(work, signed, now, by)
        work.purge_copies(now)
        if self._config.copy_days:
            kept_until = now + timedelta(days=self._config.copy_days)
            work.keep_copy(Copy(signed.stored.record_id, signed.text, kept_until))

    def new_record_id(self) -> str:
        """Return a random record id."""
        return "".join(_ID_CHARACTERS[self._random_below(len(_ID_CHARACTERS))] for _ in range(_ID_LENGTH))

    def _ask(self, request: MintRequest, options: MintOptions, now: datetime) -> _Asked:
        try:
            plan = plan_minting(options, self._config, row_holder=request.holder, now=now)
        except ConfigurationError as err:
            if request.holder is None:
                raise
            # What a row asks for is the row's own mistake, and does not stop the others.
            raise RecordError(err.message, element="holder") from err
        record = record_to_json(request.record)
        digest = hashlib.sha256(jcs.canonicalize(record)).hexdigest()
        return _Asked(request, plan, dump_json(record), digest)

    def _sign_all(
        self, asked: Mapping[int, _Asked], results: dict[int, Minted | NotMinted], now: datetime
    ) -> dict[int, Signed]:
        """Return what could be signed; what could not is told in `results`."""
        signed: dict[int, Signed] = {}
        for number, (each, positions) in self._prepare(asked, results, now).items():
            try:
                signed[number] = self._sign(each, positions, now)
            except (StoreError, ConfigurationError):
                raise
            except VCError as err:
                results[number] = NotMinted(each.request.place, err)
        return signed

    def _prepare(
        self, asked: Mapping[int, _Asked], results: dict[int, Minted | NotMinted], now: datetime
    ) -> dict[int, tuple[_Asked, tuple[StatusPosition, ...]]]:
        purposes = PURPOSES if any(each.plan.with_status for each in asked.values()) else ()
        lists = tuple(self._publisher.lists_with_room(purposes, now=now).values())
        chosen: defaultdict[int, set[int]] = defaultdict(set)
        prepared: dict[int, tuple[_Asked, tuple[StatusPosition, ...]]] = {}
        with self._store.reading() as reading:
            for number, each in asked.items():
                try:
                    self._refuse_duplicate(reading, each)
                except RecordError as err:
                    results[number] = NotMinted(each.request.place, err)
                    continue
                positions = self.choose(reading, lists, chosen) if each.plan.with_status else ()
                for entry in positions:
                    chosen[entry.status_list.list_id].add(entry.position)
                prepared[number] = each, positions
        return prepared

    def _sign(self, asked: _Asked, positions: tuple[StatusPosition, ...], now: datetime) -> Signed:
        sign = RecordSigner(asked.plan, self._config, self._signing_keys(), now).prepare(
            asked.request.record,
            positions=positions,
            record_id=self.new_record_id(),
            written=(asked.record, asked.record_sha256),
        )
        stored, credential, text = sign().write(lambda credential: dump_json(credential, indent=2) + "\n")
        stored = replace(stored, mint_key=asked.mint_key)
        return Signed(positions, stored, credential, text)

    def _keep_all(
        self, work: IssuerWriting, asked: Mapping[int, _Asked], signed: Mapping[int, Signed], now: datetime
    ) -> dict[int, Minted | NotMinted]:
        work.lock()
        for each in signed.values():
            refuse_taken(work, each.positions)
        kept: dict[int, Minted | NotMinted] = {}
        for number, each in signed.items():
            request = asked[number].request
            try:
                self._refuse_duplicate(work, asked[number])
            except RecordError as err:
                kept[number] = NotMinted(request.place, err)
                continue
            self._remember(work, each, now)
            work.put_in_outbox(Waiting(each.stored.record_id, request.file_name, each.text))
            kept[number] = _minted(request, each)
        return kept

    def _remember(self, work: IssuerWriting, signed: Signed, now: datetime, by: str | None = None) -> None:
        stored = signed.stored
        work.add_record(stored, signed.positions)
        details = {
            "record": stored.record_id,
            "kind": stored.kind,
            "suite": stored.suite,
            "sha256": stored.credential_sha256,
        }
        work.audit("mint", details | ({"token": by} if by else {}), now=now)

    def _refuse_duplicate(self, reading: IssuerReading, asked: _Asked) -> None:
        if asked.plan.again:
            return
        earlier = reading.minted_before(asked.record_sha256, asked.plan.holder)
        if earlier is not None:
            raise RecordError(f"minted before as {earlier}; --again mints it once more")

    def _minted_under(self, reading: IssuerReading, asked: _Asked, now: datetime) -> Minted | None:
        stored = reading.minted_under(asked.mint_key) if asked.mint_key is not None else None
        if stored is None:
            return None
        if (stored.record_sha256, stored.holder) != (asked.record_sha256, asked.plan.holder):
            raise RecordError("another record, or the same for another holder, was minted under this key")
        copy = reading.copy(stored.record_id)
        if copy is None or copy.kept_until <= now:
            raise DeliveredBeforeError(
                f"minted before as {stored.record_id}, delivered and not kept any more"
            )
        positions = reading.lists.positions(stored.record_id)
        credential = parse_json_object(copy.credential)
        return _minted(asked.request, Signed(positions, stored, credential, copy.credential))

    def _signing_keys(self) -> IssuerKeys:
        if self._keys is None:
            raise ConfigurationError("the issuer's keys are needed for this and were not opened")
        return self._keys


def refuse_taken(reading: IssuerReading, positions: Sequence[StatusPosition]) -> None:
    """Raise PositionsTakenError if one of the chosen positions is taken by now."""
    if reading.lists.taken(positions):
        raise PositionsTakenError("a chosen status position was taken by another writer")


def _minted(request: MintRequest, signed: Signed) -> Minted:
    stored = signed.stored
    return Minted(
        request.place,
        stored.record_id,
        stored.kind,
        request.file_name,
        signed.credential,
        suite=stored.suite,
        bound=stored.holder is not None,
        revocable=bool(signed.positions),
    )
