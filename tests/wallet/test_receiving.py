"""wallet.receiving: what is offered, what is redeemed, what is kept and what is refused."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest

from protocols.oid4vci import (
    InvalidGrantError,
    InvalidMessageError,
    InvalidMetadataError,
    InvalidNonceError,
    InvalidOfferError,
    InvalidTokenError,
    TxCode,
    offer_reference_uri,
)
from runtime.exchange import Answer, Exchanger
from tests.wallet.conftest import outcomes
from tests.wallet.scripted import CODE, ISSUER, NAME, TOKEN, TX_CODE, ScriptedIssuer, mint_for
from tests.world import RECOVERY, VACCINATION, World, changed
from vclib.errors import ConfigurationError, FetchError, FetchRefusedError, UnsupportedKeyError
from vclib.keys import KeyType
from vclib.strict_json import JSONObject
from wallet.holder import Holder
from wallet.issuer_client import IssuerClient
from wallet.receiving import Choice, Receiver


def never_asked(tx_code: TxCode, attempt: int) -> str:
    raise AssertionError("a transaction code was asked for")


@pytest.fixture
def issuer(world: World) -> ScriptedIssuer:
    return ScriptedIssuer(world)


@pytest.fixture
def receiver(issuer: ScriptedIssuer, holder: Holder, world: World) -> Receiver:
    return Receiver(holder, IssuerClient(issuer), sleep=lambda seconds: world.clock.advance(seconds=seconds))


def receive(receiver: Receiver, issuer: ScriptedIssuer, choice: Choice | None = None) -> Any:
    return receiver.receive(receiver.plan(issuer.link, choice), lambda tx_code, attempt: TX_CODE)


# --- what is offered ----------------------------------------------------------------------------


def test_a_plan_says_who_offers_what_and_redeems_nothing(receiver: Receiver, issuer: ScriptedIssuer) -> None:
    issuer.tx_code = TxCode(length=6)
    planned = receiver.plan(issuer.link)
    assert (planned.issuer, planned.issuer_name) == (ISSUER, "Ministry of Health")
    assert [item.title for item in planned.credentials] == ["Vaccination certificate"]
    assert planned.key == receiver.holder.keys()[0].did
    assert planned.tx_code == TxCode(length=6)
    assert issuer.paths() == [
        "/.well-known/openid-credential-issuer",
        "/.well-known/oauth-authorization-server",
    ]


def test_an_offer_by_reference_is_fetched(receiver: Receiver, issuer: ScriptedIssuer) -> None:
    planned = receiver.plan(offer_reference_uri(f"{ISSUER}/offers/1"))
    assert planned.offer == issuer.offer


def test_metadata_of_another_issuer_stop_the_wallet(receiver: Receiver, issuer: ScriptedIssuer) -> None:
    """F11: also if it differs by a slash only."""
    for other in ("https://evil.example", f"{ISSUER}/", ISSUER.upper()):
        issuer.says_it_is = other
        with pytest.raises(InvalidMetadataError, match="the metadata are those of another issuer"):
            receiver.plan(issuer.link)
    assert "/token" not in issuer.paths()


@pytest.mark.parametrize(
    "reference", ["http://issuer.example/o", "file:///etc/passwd", "javascript:alert(1)"]
)
def test_an_offer_that_is_not_https_is_not_followed(
    receiver: Receiver, issuer: ScriptedIssuer, reference: str
) -> None:
    """F12."""
    offer = {**issuer.offer.to_json(), "credential_issuer": reference}
    with pytest.raises(InvalidOfferError):
        receiver.plan(offer_reference_uri(reference))
    with pytest.raises(InvalidOfferError):
        receiver.plan(f"openid-credential-offer://?credential_offer={json.dumps(offer)}")
    assert issuer.requests == []


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1"])
def test_an_offer_that_leads_to_a_private_address_is_not_followed(holder: Holder, address: str) -> None:
    """F12."""
    client = IssuerClient(Exchanger(resolve_host=lambda host, port: (address,)))
    with pytest.raises(FetchRefusedError, match="is not a public address"):
        Receiver(holder, client).plan(offer_reference_uri("https://issuer.example/offers/1"))


def test_loopback_is_refused_unless_it_is_allowed(holder: Holder, issuer: ScriptedIssuer) -> None:
    """F12."""
    issuer.identifier = "http://localhost:8080"
    with pytest.raises(InvalidOfferError, match="expected an https URL"):
        Receiver(holder, IssuerClient(issuer)).plan(issuer.link)
    planned = Receiver(holder, IssuerClient(issuer, allow_loopback=True)).plan(issuer.link)
    assert planned.issuer == "http://localhost:8080"


def test_an_offer_without_a_code_is_refused(receiver: Receiver, issuer: ScriptedIssuer) -> None:
    offer = {"credential_issuer": ISSUER, "credential_configuration_ids": [NAME]}
    with pytest.raises(InvalidOfferError, match="sign-in at the issuer in a browser"):
        receiver.plan(f"openid-credential-offer://?credential_offer={json.dumps(offer)}")


def test_an_offer_of_what_the_issuer_does_not_describe_is_refused(
    receiver: Receiver, issuer: ScriptedIssuer
) -> None:
    offer = {**issuer.offer.to_json(), "credential_configuration_ids": ["Passport"]}
    with pytest.raises(InvalidOfferError, match="'Passport' cannot be received: the issuer does not"):
        receiver.plan(f"openid-credential-offer://?credential_offer={json.dumps(offer)}")


def test_a_key_is_chosen_by_name_where_there_are_several(receiver: Receiver, issuer: ScriptedIssuer) -> None:
    receiver.holder.new_key("Ben", KeyType.ED25519)
    with pytest.raises(ConfigurationError, match="the wallet has 2 keys: say which"):
        receiver.plan(issuer.link)
    with pytest.raises(ConfigurationError, match="the wallet has no key called 'Carla'"):
        receiver.plan(issuer.link, Choice(key="Carla"))
    assert receiver.plan(issuer.link, Choice(key="Ben")).key == receiver.holder.keys()[1].did


def test_a_key_that_the_issuer_does_not_take_is_found_out_before_anything_is_redeemed(
    receiver: Receiver, issuer: ScriptedIssuer
) -> None:
    issuer.proof_types = {"jwt": ("EdDSA",)}
    with pytest.raises(UnsupportedKeyError, match="no key proof that the P-256 key 'Anna' can make"):
        receiver.plan(issuer.link)


def test_copies_are_as_many_as_the_issuer_gives(receiver: Receiver, issuer: ScriptedIssuer) -> None:
    with pytest.raises(ConfigurationError, match="gives 1 to 1 copies at once, asked for 2"):
        receiver.plan(issuer.link, Choice(copies=2))
    issuer.batch_size = 4
    with pytest.raises(ConfigurationError, match="gives 1 to 4 copies"):
        receiver.plan(issuer.link, Choice(copies=5))


def test_declining_is_remembered_and_redeems_nothing(receiver: Receiver, issuer: ScriptedIssuer) -> None:
    receiver.decline(receiver.plan(issuer.link))
    assert outcomes(receiver.holder)[-1] == ("receive", "declined")
    assert "/token" not in issuer.paths()


# --- redeeming ----------------------------------------------------------------------------------


@pytest.mark.parametrize("key_type", [KeyType.P256, KeyType.ED25519])
@pytest.mark.parametrize(
    "proof_types",
    [{"jwt": ("ES256", "Ed25519")}, {"di_vp": ("ecdsa-rdfc-2019", "eddsa-rdfc-2022")}],
)
def test_a_credential_is_received_checked_and_kept(
    receiver: Receiver, issuer: ScriptedIssuer, key_type: KeyType, proof_types: Any
) -> None:
    receiver.holder.new_key("Ben", key_type)
    issuer.proof_types = proof_types
    result = receive(receiver, issuer, Choice(key="Ben"))
    (view,) = receiver.holder.credentials()
    assert view.key_name == "Ben"
    assert [stored.added.view for stored in result.stored] == [view]
    assert [event.event for event in issuer.events] == ["credential_accepted"]
    assert outcomes(receiver.holder)[-2:] == [("add", "done"), ("receive", "done")]
    assert receiver.unfinished == 0


def test_the_signer_is_told_apart_from_the_address(receiver: Receiver, issuer: ScriptedIssuer) -> None:
    (stored,) = receive(receiver, issuer).stored
    (note,) = stored.notes
    assert note.startswith("signed by did:key:zDna")
    assert note.endswith("that this is who offered it (issuer.example) is only that address's word")


def test_an_issuer_that_uses_no_nonce_gets_none(receiver: Receiver, issuer: ScriptedIssuer) -> None:
    issuer.nonce_endpoint = False
    assert len(receive(receiver, issuer).stored) == 1
    assert "/nonce" not in issuer.paths()


def test_requests_and_answers_are_encrypted_where_the_issuer_offers_it(
    receiver: Receiver, issuer: ScriptedIssuer
) -> None:
    issuer.encrypted = True
    assert len(receive(receiver, issuer).stored) == 1
    (body,) = [body for _, path, _, body in issuer.requests if path == "/credential"]
    assert body.count(b".") == 4


def test_an_answer_in_clear_is_refused_where_encryption_was_asked_for(
    holder: Holder, issuer: ScriptedIssuer
) -> None:
    issuer.encrypted = True

    def in_clear(method: str, url: str, **sent: Any) -> Answer:
        answer = issuer(method, url, **sent)
        if url.endswith("/credential"):
            return Answer(200, {"content-type": "application/json"}, b'{"credentials": []}')
        return answer

    receiver = Receiver(holder, IssuerClient(in_clear))
    with pytest.raises(InvalidMessageError, match="answers in clear, though encryption was asked"):
        receive(receiver, issuer)
    assert holder.credentials() == []


def test_copies_are_bound_to_a_new_key_each_and_are_for_one_use(
    receiver: Receiver, issuer: ScriptedIssuer
) -> None:
    issuer.batch_size = 8
    result = receive(receiver, issuer, Choice(copies=3))
    views = receiver.holder.credentials()
    assert len(result.stored) == len(views) == 3
    assert all(view.single_use for view in views)
    assert len({view.bound_to for view in views}) == 3
    assert receiver.holder.keys()[0].did not in {did for view in views for did in view.bound_to}


def test_a_wrong_transaction_code_can_be_typed_again(receiver: Receiver, issuer: ScriptedIssuer) -> None:
    issuer.tx_code = TxCode(length=6)
    attempts: list[int] = []

    def ask(tx_code: TxCode, attempt: int) -> str:
        attempts.append(attempt)
        return TX_CODE if attempt == 3 else "000000"

    result = receiver.receive(receiver.plan(issuer.link), ask)
    assert (attempts, len(result.stored)) == ([1, 2, 3], 1)


def test_a_transaction_code_is_not_tried_for_ever(receiver: Receiver, issuer: ScriptedIssuer) -> None:
    issuer.tx_code = TxCode()
    with pytest.raises(InvalidGrantError):
        receiver.receive(receiver.plan(issuer.link), lambda tx_code, attempt: "000000")
    assert issuer.paths().count("/token") == 5
    assert outcomes(receiver.holder)[-1] == ("receive", "failed")


def test_without_a_transaction_code_none_is_asked_for_or_sent(
    receiver: Receiver, issuer: ScriptedIssuer
) -> None:
    assert len(receiver.receive(receiver.plan(issuer.link), never_asked).stored) == 1
    (body,) = [body for _, path, _, body in issuer.requests if path == "/token"]
    assert b"tx_code" not in body


def test_a_stale_nonce_is_replaced_once(receiver: Receiver, issuer: ScriptedIssuer) -> None:
    """F5: one new nonce and one more try."""
    issuer.stale_nonces = 1
    assert len(receive(receiver, issuer).stored) == 1
    assert (issuer.paths().count("/nonce"), issuer.paths().count("/credential")) == (2, 2)


def test_a_stale_nonce_is_not_replaced_for_ever(receiver: Receiver, issuer: ScriptedIssuer) -> None:
    """F5."""
    issuer.stale_nonces = 99
    with pytest.raises(InvalidNonceError):
        receive(receiver, issuer)
    assert issuer.paths().count("/credential") == 2


# --- lost answers -------------------------------------------------------------------------------


@pytest.mark.parametrize("lost", ["/credential", "/nonce"])
def test_the_same_command_completes_what_a_lost_answer_interrupted(
    receiver: Receiver, issuer: ScriptedIssuer, lost: str
) -> None:
    """F10: the code is spent, and yet nothing is lost and nothing is issued twice."""
    issuer.tx_code = TxCode()
    issuer.lose = {lost}
    with pytest.raises(FetchError):
        receive(receiver, issuer)
    assert receiver.unfinished == 1

    planned = receiver.plan(issuer.link)
    assert (planned.begun, planned.tx_code) == (True, None)
    result = receiver.receive(planned, never_asked)
    assert len(result.stored) == len(receiver.holder.credentials()) == 1
    assert len(issuer.minted) == 1
    assert issuer.paths().count("/token") == 1
    assert receiver.unfinished == 0


def test_lost_copies_come_under_the_same_keys(receiver: Receiver, issuer: ScriptedIssuer) -> None:
    """F10."""
    issuer.batch_size = 8
    issuer.lose = {"/credential"}
    with pytest.raises(FetchError):
        receive(receiver, issuer, Choice(copies=2))
    assert len(receive(receiver, issuer).stored) == 2
    assert len(issuer.minted) == 2
    assert len(receiver.holder.keys()) == 3


def test_what_was_interrupted_can_be_resumed_after_the_wallet_was_closed(
    receiver: Receiver, issuer: ScriptedIssuer, world: World
) -> None:
    """F10."""
    issuer.lose = {"/credential"}
    with pytest.raises(FetchError):
        receive(receiver, issuer)
    path = receiver.holder.path
    receiver.holder.close()
    with Holder.open(
        path, "correct horse battery", resolve=receiver.holder._resolve, clock=lambda: world.clock.now
    ) as again:
        assert len(Receiver(again, IssuerClient(issuer)).resume().stored) == 1
        assert again.credentials()[0].key_name == "Anna"


def test_an_issuance_whose_token_has_ended_is_given_up(receiver: Receiver, issuer: ScriptedIssuer) -> None:
    issuer.lose = {"/credential"}
    with pytest.raises(FetchError):
        receive(receiver, issuer)

    def refusing(method: str, url: str, **sent: Any) -> Answer:
        if url.endswith("/credential"):
            return Answer(401, {"www-authenticate": 'Bearer error="invalid_token"'}, b"")
        return issuer(method, url, **sent)

    other = Receiver(receiver.holder, IssuerClient(refusing))
    with pytest.raises(InvalidTokenError):
        other.resume()
    assert other.unfinished == 0


# --- deferred -----------------------------------------------------------------------------------


def test_a_deferred_credential_is_asked_for_at_its_time(
    receiver: Receiver, issuer: ScriptedIssuer, world: World
) -> None:
    issuer.deferrals = 2
    result = receive(receiver, issuer)
    assert (result.stored, len(result.waiting)) == ((), 1)

    assert len(receiver.resume().waiting) == 1
    assert "/deferred" not in issuer.paths()
    world.clock.advance(seconds=5)
    assert len(receiver.resume().waiting) == 1
    world.clock.advance(seconds=5)
    assert len(receiver.resume().stored) == 1
    assert issuer.paths().count("/deferred") == 2
    assert receiver.unfinished == 0


def test_waiting_keeps_to_the_interval_and_to_the_time_given(
    receiver: Receiver, issuer: ScriptedIssuer
) -> None:
    issuer.deferrals = 1000
    receive(receiver, issuer)
    assert len(receiver.resume(wait=31).waiting) == 1
    assert issuer.paths().count("/deferred") == 6


def test_a_deferred_credential_is_encrypted_too(receiver: Receiver, issuer: ScriptedIssuer) -> None:
    issuer.encrypted, issuer.deferrals = True, 1
    receive(receiver, issuer)
    assert len(receiver.resume(wait=5).stored) == 1


# --- what is not as it was offered --------------------------------------------------------------

Change = Callable[[JSONObject, int], JSONObject]


def _other_record(world: World) -> Change:
    return lambda document, number: mint_for(world, RECOVERY, _subject(document))


def _subject(document: JSONObject) -> str:
    subject = document["credentialSubject"]
    assert isinstance(subject, dict)
    return str(subject["id"])


def _for_another_key(world: World) -> Change:
    return lambda document, number: world.mint(VACCINATION, world.person(33))


def _for_nobody(world: World) -> Change:
    return lambda document, number: world.mint(VACCINATION, unbound=True, again=True)


def _tampered(world: World) -> Change:
    return lambda document, number: {**document, "validUntil": "2099-01-01T00:00:00Z"}


def _unsigned(world: World) -> Change:
    return lambda document, number: {name: document[name] for name in document if name != "proof"}


def _expired(world: World) -> Change:
    def change(document: JSONObject, number: int) -> JSONObject:
        world.clock.advance(days=800)
        return document

    return change


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (_other_record, "not-as-offered"),
        (_for_another_key, "holder-binding"),
        (_for_nobody, "not-as-offered"),
        (_tampered, "invalid-signature"),
        (_unsigned, "no-proof"),
        (_expired, "not-as-offered"),
    ],
)
def test_a_credential_that_is_not_as_offered_is_not_kept_and_the_issuer_is_told(
    world: World, receiver: Receiver, issuer: ScriptedIssuer, make: Callable[[World], Change], code: str
) -> None:
    """F13."""
    issuer.change = make(world)
    result = receive(receiver, issuer)
    assert receiver.holder.credentials() == []
    assert result.stored == ()
    assert [event.event for event in issuer.events] == ["credential_failure"]
    assert ("receive", "refused") in outcomes(receiver.holder)
    assert receiver.unfinished == 0
    (err,) = result.refused
    assert err.code == code


def test_a_credential_of_another_issuer_than_expected_is_not_kept(
    receiver: Receiver, issuer: ScriptedIssuer, world: World
) -> None:
    """F13."""
    result = receive(receiver, issuer, Choice(issuer="did:key:zDnaeSomebodyElse"))
    assert [err.code for err in result.refused] == ["not-as-offered"]
    assert receiver.holder.credentials() == []


def test_a_credential_of_the_expected_issuer_is_kept(
    receiver: Receiver, issuer: ScriptedIssuer, world: World
) -> None:
    expected = str(world.mint(RECOVERY, unbound=True)["issuer"]["id"])  # type: ignore[index,call-overload]
    (stored,) = receive(receiver, issuer, Choice(issuer=expected)).stored
    assert stored.notes == (f"signed by {expected}, as expected",)


def test_a_partly_stored_batch_is_a_failure(receiver: Receiver, issuer: ScriptedIssuer, world: World) -> None:
    """F13, VCI 11.1: what is right is kept, and the issuer learns that not all was."""
    issuer.batch_size = 8
    issuer.change = lambda document, number: (
        {**document, "validUntil": "2099-01-01T00:00:00Z"} if number == 1 else document
    )
    result = receive(receiver, issuer, Choice(copies=3))
    assert (len(result.stored), len(result.refused)) == (2, 1)
    assert [event.event for event in issuer.events] == ["credential_failure"]


def test_copies_that_say_different_things_are_not_kept_together(
    receiver: Receiver, issuer: ScriptedIssuer, world: World
) -> None:
    """F13: another name in the second copy."""

    def change(document: JSONObject, number: int) -> JSONObject:
        holder = _subject(document)
        if number == 1:
            return mint_for(world, changed(VACCINATION, name="Numerius Negidius"), holder)
        return document

    issuer.batch_size = 8
    issuer.change = change
    result = receive(receiver, issuer, Choice(copies=2))
    assert (len(result.stored), [err.code for err in result.refused]) == (1, ["not-as-offered"])


def test_one_credential_for_all_copies_is_not_counted_twice(
    receiver: Receiver, issuer: ScriptedIssuer
) -> None:
    """F13: the same key twice in a batch."""
    first: list[JSONObject] = []

    def change(document: JSONObject, number: int) -> JSONObject:
        first.append(document)
        return first[0]

    issuer.batch_size = 8
    issuer.change = change
    result = receive(receiver, issuer, Choice(copies=2))
    assert (len(result.stored), len(result.refused)) == (1, 1)


def test_an_issuer_that_cannot_be_told_is_a_warning(receiver: Receiver, issuer: ScriptedIssuer) -> None:
    issuer.notifications_fail = True
    result = receive(receiver, issuer)
    assert len(result.stored) == 1
    assert result.warnings == (
        "the issuer could not be told what became of the credential: the host is down",
    )


# --- what appears nowhere -----------------------------------------------------------------------


def test_codes_and_tokens_appear_in_nothing_that_is_shown_or_kept_readable(
    receiver: Receiver, issuer: ScriptedIssuer, caplog: pytest.LogCaptureFixture
) -> None:
    """K8."""
    issuer.tx_code = TxCode()
    issuer.lose = {"/credential"}
    with caplog.at_level(logging.DEBUG):
        planned = receiver.plan(issuer.link)
        with pytest.raises(FetchError) as lost:
            receiver.receive(planned, lambda tx_code, attempt: TX_CODE)
        kept = receiver.holder.path.read_bytes()
        result = receive(receiver, issuer)
        with pytest.raises(InvalidGrantError) as refused:
            receive(receiver, issuer)
    history = json.dumps([entry.to_json() for entry in receiver.holder.history()])
    shown = [repr(planned), repr(result), str(lost.value), str(refused.value), history, caplog.text]
    for secret in (CODE, TOKEN, TX_CODE):
        assert not any(secret in text for text in shown)
        assert secret.encode() not in kept
