"""issuer.app: the VC API, minting, status lists and the audit log over HTTP, each with its refusals."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from issuer.access import Role
from tests.asgi import Client
from tests.issuer.conftest import URL, Service
from tests.world import START, VACCINATION, changed
from vclib.did import resolver
from vclib.proofs import derive, proofs_of
from vclib.status import decode_list
from vclib.strict_json import JSONObject, dump_json, parse_json_object
from vclib.verification import Environment, verify_credential

MINTER, REVOKER, AUDITOR = Role.MINTER, Role.REVOKER, Role.AUDITOR
CREDENTIAL_ID = "urn:uuid:7c1e0a52-0b1c-4c0c-9d2c-1b7a5a0b4e55"


def _unsigned(service: Service, **changes: Any) -> JSONObject:
    """Any: JSON of every kind."""
    credential: JSONObject = {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "id": CREDENTIAL_ID,
        "type": ["VerifiableCredential"],
        "issuer": service.config.dids["P-256"],
        "credentialSubject": {"id": "did:example:alice", "name": "Alice Example"},
        **changes,
    }
    return {name: value for name, value in credential.items() if value is not ...}


def _issue(service: Service, credential: JSONObject | None = None, **options: Any) -> Any:
    body: JSONObject = {"credential": credential or _unsigned(service)}
    return service.ask(
        "POST", "/credentials/issue", body | ({"options": options} if options else {}), role=MINTER
    )


def _change(service: Service, purpose: str, *, status: bool, of: str = CREDENTIAL_ID, **entry: Any) -> Any:
    body: JSONObject = {
        "credentialId": of,
        "credentialStatus": {"type": "BitstringStatusListEntry", "statusPurpose": purpose, **entry},
        "status": status,
    }
    return service.ask("POST", "/credentials/status", body, role=REVOKER)


def _list(service: Service, purpose: str = "revocation", **headers: str) -> Any:
    return service.ask("GET", f"/status-lists/{purpose}-1", role=None, **headers)


def _set(service: Service, purpose: str = "revocation") -> list[int]:
    bits = decode_list(_list(service, purpose).json()["credentialSubject"]["encodedList"])
    return [index for index in range(len(bits)) if bits.get(index)]


def _indexes(credential: JSONObject) -> dict[str, int]:
    entries = credential["credentialStatus"]
    assert isinstance(entries, list)
    return {
        str(each["statusPurpose"]): int(str(each["statusListIndex"]))
        for each in entries
        if isinstance(each, dict)
    }


# --- issuing --------------------------------------------------------------------------------------


def test_what_is_issued_verifies_and_has_a_status_in_our_lists(service: Service) -> None:
    answer = _issue(service)
    assert answer.status_code == 201
    credential = answer.json()["verifiableCredential"]
    assert [proof["cryptosuite"] for proof in proofs_of(credential)] == ["ecdsa-sd-2023", "ecdsa-rdfc-2019"]
    entries = credential["credentialStatus"]
    assert [entry["statusListCredential"] for entry in entries] == [
        f"{URL}/status-lists/revocation-1",
        f"{URL}/status-lists/suspension-1",
    ]
    lists = {
        f"{URL}/status-lists/{purpose}-1": _list(service, purpose).json()
        for purpose in ("revocation", "suspension")
    }
    derived = derive(credential, selective_pointers=["/credentialSubject/name"])
    verified = verify_credential(derived, Environment(resolver(), START, fetch_status=lists.__getitem__))
    assert [status.is_set for status in verified.status] == [False, False]  # type: ignore[union-attr]
    assert service.events()[-1] == "mint"


def test_what_was_issued_can_be_fetched_until_it_is_forgotten(service: Service) -> None:
    issued = _issue(service)
    place = issued.headers["location"]
    for path in (place, f"/credentials/{CREDENTIAL_ID}"):
        assert service.ask("GET", path, role=MINTER).json() == issued.json()["verifiableCredential"]
    assert service.ask("DELETE", place, role=REVOKER).status_code == 202
    assert service.ask("GET", place, role=MINTER).status_code == 410
    assert service.ask("DELETE", place, role=MINTER).status_code == 410
    assert _change(service, "revocation", status=True).status_code == 200


def test_a_copy_is_not_kept_for_longer_than_the_settings_say(service: Service) -> None:
    place = _issue(service).headers["location"]
    service.clock.advance(days=7)
    assert service.ask("GET", place, role=MINTER).status_code == 410


@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.parametrize(("path", "status"), [("urn:uuid:unknown", 404), ("x" * 501, 400), ("%00", 404)])
def test_a_credential_that_is_not_there_is_told(
    service: Service, method: str, path: str, status: int
) -> None:
    assert service.ask(method, f"/credentials/{path}", role=MINTER).status_code == status


def test_the_beginning_of_a_record_id_is_not_enough_over_http(service: Service) -> None:
    place = _issue(service).headers["location"]
    assert service.ask("GET", place[:-1], role=MINTER).status_code == 404


def test_an_id_is_issued_once(service: Service) -> None:
    _issue(service)
    again = _issue(service)
    assert (again.status_code, again.json()["detail"]) == (400, "id: another credential was issued with it")


@pytest.mark.parametrize(
    ("changes", "title"),
    [
        ({"issuer": "did:web:other.example"}, "MALFORMED_VALUE_ERROR"),
        ({"extra": 1}, "PROOF_TRANSFORMATION_ERROR"),
        ({"credentialSubject": ...}, "MALFORMED_VALUE_ERROR"),
        ({"id": "urn:" + "x" * 600}, "MALFORMED_VALUE_ERROR"),
    ],
)
def test_what_does_not_conform_is_not_issued_and_leaves_nothing(
    service: Service, changes: JSONObject, title: str
) -> None:
    answer = _issue(service, _unsigned(service, **changes))
    assert (answer.status_code, answer.json()["title"]) == (400, title)
    with service.store.reading() as reading:
        assert list(reading.records()) == []


def test_an_unknown_option_is_refused(service: Service) -> None:
    assert _issue(service, foo=1).json()["title"] == "UNKNOWN_OPTION_PROVIDED"


def test_a_credential_of_data_model_1_1_gets_the_context_of_its_status(service: Service) -> None:
    older = _unsigned(
        service,
        **{"@context": ["https://www.w3.org/2018/credentials/v1"], "issuanceDate": "2026-06-01T00:00:00Z"},
    ) | {"credentialSubject": {"id": "did:example:alice"}}
    assert (
        "https://www.w3.org/ns/credentials/status/v1"
        in _issue(service, older).json()["verifiableCredential"]["@context"]
    )


def test_a_position_that_somebody_has_is_not_given_by_an_entry_of_the_caller(service: Service) -> None:
    """H9."""
    first = _issue(service).json()["verifiableCredential"]
    taken = copy.deepcopy(first["credentialStatus"][0])
    answer = _issue(service, _unsigned(service, id="urn:uuid:2", credentialStatus=taken))
    assert (answer.status_code, "is taken" in answer.json()["detail"]) == (400, True)
    free = taken | {"statusListIndex": str((int(taken["statusListIndex"]) + 1) % 131072)}
    assert _issue(service, _unsigned(service, id="urn:uuid:3", credentialStatus=free)).status_code == 201


@pytest.mark.parametrize("entry", [{"statusListIndex": "131072"}, {"statusPurpose": "suspension"}])
def test_an_entry_that_does_not_fit_our_list_is_refused(service: Service, entry: JSONObject) -> None:
    own = _issue(service).json()["verifiableCredential"]["credentialStatus"][0] | entry
    answer = _issue(service, _unsigned(service, id="urn:uuid:2", credentialStatus=own))
    assert (answer.status_code, "expected one entry that fits" in answer.json()["detail"]) == (400, True)


# --- status ---------------------------------------------------------------------------------------


def test_a_revocation_is_seen_by_every_worker_at_once_and_is_for_good(service: Service) -> None:
    credential = _issue(service).json()["verifiableCredential"]
    assert _set(service) == []
    assert _change(service, "revocation", status=True).status_code == 200
    assert _set(service) == [_indexes(credential)["revocation"]]
    assert _change(service, "revocation", status=True).status_code == 200
    assert _change(service, "revocation", status=False).json()["detail"] == "status: a revocation is for good"
    assert service.events().count("revoke") == 1


def test_a_suspension_can_be_ended(service: Service) -> None:
    credential = _issue(service).json()["verifiableCredential"]
    _change(service, "suspension", status=True)
    assert _set(service, "suspension") == [_indexes(credential)["suspension"]]
    _change(service, "suspension", status=False)
    assert (_set(service, "suspension"), _set(service)) == ([], [])


def test_the_entry_that_is_named_has_to_be_the_credentials(service: Service) -> None:
    credential = _issue(service).json()["verifiableCredential"]
    index = str(_indexes(credential)["revocation"])
    url = f"{URL}/status-lists/revocation-1"
    wrong = _change(service, "revocation", status=True, statusListIndex=str(int(index) + 1))
    assert (wrong.status_code, "in another place" in wrong.json()["detail"]) == (400, True)
    assert _change(service, "revocation", status=True, statusListCredential=f"{url}x").status_code == 400
    right = _change(service, "revocation", status=True, statusListIndex=index, statusListCredential=url)
    assert right.status_code == 200


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"credentialId": "urn:uuid:unknown"}, 404),
        ({"credentialStatus": {"type": "StatusList2021Entry", "statusPurpose": "revocation"}}, 400),
        ({"credentialStatus": {"type": "BitstringStatusListEntry", "statusPurpose": "message"}}, 400),
        ({"credentialStatus": {"type": "BitstringStatusListEntry"}}, 400),
        ({"status": "true"}, 400),
        ({"status": ...}, 400),
        ({"reason": "x"}, 400),
    ],
)
def test_a_change_that_cannot_be_is_refused(service: Service, body: dict[str, Any], status: int) -> None:
    _issue(service)
    complete: dict[str, Any] = {
        "credentialId": CREDENTIAL_ID,
        "credentialStatus": {"type": "BitstringStatusListEntry", "statusPurpose": "revocation"},
        "status": True,
        **body,
    }
    sent = {name: value for name, value in complete.items() if value is not ...}
    assert service.ask("POST", "/credentials/status", sent, role=REVOKER).status_code == status
    assert _set(service) == []


# --- status lists ---------------------------------------------------------------------------------


def test_a_new_list_has_room_for_a_crowd_and_serves_what_comes_next(service: Service) -> None:
    """H10."""
    _issue(service)
    begun = service.ask("POST", "/status-lists", {"statusPurpose": "revocation"}, role=REVOKER)
    assert (begun.status_code, begun.headers["location"]) == (201, f"{URL}/status-lists/revocation-2")
    served = service.ask("GET", "/status-lists/revocation-2", role=None).json()
    assert served["id"] == f"{URL}/status-lists/revocation-2"
    assert len(decode_list(served["credentialSubject"]["encodedList"])) == 131_072
    next_one = _issue(service, _unsigned(service, id="urn:uuid:2")).json()["verifiableCredential"]
    assert next_one["credentialStatus"][0]["statusListCredential"] == f"{URL}/status-lists/revocation-2"


@pytest.mark.parametrize(
    "body",
    [
        {"statusPurpose": "message"},
        {"statusPurpose": "../x"},
        {},
        {"statusPurpose": "revocation", "id": "https://other.example/list"},
        {"statusPurpose": "revocation", "length": 8},
        {"statusPurpose": "revocation", "options": {"length": 8}},
    ],
)
def test_no_other_list_is_begun(service: Service, body: JSONObject) -> None:
    """H10: least of all a short one."""
    assert service.ask("POST", "/status-lists", body, role=REVOKER).status_code == 400
    assert service.ask("GET", "/status-lists/revocation-1", role=None).status_code == 404


def test_a_list_is_public_and_cached_and_verifies(service: Service) -> None:
    """H12: whole, and without anything that says whom it is about."""
    _issue(service)
    answer = _list(service)
    assert answer.headers["content-type"] == "application/vc"
    assert answer.headers["cache-control"] == "public, max-age=3600"
    assert answer.json()["credentialSubject"]["ttl"] == 3_600_000
    verified = verify_credential(answer.json(), Environment(resolver(), START))
    assert verified.credential.issuer_id == service.config.dids["P-256"]
    assert service.ask("GET", "/status-lists/revocation-1.json", role=None).content == answer.content


def test_a_list_is_sent_again_only_when_it_has_changed(service: Service) -> None:
    _issue(service)
    tag = _list(service).headers["etag"]
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        answer = _list(service, if_none_match=known)
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)
    assert _list(service, if_none_match='"other"').status_code == 200
    _change(service, "revocation", status=True)
    assert _list(service, if_none_match=tag).status_code == 200


@pytest.mark.parametrize("name", ["revocation-2", "message-1", "x" * 200, "..%2Fissuer.toml", "%00"])
def test_a_list_that_there_is_not_is_404(service: Service, name: str) -> None:
    _issue(service)
    assert service.ask("GET", f"/status-lists/{name}", role=None).status_code == 404


def test_a_list_is_signed_anew_by_whoever_serves_it_before_it_ends(service: Service) -> None:
    _issue(service)
    first = _list(service)
    service.clock.advance(days=19)
    assert _list(service).content == first.content
    service.clock.advance(days=2)
    again = _list(service)
    assert (again.json()["validFrom"], again.json()["validUntil"]) == (
        "2026-07-22T12:00:00Z",
        "2026-08-21T12:00:00Z",
    )
    assert again.headers["etag"] != first.headers["etag"]
    assert _list(service).content == again.content


def test_a_newer_list_never_looks_older(service: Service) -> None:
    """H7, the issuer's part: a machine whose clock is behind changes a list after another one."""
    _issue(service)
    _change(service, "suspension", status=True)
    service.clock.advance(minutes=-5)
    _change(service, "suspension", status=False)
    assert _list(service, "suspension").json()["validFrom"] == "2026-07-01T12:00:00Z"
    assert _set(service, "suspension") == []


# --- minting --------------------------------------------------------------------------------------


def _mint(service: Service, record: JSONObject = VACCINATION, key: str | None = None, **options: Any) -> Any:
    body: JSONObject = {"record": record, "options": {"unbound": True} | options}
    headers = {"idempotency_key": key} if key else {}
    return service.ask("POST", "/mint", body, role=MINTER, **headers)


def test_a_record_is_minted(service: Service) -> None:
    answer = _mint(service)
    assert answer.status_code == 201
    assert "VaccinationStatusCredential" in answer.json()["verifiableCredential"]["type"]
    with service.store.reading() as reading:
        (record,) = reading.records()
        assert reading.waiting() == ()
    assert record.record_id == answer.json()["recordId"]


def test_asking_again_under_one_key_gives_the_credential_minted_first(service: Service) -> None:
    """F10."""
    first, again = _mint(service, key="a"), _mint(service, key="a")
    assert again.json() == first.json()
    other = _mint(service, key="b")
    assert (other.status_code, "minted before as" in other.json()["detail"]) == (400, True)
    another_record = _mint(service, changed(VACCINATION, name="Mallory"), key="a")
    assert (another_record.status_code, "under this key" in another_record.json()["detail"]) == (400, True)
    with service.store.reading() as reading:
        assert len(list(reading.records())) == 1


def test_what_was_delivered_and_forgotten_is_refused_cleanly(service: Service) -> None:
    """F10."""
    _mint(service, key="a")
    service.clock.advance(days=8)
    assert _mint(service, key="a").status_code == 410


@pytest.mark.parametrize(
    "record",
    [
        changed(VACCINATION, "vaccination", dose=3),
        changed(VACCINATION, "vaccination", date="2026-07-03"),
        changed(VACCINATION, birthDate="2026-06-01"),
        changed(VACCINATION, "vaccination", vaccine="icd11:nothing"),
        changed(VACCINATION, "vaccination", country="XXX"),
        {},
    ],
)
def test_an_impossible_record_is_not_signed(service: Service, record: JSONObject) -> None:
    """F14."""
    answer = _mint(service, record)
    assert answer.status_code == 400
    assert "Aulus" not in answer.text
    with service.store.reading() as reading:
        assert list(reading.records()) == []


@pytest.mark.parametrize(
    "options",
    [
        {"unbound": "yes"},
        {"validDays": True},
        {"validFrom": "yesterday"},
        {"cryptosuite": "rot13"},
        {"mandatoryPointers": "/hcid"},
        {"holder": "did:web:wallet.example"},
        {"foo": 1},
    ],
)
def test_options_that_do_not_fit_are_the_callers_mistake(service: Service, options: JSONObject) -> None:
    assert _mint(service, **options).status_code == 400


# --- who may, and what goes wrong -----------------------------------------------------------------

ROUTES = [
    ("POST", "/credentials/issue", {MINTER}),
    ("POST", "/credentials/status", {REVOKER}),
    ("POST", "/status-lists", {REVOKER}),
    ("GET", "/credentials/x", {MINTER}),
    ("DELETE", "/credentials/x", {MINTER, REVOKER}),
    ("POST", "/mint", {MINTER}),
    ("POST", "/offers", {MINTER}),
    ("GET", "/audit", {AUDITOR}),
]
# For wallets and verifiers; what of these needs a wallet's own token is in test_oid4vci.py.
PUBLIC = {
    "/status-lists/{name}",
    "/.well-known/openid-credential-issuer",
    "/.well-known/oauth-authorization-server",
    "/offers/{reference}",
    "/token",
    "/nonce",
    "/credential",
    "/deferred_credential",
    "/notification",
}


@pytest.mark.parametrize(("method", "path", "roles"), ROUTES)
def test_every_management_call_needs_its_role(
    service: Service, method: str, path: str, roles: set[Role]
) -> None:
    """F17."""
    assert service.ask(method, path, {}, role=None).status_code == 401
    for role in Role:
        status = service.ask(method, path, {}, role=role).status_code
        assert (status == 403) == (role not in roles), role


def test_every_route_is_in_that_table_or_public(service: Service) -> None:
    paths = {path.replace("{credential_id}", "x") for path in service.app().openapi()["paths"]}
    assert paths == {path for _, path, _ in ROUTES} | PUBLIC


def test_a_token_is_looked_at_before_the_body(service: Service) -> None:
    answer = Client(service.app()).ask(
        "POST", "/credentials/issue", content=b"{", headers={"content-type": "text/html"}
    )
    assert answer.status_code == 401


def test_the_audit_log_is_read_in_pieces(service: Service) -> None:
    _issue(service)
    _change(service, "revocation", status=True)
    read = service.ask("GET", "/audit?after=1&limit=2", role=AUDITOR).json()
    assert [entry["sequence"] for entry in read["log"]] == [2, 3]
    assert read["entries"] > 3
    assert "Alice" not in str(read)
    assert service.ask("GET", "/audit?limit=100000", role=AUDITOR).status_code == 400


def test_a_change_says_in_the_log_by_whose_token_it_was(service: Service) -> None:
    _issue(service)
    _change(service, "revocation", status=True)
    with service.store.reading() as reading:
        told = {entry.event: dict(entry.details) for entry in reading.audit_entries()}
    assert told["mint"].keys() == {"record", "kind", "suite", "sha256", "token"}
    assert told["revoke"].keys() == {"record", "token"}


def test_without_its_database_the_service_signs_nothing_and_recovers(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """M11: the same worker before, meanwhile and afterwards."""
    _issue(service)
    tokens = {role: service.token(role) for role in Role}
    client = Client(service.app())
    path, aside = service.config.home / "issuer.sqlite", service.config.home / "aside"
    calls = [
        ("POST", "/credentials/issue", MINTER, {"credential": _unsigned(service, id="urn:uuid:2")}),
        ("POST", "/mint", MINTER, {"record": VACCINATION, "options": {"unbound": True}}),
        ("POST", "/status-lists", REVOKER, {"statusPurpose": "revocation"}),
        ("GET", f"/credentials/{CREDENTIAL_ID}", MINTER, {}),
        ("GET", "/status-lists/revocation-1", MINTER, {}),
        ("GET", "/audit", AUDITOR, {}),
    ]

    def statuses() -> list[int]:
        return [
            client.ask(
                method,
                where,
                content=dump_json(body).encode(),
                headers={"authorization": f"Bearer {tokens[role]}", "content-type": "application/json"},
            ).status_code
            for method, where, role, body in calls
        ]

    with monkeypatch.context() as meanwhile:
        for signing in ("vc_api.add_proof", "signing.prepare_proof_set", "lists.add_proof"):
            meanwhile.setattr(f"issuer.{signing}", pytest.fail)
        service.store.close()
        path.rename(aside)
        path.mkdir()
        assert statuses() == [503] * len(calls)
    path.rmdir()
    aside.rename(path)
    assert statuses() == [201, 201, 201, 200, 200, 200]


def test_stored_text_is_what_is_served(service: Service) -> None:
    _issue(service)
    with service.store.reading() as reading:
        published = reading.lists.published_as("revocation-1")
    assert published is not None
    assert parse_json_object(_list(service).content) == parse_json_object(published.signed.document)
    assert _list(service).content.decode() == published.signed.document
