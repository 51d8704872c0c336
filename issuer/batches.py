"""A batch: a file of records minted part by part, so that nothing is minted twice or left out.

Parts are decided by the database alone: a part is there if its row is, written in the transaction that
writes its records, its status positions and the entry of the log. Its file is written and synced before
that under a name that nobody reads, and gets its own name afterwards. So whenever the machine stops, each
part is either kept, and its file can be named, or it is not, and nothing of it counts; the same command
goes on with the parts that are missing (docs/decisions/0340-batches.md).

Signing is done by others, through `run`; here is what needs the database. Not here: command line, files of
rows.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from itertools import count, islice
from pathlib import Path
from types import MappingProxyType
from typing import NoReturn

from issuer import batch_store
from issuer.batch_positions import PositionPool
from issuer.batch_signing import Chunk, SignedChunk, SignedRow, new_record_id, settings_digest
from issuer.batch_store import Batch, Part, Reject
from issuer.config import IssuerConfig
from issuer.options import MintOptions
from issuer.publishing import ListPublisher
from issuer.store import IssuerStore
from runtime.atomic import read_file, write_file, write_lines
from runtime.commands import utc_now
from runtime.database import ConstraintError
from runtime.part_files import PartFolder
from runtime.table_files import Line
from vclib.datetimes import format_datetime, parse_datetime
from vclib.errors import ConfigurationError, RecordError, StoreError
from vclib.strict_json import JSONObject, JSONValue, dump_json, parse_json_object

MANIFEST = "batch.json"
REJECTS = "rejects.jsonl"

# How often a part is kept anew because another writer was faster.
_TRIES = 10
_MAX_MANIFEST = 100_000

# What the manifest has of a batch, and what else than options it compares, as messages call it.
_MEMBERS = ("batch", "inputSha256", "begun")
_CALLED = MappingProxyType(
    {
        "input": "--format",
        "output": "--to",
        "partRows": "--part-rows",
        "settings": "the issuer (its settings or keys)",
    }
)

Run = Callable[[Iterator[Chunk]], Generator[SignedChunk]]
Tell = Callable[[int], None]


@dataclass(frozen=True)
class BatchOrder:
    """What is to be minted: the input's digest, and all that the outcome depends on."""

    input_sha256: str
    options: MintOptions
    input_form: str
    output_form: str
    part_rows: int

    def terms(self, config: IssuerConfig) -> JSONObject:
        """Return everything but the input, for comparing."""
        options: JSONObject = {
            name: _written(value)
            for name, value in asdict(self.options).items()
            if value not in (None, False)
        }
        return {
            "options": options,
            "input": self.input_form,
            "output": self.output_form,
            "partRows": self.part_rows,
            "settings": settings_digest(config),
        }


@dataclass(frozen=True)
class BatchResult:
    """What became of a batch: how many rows were minted and rejected, now and in all."""

    batch_id: str
    parts: int
    minted: int
    rejected: int
    minted_now: int


def open_batch(
    store: IssuerStore, config: IssuerConfig, order: BatchOrder, folder: Path, now: datetime
) -> Batch:
    """Return the batch of a folder, begun if the folder has none yet; the folder is locked already.

    Raises ConfigurationError, naming it, where the input or an option is another than when it was begun, and
    StoreError where the folder is of a batch that this database does not know.
    """
    terms = order.terms(config)
    manifest = _read_manifest(folder / MANIFEST)
    if manifest is not None and (manifest.input_sha256, parse_json_object(manifest.terms)) != (
        order.input_sha256,
        terms,
    ):
        # Options that no row could be minted with are corrected under the same folder.
        if not _give_up_empty(store, manifest, now):
            _refuse_other(manifest, order, terms)
        (folder / MANIFEST).unlink()
        manifest = None
    if manifest is None:
        if any(folder.glob("part-*")):
            raise StoreError(f"{folder} has parts and no {MANIFEST}: choose another folder with --out")
        new = Batch(new_record_id(), order.input_sha256, dump_json(terms), now.replace(microsecond=0))
        _write_manifest(folder / MANIFEST, new)
        manifest = new
    with store.reading() as reading:
        known = batch_store.batch(reading, manifest.batch_id)
    if known is not None:
        return known
    if any(folder.glob("part-*")):
        raise StoreError(f"{folder} has the batch {manifest.batch_id}, which this database does not know")
    with store.writing() as work:
        work.lock()
        batch_store.begin(work, manifest)
    return manifest


class BatchMinter:
    """Mints the parts of one batch that are not kept yet."""

    def __init__(
        self,
        batch: Batch,
        store: IssuerStore,
        publisher: ListPublisher,
        folder: PartFolder,
        *,
        purposes: tuple[str, ...],
        again: bool,
    ) -> None:
        self._batch = batch
        self._store = store
        self._folder = folder
        self._again = again
        # What is being signed now: the rows of a part need not come back with its credentials.
        self._in_work: dict[int, Chunk] = {}
        self._pool = PositionPool(batch.batch_id, store, publisher, purposes)
        with store.reading() as reading:
            self._kept = batch_store.parts(reading, batch.batch_id)

    def mint(self, rows: Iterable[Line], part_rows: int, run: Run, tell: Tell) -> BatchResult:
        """Mint what is missing; `tell` hears how many rows each part had.

        Raises StoreError where a part that was kept has lost its file, or the database fails;
        ConfigurationError for options that no row could be minted with. What was kept until then stays.
        """
        for part in self._kept.values():
            if part.sha256:
                self._folder.keep_missing(part.number, part.sha256)
        self._folder.clear_unkept()
        before = sum(part.minted for part in self._kept.values())
        tell(sum(part.minted + part.rejected for part in self._kept.values()))
        if self._batch.finished is None:
            self._mint_parts(rows, part_rows, run, tell)
        parts = self._kept.values()
        minted, rejected = sum(part.minted for part in parts), sum(part.rejected for part in parts)
        self._finish({"parts": str(len(parts)), "minted": str(minted), "rejected": str(rejected)}, rejected)
        return BatchResult(self._batch.batch_id, len(parts), minted, rejected, minted - before)

    def _mint_parts(self, rows: Iterable[Line], part_rows: int, run: Run, tell: Tell) -> None:
        chunks = self._chunks(rows, part_rows)
        for _ in range(_TRIES):
            overtaken: list[Chunk] = []
            with closing(run(map(self._with_positions, chunks))) as results:
                for result in results:
                    chunk = self._in_work.pop(result.number)
                    part = self._keep(chunk, result)
                    if part is None:
                        overtaken.append(chunk)
                    else:
                        tell(part.minted + part.rejected)
            if not overtaken:
                return
            self._pool.leave_out_taken()
            chunks = iter(overtaken)
        raise StoreError("others keep taking the chosen status positions; run it again")

    def _chunks(self, rows: Iterable[Line], part_rows: int) -> Iterator[Chunk]:
        remaining = iter(rows)
        for number in count(1):
            chosen = tuple(islice(remaining, part_rows))
            if not chosen:
                return
            if number not in self._kept:
                yield Chunk(number, chosen, (), ())

    def _with_positions(self, chunk: Chunk) -> Chunk:
        lists, positions = self._pool.take(len(chunk.rows), now=utc_now())
        self._in_work[chunk.number] = replace(chunk, lists=lists, positions=positions)
        return self._in_work[chunk.number]

    def _keep(self, chunk: Chunk, result: SignedChunk) -> Part | None:
        """Keep a part; None where somebody else took a position and all has to be signed anew."""
        known: dict[tuple[str | None, str | None], str] = {}
        for _ in range(_TRIES):
            signed, rejected = self._without_duplicates(result, known)
            sha256 = self._write(chunk.number, signed) if signed else ""
            part = Part(chunk.number, sha256, len(signed), len(rejected))
            try:
                with self._store.writing() as work:
                    work.lock()
                    if not self._again:
                        asked = {each.new.record_key for each in signed}
                        digests = [digest for digest, _ in asked if digest is not None]
                        found = batch_store.minted_before(work, digests) if digests else {}
                        if newly := {key: value for key, value in found.items() if key in asked}:
                            known |= newly
                            continue
                    kept = [each.new for each in signed]
                    batch_store.keep_part(
                        work, self._batch.batch_id, part, kept, rejected, chunk.lists, now=utc_now()
                    )
            except ConstraintError:
                self._refuse_kept_by_another(chunk.number)
                return None
            self._pool.give_back(chunk.lists, chunk.positions, after=len(result.signed))
            if sha256:
                self._folder.keep(chunk.number)
            self._kept[chunk.number] = part
            return part
        raise StoreError("others keep minting the same records; run it again")

    def _refuse_kept_by_another(self, number: int) -> None:
        with self._store.reading() as reading:
            if number in batch_store.parts(reading, self._batch.batch_id):
                raise StoreError(
                    "another process mints the same batch in another folder; nothing was changed"
                )

    def _without_duplicates(
        self, result: SignedChunk, known: Mapping[tuple[str | None, str | None], str]
    ) -> tuple[list[SignedRow], list[Reject]]:
        """Return the rows to keep and the rejects, among them those minted before or twice in this part."""
        if self._again:
            return list(result.signed), list(result.rejected)
        seen = dict(known)
        signed: list[SignedRow] = []
        rejected = list(result.rejected)
        for row in result.signed:
            key = row.new.record_key
            if key in seen:
                why = f"minted before as {seen[key]}; --again mints it once more"
                rejected.append(Reject(row.place, RecordError.code, why))
            else:
                seen[key] = row.new.values.record_id
                signed.append(row)
        return signed, sorted(rejected, key=lambda each: each.place)

    def _write(self, number: int, signed: list[SignedRow]) -> str:
        columns: Mapping[str, list[str | int]] = {
            "place": [each.place for each in signed],
            "record_id": [each.new.values.record_id for each in signed],
            "credential": [each.text for each in signed],
        }
        return self._folder.write(number, columns, "credential")

    def _finish(self, totals: Mapping[str, str], rejected: int) -> None:
        path = self._folder.folder / REJECTS
        if rejected and not path.exists():
            with self._store.reading() as reading:
                rejects = batch_store.rejects(reading, self._batch.batch_id)
                write_lines(path, (dump_json(_reject_json(each)) for each in rejects))
        if self._batch.finished is None:
            with self._store.writing() as work:
                work.lock()
                batch_store.finish(work, self._batch.batch_id, totals, now=utc_now())


def _reject_json(reject: Reject) -> JSONObject:
    return {"line": reject.place, "code": reject.code, "reason": reject.message}


def _give_up_empty(store: IssuerStore, manifest: Batch, now: datetime) -> bool:
    """End a batch of which nothing was kept; says whether it was one."""
    with store.reading() as reading:
        if batch_store.batch(reading, manifest.batch_id) is None:
            return False
        if batch_store.parts(reading, manifest.batch_id):
            return False
    with store.writing() as work:
        work.lock()
        batch_store.finish(work, manifest.batch_id, {"minted": "0"}, now=now)
    return True


def _refuse_other(manifest: Batch, order: BatchOrder, terms: JSONObject) -> NoReturn:
    """Refuse to go on with another input or other options than the batch was begun with, naming them."""
    if manifest.input_sha256 != order.input_sha256:
        raise ConfigurationError(
            "RECORDS is not the file that this folder's batch was begun with: its content is another; "
            "choose another folder with --out"
        )
    began = parse_json_object(manifest.terms)
    what = _difference(began.get("options"), terms["options"])
    what = what or next((called for name, called in _CALLED.items() if began.get(name) != terms[name]), None)
    raise ConfigurationError(
        f"{what or 'an option'} is not what this folder's batch was begun with; "
        "choose another folder with --out"
    )


def _difference(began: JSONValue, wanted: JSONValue) -> str | None:
    before, after = (each if isinstance(each, dict) else {} for each in (began, wanted))
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    if not names:
        return None
    return "--no-holder" if min(names) == "unbound" else f"--{min(names).replace('_', '-')}"


def _written(value: object) -> JSONValue:
    if isinstance(value, datetime):
        return format_datetime(value)
    if isinstance(value, tuple):
        return [str(item) for item in value]
    return value if isinstance(value, str | int) else None


def _read_manifest(path: Path) -> Batch | None:
    if not path.exists():
        return None
    members = parse_json_object(read_file(path, max_bytes=_MAX_MANIFEST))
    if any(not isinstance(members.get(name), str) for name in _MEMBERS) or "terms" not in members:
        raise StoreError(f"{path}: expected what mint-batch writes there, found something else")
    batch_id, input_sha256, begun = (str(members[name]) for name in _MEMBERS)
    return Batch(batch_id, input_sha256, dump_json(members["terms"]), parse_datetime(begun))


def _write_manifest(path: Path, batch: Batch) -> None:
    values = (batch.batch_id, batch.input_sha256, format_datetime(batch.begun))
    members: JSONObject = dict(zip(_MEMBERS, values, strict=True))
    members["terms"] = parse_json_object(batch.terms)
    write_file(path, (dump_json(members, indent=2) + "\n").encode(), overwrite=False)
