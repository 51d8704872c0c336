"""issuer.access: a token opens what its role allows, as long as it lasts, and refusals leave a trace."""

from __future__ import annotations

from datetime import timedelta

import pytest

from issuer.access import AccessToken, Role, create_token, list_tokens, revoke_token
from tests.asgi import Client
from tests.issuer.conftest import Service
from tests.world import START
from vclib.errors import ConfigurationError

AUDIT = "/audit"


def _authorized(service: Service, *authorization: str) -> tuple[int, str]:
    """Ask for the audit log; return the status and the challenge."""
    headers = [("authorization", value) for value in authorization]
    answer = Client(service.app()).ask("GET", AUDIT, headers=headers)
    return answer.status_code, answer.headers.get("www-authenticate", "")


def test_a_token_of_the_role_is_let_in(service: Service) -> None:
    token = service.token(Role.AUDITOR)
    assert _authorized(service, f"Bearer {token}") == (200, "")
    assert _authorized(service, f"bearer {token}")[0] == 200


@pytest.mark.parametrize(
    "authorization",
    [(), ("Basic YTpi",), ("Bearer",), ("Bearer a b",), ("Bearer x", "Bearer y")],
)
def test_without_a_bearer_token_the_scheme_is_asked_for(
    service: Service, authorization: tuple[str, ...]
) -> None:
    """F17, RFC 6750 section 3.1: no error code where there was no token."""
    assert _authorized(service, *authorization) == (401, 'Bearer realm="ddcc issuer"')


def test_a_foreign_token_is_refused(service: Service) -> None:
    """F17: another issuer's token opens nothing here."""
    assert _authorized(service, "Bearer " + "A" * 43) == (
        401,
        'Bearer realm="ddcc issuer", error="invalid_token"',
    )


def test_an_expired_token_is_refused(service: Service) -> None:
    token = service.token(Role.AUDITOR)
    service.clock.advance(days=90)
    assert _authorized(service, f"Bearer {token}")[0] == 401


def test_a_revoked_token_is_refused_at_once(service: Service) -> None:
    token, kept = create_token(service.store, name="x", role=Role.AUDITOR, days=1, now=START)
    assert _authorized(service, f"Bearer {token}")[0] == 200
    revoke_token(service.store, kept.token_id, now=START)
    assert _authorized(service, f"Bearer {token}")[0] == 401
    with pytest.raises(ConfigurationError, match="no token that could be revoked"):
        revoke_token(service.store, kept.token_id, now=START)


@pytest.mark.parametrize("role", [Role.MINTER, Role.REVOKER])
def test_a_token_of_another_role_is_forbidden(service: Service, role: Role) -> None:
    """F17."""
    assert _authorized(service, f"Bearer {service.token(role)}") == (
        403,
        'Bearer realm="ddcc issuer", error="insufficient_scope", scope="auditor"',
    )


def test_refusals_are_audited_without_the_token(service: Service) -> None:
    """F17."""
    token = service.token(Role.MINTER)
    _authorized(service, f"Bearer {token}")
    _authorized(service, "Bearer secret-of-somebody-else")
    with service.store.reading() as reading:
        entries = list(reading.audit_entries())
    (kept,) = list_tokens(service.store)
    assert [(entry.event, dict(entry.details)) for entry in entries[1:]] == [
        ("refused", {"why": "wrong-role", "needed": "auditor", "token": kept.token_id}),
        ("refused", {"why": "unknown-token", "needed": "auditor"}),
    ]
    assert token not in str(entries)
    assert "secret" not in str(entries)


def test_a_stranger_cannot_fill_the_log(service: Service) -> None:
    """Of many refusals of one kind one a minute is written, and how many were not."""
    client = Client(service.app())
    for _ in range(20):
        assert client.get(AUDIT).status_code == 401
    service.clock.advance(minutes=1)
    client.get(AUDIT)
    with service.store.reading() as reading:
        written = [dict(entry.details) for entry in reading.audit_entries()]
    assert written == [
        {"why": "no-token", "needed": "auditor"},
        {"why": "no-token", "needed": "auditor", "unwritten": "19"},
    ]


def test_only_the_digest_of_a_token_is_kept(service: Service) -> None:
    token, kept = create_token(service.store, name="Clinic 7", role=Role.MINTER, days=30, now=START)
    assert len(token) == 43
    assert list_tokens(service.store) == [kept]
    assert kept == AccessToken(
        kept.token_id, "Clinic 7", Role.MINTER, START, START + timedelta(days=30), revoked=None
    )
    assert token.encode() not in (service.config.home / "issuer.sqlite").read_bytes()


@pytest.mark.parametrize("name", ["", "  ", "x" * 101, "two\nlines"])
def test_a_token_needs_a_name_that_can_be_listed(service: Service, name: str) -> None:
    with pytest.raises(ConfigurationError, match="--name"):
        create_token(service.store, name=name, role=Role.MINTER, days=1, now=START)
