"""The attacks and faults F1 to F10 and F14 on issuing over OpenID4VCI: each of them is one of these tests."""

from __future__ import annotations

import hashlib
import hmac
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import httpx
import pytest

import issuer.openid.issuance as deciding
from issuer.openid.issuance import Issuance
from issuer.openid.offering import CreatedOffer
from issuer.openid.tables import offers, used_nonces
from protocols.jose import sign_jws
from protocols.oid4vci import InvalidGrantError, TokenRequest
from runtime.database import sqlite_url
from tests.issuer.wallet_client import (
    LATER,
    Desk,
    Wallet,
    credentials_of,
    status_indexes,
    wallet_key,
)
from tests.world import RECOVERY, TEST, VACCINATION, changed
from vclib.did import did_key_method
from vclib.encoding import encode_base64url
from vclib.errors import RecordError
from vclib.keys import public_key_to_jwk
from vclib.strict_json import JSONObject, dump_json

NOT_VALID = {
    "error": "invalid_grant",
    "error_description": "the pre-authorized code or the transaction code is not valid",
}


@pytest.fixture
def desk(tmp_path: Path, database_url: str) -> Iterator[Desk]:
    """An issuer on each kind of database."""
    url = sqlite_url(tmp_path / "issuer.sqlite") if database_url == "sqlite://" else database_url
    desk = Desk(tmp_path, url)
    yield desk
    desk.store.close()


@pytest.fixture
def wallet(desk: Desk) -> Wallet:
    return Wallet(desk)


def answer_of(response: httpx.Response) -> tuple[int, Any]:
    """Any: whatever JSON an answer holds."""
    return response.status_code, response.json()


def error_of(response: httpx.Response) -> str:
    assert response.status_code == 400, response.text
    return str(response.json()["error"])


def wrong_code(created: CreatedOffer) -> str:
    assert created.tx_code is not None
    return f"{(int(created.tx_code) + 1) % 1_000_000:06}"


def code_of(created: CreatedOffer) -> str:
    grant = created.offer.pre_authorized
    assert grant is not None
    return grant.code


# --- F1: a code is redeemed twice -----------------------------------------------------------------


def test_f1_code_is_spent_by_the_first_request(desk: Desk, wallet: Wallet) -> None:
    created = desk.offer()
    assert wallet.redeem(created).status_code == 200
    assert answer_of(wallet.redeem(created)) == (400, NOT_VALID)


def test_f1_of_many_requests_at_once_one_gets_a_token(desk: Desk) -> None:
    created = desk.offer()
    request = TokenRequest(code_of(created), created.tx_code)
    barrier = Barrier(8)

    def redeem() -> bool:
        barrier.wait()
        try:
            desk.issuance.token(request, now=desk.clock.now)
        except InvalidGrantError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: redeem(), range(8)))
    assert results.count(True) == 1


REDEEM = textwrap.dedent(
    """
    import sys
    from datetime import UTC, datetime
    from pathlib import Path
    from tests.issuer.wallet_client import Desk
    from protocols.oid4vci import InvalidGrantError, TokenRequest

    folder, url, code, tx_code = sys.argv[1:]
    desk = Desk(Path(folder), url)
    print("ready", flush=True)
    sys.stdin.readline()
    try:
        desk.issuance.token(TokenRequest(code, tx_code), now=desk.clock.now)
    except InvalidGrantError:
        print("refused")
    else:
        print("granted")
    """
)


def test_f1_of_two_processes_one_gets_a_token(desk: Desk, tmp_path: Path) -> None:
    created = desk.offer()
    url = desk.database_url
    arguments = [sys.executable, "-c", REDEEM, str(tmp_path), url, code_of(created), str(created.tx_code)]
    racers = [
        subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path.cwd())
        for _ in range(2)
    ]
    for racer in racers:
        assert racer.stdout is not None
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("go\n")
        racer.stdin.flush()
    told = sorted(racer.communicate(timeout=60)[0].strip() for racer in racers)
    assert told == ["granted", "refused"]


# --- F2, F3, F4: the transaction code, and codes that are none -----------------------------------------


def test_f2_after_five_wrong_codes_the_right_one_is_refused_with_the_same_words(
    desk: Desk, wallet: Wallet
) -> None:
    created = desk.offer()
    for _ in range(5):
        assert answer_of(wallet.redeem(created, tx_code=wrong_code(created))) == (400, NOT_VALID)
    assert answer_of(wallet.redeem(created)) == (400, NOT_VALID)


def test_f2_guesses_in_parallel_are_all_counted(desk: Desk) -> None:
    created = desk.offer()
    request = TokenRequest(code_of(created), wrong_code(created))
    barrier = Barrier(8)

    def guess(_: int) -> None:
        barrier.wait()
        with pytest.raises(InvalidGrantError):
            desk.issuance.token(request, now=desk.clock.now)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(guess, range(8)))
    with desk.store.reading() as reading:
        (row,) = reading.connection.execute(offers.select())
    assert (row.tries, row.state, row.record) == (5, "dead", None)


def test_f2_every_refusal_runs_the_same_statements(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    created, dead, spent, ended = desk.offer(), desk.offer(TEST), desk.offer(RECOVERY), desk.offer(minutes=1)
    for _ in range(5):
        _refused(desk, TokenRequest(code_of(dead), wrong_code(dead)))
    desk.issuance.token(TokenRequest(code_of(spent), spent.tx_code), now=desk.clock.now)
    desk.clock.advance(minutes=2)
    counted = _statements_of(desk, monkeypatch)
    requests = {
        "wrong": TokenRequest(code_of(created), wrong_code(created)),
        "dead": TokenRequest(code_of(dead), dead.tx_code),
        "spent": TokenRequest(code_of(spent), spent.tx_code),
        "ended": TokenRequest(code_of(ended), ended.tx_code),
        "unknown": TokenRequest("unknown", "000000"),
    }
    assert len({counted(request) for request in requests.values()}) == 1


def _refused(desk: Desk, request: TokenRequest) -> None:
    with pytest.raises(InvalidGrantError):
        desk.issuance.token(request, now=desk.clock.now)


def _statements_of(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Callable[[TokenRequest], int]:
    """Return a function that counts the statements that one refused request makes."""
    from sqlalchemy import Connection

    made: list[object] = []
    execute = Connection.execute

    def counting(self: Connection, statement: Any, *args: Any, **options: Any) -> Any:
        """Any: whatever SQLAlchemy takes and gives."""
        made.append(statement)
        return execute(self, statement, *args, **options)

    monkeypatch.setattr(Connection, "execute", counting)

    def count(request: TokenRequest) -> int:
        made.clear()
        _refused(desk, request)
        return len(made)

    return count


def test_f3_wrong_transaction_code_does_not_consume_the_offer(desk: Desk, wallet: Wallet) -> None:
    created = desk.offer()
    for _ in range(4):
        wallet.redeem(created, tx_code=wrong_code(created))
    assert wallet.redeem(created).status_code == 200


def test_f3_missing_or_unwanted_transaction_code_costs_no_try(desk: Desk, wallet: Wallet) -> None:
    created, without = desk.offer(), desk.offer(TEST, with_tx_code=False)
    for _ in range(6):
        assert error_of(wallet.redeem(created, tx_code=None)) == "invalid_request"
        assert error_of(wallet.redeem(without, tx_code="123456")) == "invalid_request"
    assert wallet.redeem(created).status_code == 200
    assert wallet.redeem(without).status_code == 200


def test_f4_expired_unknown_and_another_tenants_code_look_the_same(
    desk: Desk, wallet: Wallet, tmp_path: Path
) -> None:
    created = desk.offer()
    (tmp_path / "other").mkdir()
    other = Desk(tmp_path / "other")
    foreign = other.offer()
    assert answer_of(wallet.redeem(foreign)) == (400, NOT_VALID)
    assert answer_of(wallet.redeem(created, **{"pre-authorized_code": "unknown"})) == (400, NOT_VALID)
    desk.clock.now += LATER
    assert answer_of(wallet.redeem(created)) == (400, NOT_VALID)
    other.store.close()


# --- F5: nonces -----------------------------------------------------------------------------------


def test_f5_nonce_that_was_used_is_refused_and_a_new_one_is_taken(desk: Desk, wallet: Wallet) -> None:
    nonce = wallet.nonce()
    wallet.redeem(desk.offer())
    assert wallet.ask(proofs={"jwt": [wallet.jwt_proof(nonce=nonce)]}).status_code == 200
    other = Wallet(desk, number=12)
    other.redeem(desk.offer(TEST))
    asked = {"configuration": "TestResultCredential-ecdsa-sd-2023"}
    again = other.ask(**asked, proofs={"jwt": [other.jwt_proof(nonce=nonce)]})
    assert error_of(again) == "invalid_nonce"
    assert other.ask(**asked).status_code == 200


@pytest.mark.parametrize("kind", ["jwt", "di_vp"])
def test_f5_nonce_that_is_not_ours_or_has_ended_is_refused(desk: Desk, wallet: Wallet, kind: str) -> None:
    build: Callable[..., Any] = wallet.jwt_proof if kind == "jwt" else wallet.di_vp_proof
    wallet.redeem(desk.offer())
    nonce = wallet.nonce()
    for foreign in ("foreign", nonce[:-2] + ("AA" if nonce[-2:] != "AA" else "BA"), nonce[:-1]):
        assert error_of(wallet.ask(proofs={kind: [build(nonce=foreign)]})) == "invalid_nonce"
    desk.clock.advance(minutes=5)
    assert error_of(wallet.ask(proofs={kind: [build(nonce=nonce)]})) == "invalid_nonce"


def test_f5_proof_without_a_nonce_is_no_proof(desk: Desk, wallet: Wallet) -> None:
    wallet.redeem(desk.offer())
    assert error_of(wallet.ask(proofs={"jwt": [wallet.jwt_proof(nonce=None)]})) == "invalid_proof"


def test_f5_one_used_nonce_of_a_batch_leaves_the_others_good(desk: Desk, wallet: Wallet) -> None:
    used, good = wallet.nonce(), wallet.nonce()
    wallet.redeem(desk.offer())
    wallet.ask(proofs={"jwt": [wallet.jwt_proof(nonce=used)]})
    other = Wallet(desk, number=12)
    other.redeem(desk.offer(TEST))
    asked = {"configuration": "TestResultCredential-ecdsa-sd-2023"}
    pair = {"jwt": [other.jwt_proof(nonce=good), other.jwt_proof(number=13, nonce=used)]}
    assert error_of(other.ask(**asked, proofs=pair)) == "invalid_nonce"
    assert other.ask(**asked, proofs={"jwt": [other.jwt_proof(nonce=good)]}).status_code == 200


def test_f5_nonces_leave_no_trace_until_they_are_used(desk: Desk, wallet: Wallet) -> None:
    for _ in range(20):
        wallet.nonce()
    with desk.store.reading() as reading:
        assert reading.connection.execute(used_nonces.select()).all() == []


# --- F6, F7, F8: proofs of somebody else ---------------------------------------------------------------


@pytest.mark.parametrize("kind", ["jwt", "di_vp"])
def test_f6_proof_made_for_another_issuer_is_refused(desk: Desk, wallet: Wallet, kind: str) -> None:
    build: Callable[..., Any] = wallet.jwt_proof if kind == "jwt" else wallet.di_vp_proof
    wallet.redeem(desk.offer())
    for issuer in ("https://other.example", f"{desk.url}/", desk.url.upper()):
        assert error_of(wallet.ask(proofs={kind: [build(issuer=issuer)]})) == "invalid_proof"


def _parts(wallet: Wallet) -> tuple[JSONObject, JSONObject]:
    header: JSONObject = {"typ": "openid4vci-proof+jwt", "kid": did_key_method(wallet.key.public_key)}
    return header, {"aud": wallet.desk.url, "iat": int(wallet.now.timestamp()), "nonce": wallet.nonce()}


def _compact(header: JSONObject, payload: JSONObject, sign: Callable[[bytes], bytes]) -> str:
    signed = ".".join(encode_base64url(dump_json(part).encode()) for part in (header, payload))
    return f"{signed}.{encode_base64url(sign(signed.encode()))}"


def _without_typ(wallet: Wallet) -> str:
    header, payload = _parts(wallet)
    del header["typ"]
    return sign_jws(header, payload, wallet.key)


def _of_another_typ(wallet: Wallet) -> str:
    header, payload = _parts(wallet)
    return sign_jws(header | {"typ": "JWT"}, payload, wallet.key)


def _unsigned(wallet: Wallet) -> str:
    header, payload = _parts(wallet)
    return _compact(header | {"alg": "none"}, payload, lambda _: b"")


def _hmac_with_the_public_key(wallet: Wallet) -> str:
    header, payload = _parts(wallet)
    key = wallet.key.public_key.key_bytes
    return _compact(header | {"alg": "HS256"}, payload, lambda text: hmac.digest(key, text, hashlib.sha256))


def _with_a_private_key(wallet: Wallet) -> str:
    header, payload = _parts(wallet)
    del header["kid"]
    jwk = public_key_to_jwk(wallet.key.public_key) | {"d": encode_base64url(wallet.key.secret_bytes)}
    return sign_jws(header | {"jwk": jwk}, payload, wallet.key)


def _with_kid_and_jwk(wallet: Wallet) -> str:
    header, payload = _parts(wallet)
    return sign_jws(header | {"jwk": public_key_to_jwk(wallet.key.public_key)}, payload, wallet.key)


def _without_a_key(wallet: Wallet) -> str:
    header, payload = _parts(wallet)
    del header["kid"]
    return sign_jws(header, payload, wallet.key)


def _with_another_alg(wallet: Wallet) -> str:
    header, payload = _parts(wallet)
    return _compact(header | {"alg": "ES384"}, payload, wallet.key.sign)


@pytest.mark.parametrize(
    "forge",
    [
        _without_typ,
        _of_another_typ,
        _unsigned,
        _hmac_with_the_public_key,
        _with_a_private_key,
        _with_kid_and_jwk,
        _without_a_key,
        _with_another_alg,
    ],
)
def test_f7_malformed_proof_is_refused(desk: Desk, wallet: Wallet, forge: Callable[[Wallet], str]) -> None:
    wallet.redeem(desk.offer())
    assert error_of(wallet.ask(proofs={"jwt": [forge(wallet)]})) == "invalid_proof"


@pytest.mark.parametrize(
    "proofs",
    [
        {},
        {"jwt": []},
        {"jwt": [1]},
        {"jwt": "text"},
        {"di_vp": ["text"]},
        {"attestation": ["text"]},
        {"jwt": ["a.b.c"], "di_vp": [{}]},
    ],
)
def test_f7_proofs_of_another_shape_are_refused(desk: Desk, wallet: Wallet, proofs: JSONObject) -> None:
    wallet.redeem(desk.offer())
    assert error_of(wallet.ask(proofs=proofs)) == "invalid_proof"


def test_f7_request_without_a_proof_is_refused(desk: Desk, wallet: Wallet) -> None:
    wallet.redeem(desk.offer())
    assert error_of(wallet.ask(proofs=None)) == "invalid_proof"


def test_f8_did_of_somebody_else_is_refused(desk: Desk, wallet: Wallet) -> None:
    wallet.redeem(desk.offer())
    victim = did_key_method(wallet_key(50).public_key)
    assert error_of(wallet.ask(proofs={"jwt": [wallet.jwt_proof(kid=victim)]})) == "invalid_proof"
    claimed = wallet.di_vp_proof(verification_method=victim, holder=victim.partition("#")[0])
    assert error_of(wallet.ask(proofs={"di_vp": [claimed]})) == "invalid_proof"
    named = wallet.di_vp_proof(holder=victim.partition("#")[0])
    assert error_of(wallet.ask(proofs={"di_vp": [named]})) == "invalid_proof"


def test_f8_did_that_has_to_be_looked_up_is_refused(desk: Desk, wallet: Wallet) -> None:
    wallet.redeem(desk.offer())
    proof = wallet.jwt_proof(kid="did:web:wallet.example#key-1")
    assert error_of(wallet.ask(proofs={"jwt": [proof]})) == "invalid_proof"


# --- F9, F10 --------------------------------------------------------------------------------------


def test_f9_token_of_one_offer_does_not_take_another_offers_configuration(desk: Desk, wallet: Wallet) -> None:
    desk.offer(TEST)
    wallet.redeem(desk.offer())
    answer = wallet.ask(configuration="TestResultCredential-ecdsa-sd-2023")
    assert error_of(answer) == "credential_request_denied"


def test_f10_asking_again_gives_the_same_credential(desk: Desk, wallet: Wallet) -> None:
    wallet.redeem(desk.offer())
    first = credentials_of(wallet.ask().json())
    again = credentials_of(wallet.ask().json())
    assert again == first
    assert len(desk.issuer.statuses(now=desk.clock.now)) == 1


def test_f10_batch_asked_again_in_another_order_is_the_same(desk: Desk, wallet: Wallet) -> None:
    wallet.redeem(desk.offer())

    def ask(*numbers: int) -> list[JSONObject]:
        nonce = wallet.nonce()
        proofs = {"jwt": [wallet.jwt_proof(number=number, nonce=nonce) for number in numbers]}
        return credentials_of(wallet.ask(proofs=proofs).json())

    first, again = ask(21, 22), ask(22, 21)
    assert again == first[::-1]
    assert len(set(status_indexes(first))) == 4


def test_f10_unlinkable_credential_asked_again_is_the_same(desk: Desk, wallet: Wallet) -> None:
    wallet.redeem(desk.offer(suite="bbs-2023"))
    asked: dict[str, Any] = {"configuration": "VaccinationStatusCredential-bbs-2023", "proofs": None}
    assert wallet.ask(**asked).json() == wallet.ask(**asked).json()


def test_f10_other_keys_on_asking_again_are_refused(desk: Desk, wallet: Wallet) -> None:
    wallet.redeem(desk.offer())
    wallet.ask()
    answer = wallet.ask(proofs={"jwt": [wallet.jwt_proof(number=12)]})
    assert error_of(answer) == "credential_request_denied"
    assert len(desk.issuer.statuses(now=desk.clock.now)) == 1


def test_f10_requests_at_once_mint_one_credential(desk: Desk, wallet: Wallet) -> None:
    wallet.redeem(desk.offer())
    proofs = [{"jwt": [wallet.jwt_proof()]} for _ in range(4)]
    barrier = Barrier(4)

    def ask(number: int) -> Any:
        """Any: JSON."""
        barrier.wait()
        return wallet.ask(proofs=proofs[number]).json()

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(ask, range(4)))
    assert all(answer == answers[0] for answer in answers)
    assert len(credentials_of(answers[0])) == 1
    assert len(desk.issuer.statuses(now=desk.clock.now)) == 1


def _crash(*_: object, **__: object) -> None:
    raise RuntimeError("the process ends here")


def test_f10_crash_after_minting_is_made_good_by_asking_again(
    desk: Desk, wallet: Wallet, monkeypatch: pytest.MonkeyPatch
) -> None:
    wallet.redeem(desk.offer())
    with monkeypatch.context() as patch:
        patch.setattr(desk.issuance._secrets, "notification_id", _crash)
        assert wallet.ask().status_code == 500
    assert wallet.ask().status_code == 200
    assert len(desk.issuer.statuses(now=desk.clock.now)) == 1


def test_f10_crash_in_the_middle_of_minting_leaves_nothing(
    desk: Desk, wallet: Wallet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even the nonce is used up."""
    wallet.redeem(desk.offer())
    proofs: JSONObject = {"jwt": [wallet.jwt_proof()]}
    with monkeypatch.context() as patch:
        patch.setattr(deciding, "finish_issuance", _crash)
        assert wallet.ask(proofs=proofs).status_code == 500
    assert len(desk.issuer.statuses(now=desk.clock.now)) == 0
    assert wallet.ask(proofs=proofs).status_code == 200
    assert len(desk.issuer.statuses(now=desk.clock.now)) == 1


def test_f10_crash_after_minting_a_batch_is_made_good_by_asking_again(
    desk: Desk, wallet: Wallet, monkeypatch: pytest.MonkeyPatch
) -> None:
    wallet.redeem(desk.offer())

    def ask() -> int:
        nonce = wallet.nonce()
        proofs = {"jwt": [wallet.jwt_proof(number=number, nonce=nonce) for number in (21, 22)]}
        return wallet.ask(proofs=proofs).status_code

    with monkeypatch.context() as patch:
        patch.setattr(desk.issuance._offers, "finish", _crash)
        assert ask() == 500
    assert ask() == 200
    assert len(desk.issuer.statuses(now=desk.clock.now)) == 2


def test_f10_used_nonce_costs_no_signature(
    desk: Desk, wallet: Wallet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F5: whoever sends a request again gets neither a credential nor the time of the issuer's key."""
    wallet.redeem(desk.offer())
    proofs: JSONObject = {"jwt": [wallet.jwt_proof()]}
    wallet.ask(proofs=proofs)
    monkeypatch.setattr(desk.issuer, "mint_once", _crash)
    assert error_of(wallet.ask(proofs=proofs)) == "invalid_nonce"


def test_f10_credential_that_the_wallet_accepted_is_refused_cleanly(desk: Desk, wallet: Wallet) -> None:
    wallet.redeem(desk.offer())
    answer = wallet.ask().json()
    note = {"notification_id": answer["notification_id"], "event": "credential_accepted"}
    assert wallet.post("/notification", note).status_code == 204
    assert error_of(wallet.ask()) == "credential_request_denied"
    assert len(desk.issuer.statuses(now=desk.clock.now)) == 1


# --- F14: impossible records -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "record",
    [
        changed(VACCINATION, "vaccination", dose=3),
        changed(VACCINATION, "vaccination", date="2026-07-05"),
        changed(VACCINATION, birthDate="2026-06-01"),
        changed(VACCINATION, "vaccination", disease="icd10:RA01"),
    ],
    ids=["dose 3 of 2", "date in the future", "birth after vaccination", "unknown code"],
)
def test_f14_record_that_cannot_be_true_is_not_offered(
    desk: Desk, wallet: Wallet, record: JSONObject
) -> None:
    with pytest.raises(RecordError):
        desk.offer(record)
    assert wallet.client.post_json("/offers", {"record": record}).status_code == 400
    assert desk.issuance.offering.listed(now=desk.clock.now) == ()


# --- what is kept, and for how long ------------------------------------------------------------------


def test_no_code_and_no_token_is_in_the_database(desk: Desk, wallet: Wallet) -> None:
    created = desk.offer()
    wallet.redeem(created)
    reference = created.url.rpartition("/")[2]
    with desk.store.reading() as reading:
        rows = [
            str(tuple(row))
            for table in ("offers", "offer_tokens", "issuances", "audit_entries")
            if (found := offers.metadata.tables.get(table)) is not None
            for row in reading.connection.execute(found.select())
        ]
    assert rows
    for secret in (reference, code_of(created), str(created.tx_code), str(wallet.token)):
        assert not any(secret in row for row in rows)


def _kept_record(desk: Desk) -> str | None:
    with desk.store.reading() as reading:
        return reading.connection.execute(offers.select()).one().record


def test_record_is_forgotten_when_it_was_issued(desk: Desk, wallet: Wallet) -> None:
    wallet.redeem(desk.offer())
    assert _kept_record(desk) is not None
    wallet.ask()
    assert _kept_record(desk) is None


def test_record_is_forgotten_when_the_offer_ended(desk: Desk) -> None:
    desk.offer()
    desk.clock.now += LATER
    desk.issuance.offering.purge(now=desk.clock.now)
    assert _kept_record(desk) is None


def test_record_is_forgotten_when_nobody_used_the_token(desk: Desk, wallet: Wallet) -> None:
    wallet.redeem(desk.offer())
    desk.clock.advance(minutes=11)
    desk.issuance.offering.purge(now=desk.clock.now)
    assert _kept_record(desk) is None


def test_old_offers_are_forgotten_with_all_that_belongs_to_them(desk: Desk, wallet: Wallet) -> None:
    wallet.redeem(desk.offer())
    answer = wallet.ask().json()
    wallet.post(
        "/notification", {"notification_id": answer["notification_id"], "event": "credential_failure"}
    )
    desk.clock.advance(days=31)
    assert desk.issuance.offering.listed(now=desk.clock.now) == ()


def test_secrets_are_the_same_in_every_process(desk: Desk) -> None:
    other = Issuance(desk.config, desk.store, desk.issuer)
    assert other.encryption.jwk == desk.issuance.encryption.jwk
    assert other.encryption.key.secret_bytes == desk.issuance.encryption.key.secret_bytes
    nonce = other.nonce(now=desk.clock.now).c_nonce
    wallet = Wallet(desk)
    wallet.redeem(desk.offer())
    assert wallet.ask(proofs={"jwt": [wallet.jwt_proof(nonce=nonce)]}).status_code == 200
