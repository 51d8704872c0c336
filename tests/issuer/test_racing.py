"""Two workers on one database: whatever they do at once, nothing is lost and nothing is there twice.

Most of these races are played out step by step: while the first worker signs, the second does all of its
work. The last ones are real, with threads. Each runs on SQLite and on PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import issuer.minting
import issuer.publishing
import issuer.signing
from health import parse_record
from issuer.auditing import verify_audit
from issuer.options import MintOptions
from issuer.service import Issuer, Minted, MintRequest, NotMinted
from issuer.store import IssuerStore
from tests.issuer.conftest import Service
from tests.world import START, TEST, VACCINATION, changed
from vclib.errors import ConfigurationError
from vclib.status import decode_list
from vclib.strict_json import JSONObject, parse_json_object

OPTIONS = MintOptions(unbound=True)


@pytest.fixture
def other(shared_service: Service) -> Iterator[Service]:
    """A second worker: the same database, connections of its own."""
    store = IssuerStore.open(shared_service.config.database_url, make=False)
    yield replace(shared_service, store=store)
    store.close()


def _request(record: JSONObject = VACCINATION) -> MintRequest:
    return MintRequest("record 1", parse_record(record, now=START), None, "record.vc.json")


def _mint(issuer: Issuer, record: JSONObject = VACCINATION) -> Minted | NotMinted:
    (result,) = issuer.mint([_request(record)], OPTIONS, now=START)
    return result


def _minted(issuer: Issuer, record: JSONObject = VACCINATION) -> str:
    result = _mint(issuer, record)
    assert isinstance(result, Minted), result.error
    return result.record_id


def _meanwhile(monkeypatch: pytest.MonkeyPatch, module: Any, name: str, *deeds: Callable[[], object]) -> None:
    """Let the first calls of a module's function each be preceded by a deed. Any: a module."""
    original, waiting = getattr(module, name), list(deeds)

    def interrupted(*arguments: Any, **named: Any) -> Any:
        if waiting:
            waiting.pop(0)()
        return original(*arguments, **named)

    monkeypatch.setattr(module, name, interrupted)


def _numbers(*first: int) -> Callable[[int], int]:
    """Random numbers that begin with these; the others count upwards, so that ids differ."""
    waiting, counted = list(first), iter(range(10_000))
    return lambda below: waiting.pop(0) if waiting else next(counted) * 7919 % below


def _published(service: Service, purpose: str = "revocation") -> set[int]:
    with service.store.reading() as reading:
        published = reading.lists.published_as(f"{purpose}-1")
    assert published is not None
    subject = parse_json_object(published.signed.document)["credentialSubject"]
    assert isinstance(subject, dict)
    bits = decode_list(subject["encodedList"])
    return {index for index in range(len(bits)) if bits.get(index)}


def _records(service: Service) -> int:
    with service.store.reading() as reading:
        return len(list(reading.records()))


def _position(service: Service, record_id: str, purpose: str = "revocation") -> int:
    with service.store.reading() as reading:
        positions = {each.status_list.purpose: each for each in reading.lists.positions(record_id)}
    return positions[purpose].position


def test_a_record_minted_meanwhile_for_the_same_holder_is_refused(
    shared_service: Service, other: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F10: both found that it was not minted yet."""
    _meanwhile(monkeypatch, issuer.signing, "prepare_proof_set", lambda: _minted(other.issuer))
    result = _mint(shared_service.issuer)
    assert isinstance(result, NotMinted)
    assert "minted before as" in result.error.message
    assert _records(shared_service) == 1


def test_a_position_taken_meanwhile_is_chosen_and_signed_anew(
    shared_service: Service, other: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """H9, M10: both chose the same free positions."""
    first = Issuer(
        shared_service.config, shared_service.store, shared_service.keys, random_below=_numbers(7, 7)
    )
    second = Issuer(other.config, other.store, other.keys, random_below=_numbers(7, 7))
    ids: list[str] = []
    _meanwhile(monkeypatch, issuer.signing, "prepare_proof_set", lambda: ids.append(_minted(second, TEST)))
    result = _mint(first)
    assert isinstance(result, Minted)
    mine, theirs = _position(shared_service, result.record_id), _position(other, ids[0])
    assert (theirs, mine == theirs) == (7, False)
    entries = result.credential["credentialStatus"]
    assert isinstance(entries, list)
    assert isinstance(entries[0], dict)
    assert entries[0]["statusListIndex"] == str(mine)
    assert verify_audit(shared_service.store).records == 2


def test_one_key_gives_one_credential_to_both(
    shared_service: Service, other: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F10, M10."""
    theirs: list[Minted] = []

    def deed() -> None:
        theirs.append(other.issuer.mint_once("key", _request(), OPTIONS, now=START))

    _meanwhile(monkeypatch, issuer.signing, "prepare_proof_set", deed)
    mine = shared_service.issuer.mint_once("key", _request(), OPTIONS, now=START)
    assert mine == theirs[0]
    assert _records(shared_service) == 1


@pytest.mark.parametrize("times", [1, 3])
def test_of_two_changes_of_one_list_neither_is_lost(
    shared_service: Service, other: Service, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    """The list that the first worker signed was made from one that is not published any more."""
    people = [changed(VACCINATION, name=f"Person {number}") for number in range(times)]
    mine = _minted(shared_service.issuer)
    theirs = [_minted(shared_service.issuer, each) for each in people]

    def revoking(record_id: str) -> Callable[[], object]:
        return lambda: other.issuer.revoke(record_id, reason=None, now=START)

    # Those of the other worker are not to be interrupted themselves.
    original = issuer.publishing.signed_list
    waiting = [revoking(each) for each in theirs]

    def interrupted(**named: Any) -> Any:
        if waiting:
            deed = waiting.pop(0)
            with monkeypatch.context() as plain:
                plain.setattr(issuer.publishing, "signed_list", original)
                deed()
        return original(**named)

    monkeypatch.setattr(issuer.publishing, "signed_list", interrupted)
    shared_service.issuer.revoke(mine, reason=None, now=START)
    assert _published(other) == {_position(other, each) for each in (mine, *theirs)}
    assert verify_audit(other.store).lists == 2


def test_a_credential_revoked_meanwhile_is_not_suspended(
    shared_service: Service, other: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other lists, one credential: what was possible when it was looked up is looked at once more."""
    record_id = _minted(shared_service.issuer)
    _meanwhile(
        monkeypatch,
        issuer.publishing,
        "signed_list",
        lambda: other.issuer.revoke(record_id, reason=None, now=START),
    )
    with pytest.raises(ConfigurationError, match="is revoked"):
        shared_service.issuer.suspend(record_id, reason=None, now=START)
    assert _published(other, "suspension") == set()


def test_a_list_begun_meanwhile_is_used_by_both(
    shared_service: Service, other: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    _meanwhile(monkeypatch, issuer.publishing, "signed_list", lambda: _minted(other.issuer, TEST))
    _minted(shared_service.issuer)
    with shared_service.store.reading() as reading:
        assert [(each.name, each.used) for each in reading.lists.all()] == [
            ("revocation-1", 2),
            ("suspension-1", 2),
        ]


def test_a_list_signed_anew_by_two_is_published_once(
    shared_service: Service, other: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    _minted(shared_service.issuer)
    shared_service.clock.advance(days=25)
    now = shared_service.clock.now
    served: list[Any] = []
    _meanwhile(
        monkeypatch,
        issuer.publishing,
        "signed_list",
        lambda: served.append(other.issuer.published("revocation-1", now=now)),
    )
    mine = shared_service.issuer.published("revocation-1", now=now)
    assert mine == served[0]
    assert mine is not None
    assert mine.version == 2


def test_many_at_once_lose_nothing(shared_service: Service, other: Service) -> None:
    """M10: threads on two connections pools mint and revoke, each its own records."""
    workers = [shared_service.issuer, other.issuer]

    def life(number: int) -> str:
        mine = workers[number % 2]
        record_id = _minted(mine, changed(VACCINATION, name=f"Person {number}"))
        mine.revoke(record_id, reason=None, now=START)
        return record_id

    with ThreadPoolExecutor(8) as threads:
        ids = list(threads.map(life, range(16)))
    assert _published(other) == {_position(other, each) for each in ids}
    report = verify_audit(shared_service.store)
    assert (report.records, report.entries) == (16, 32)


def test_the_same_record_at_once_is_minted_once(shared_service: Service, other: Service) -> None:
    """F10."""
    workers = [shared_service.issuer, other.issuer]
    with ThreadPoolExecutor(8) as threads:
        results = list(threads.map(lambda number: _mint(workers[number % 2]), range(8)))
    assert sum(isinstance(each, Minted) for each in results) == 1
    assert verify_audit(shared_service.store).records == 1


def test_a_batch_is_kept_whole_beside_others(shared_service: Service, other: Service, tmp_path: Path) -> None:
    """F15: the command line and the service at one time."""
    batch = [_request(changed(VACCINATION, name=f"Person {number}")) for number in range(6)]
    batch.append(replace(_request(TEST), holder="did:web:wallet.example"))
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(shared_service.issuer.mint, batch, OPTIONS, now=START)
        second = threads.submit(other.issuer.mint, batch, OPTIONS, now=START)
    kinds = [[type(each) for each in done.result()] for done in (first, second)]
    assert sum(each is Minted for results in kinds for each in results) == 6
    assert [results[6] for results in kinds] == [NotMinted, NotMinted]
    assert len(shared_service.issuer.deliver(tmp_path, overwrite=True)) == 6
