"""`ddcc did resolve`: what it prints, and how it ends."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from ddcc import did_cli
from vclib.errors import FetchError, FetchNotFoundError

DID = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"
METHOD = f"{DID}#{DID[8:]}"
WEB = "did:web:health.example"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(did_cli.app, ["resolve", *arguments])


def serve(monkeypatch: pytest.MonkeyPatch, body: object) -> list[bool]:
    """Let every fetch answer with `body`; returns what was asked of `allow_loopback`, per fetcher."""
    asked: list[bool] = []

    def fetcher(*, allow_loopback: bool) -> Any:
        asked.append(allow_loopback)

        def fetch(url: str) -> bytes:
            assert url == "https://health.example/.well-known/did.json"
            if isinstance(body, Exception):
                raise body
            return json.dumps(body).encode("utf-8")

        return fetch

    monkeypatch.setattr(did_cli, "Fetcher", fetcher)
    return asked


def test_did_is_shown_with_its_keys_and_their_uses() -> None:
    result = run(DID)

    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        DID,
        f"  key      {METHOD}",
        "           Multikey, for authentication, assertionMethod, "
        "capabilityInvocation, capabilityDelegation",
    ]


def test_json_is_the_resolution_result() -> None:
    result = run(DID, "--json")

    assert result.exit_code == 0
    answer = json.loads(result.stdout)
    assert answer["didDocument"]["id"] == DID
    assert answer["didResolutionMetadata"] == {"contentType": "application/did"}


def test_did_url_gives_the_verification_method() -> None:
    result = run(METHOD, "--dereference")

    assert result.exit_code == 0
    assert json.loads(result.stdout)["publicKeyMultibase"] == DID[8:]


def test_json_of_a_did_url_is_the_dereferencing_result() -> None:
    answer = json.loads(run(METHOD, "--dereference", "--json").stdout)

    assert answer["contentStream"]["id"] == METHOD
    assert answer["didDereferencingMetadata"] == {"contentType": "application/did"}


@pytest.mark.parametrize(
    ("did", "code", "exit_code"),
    [
        ("no did", "invalidDid", 4),
        ("did:key:z6Mkh", "unsupportedPublicKeyType", 4),
        ("did:key:zTjsVPtY", "invalidPublicKeyLength", 4),
        ("did:example:123", "methodNotSupported", 3),
    ],
)
def test_failure_is_one_line_with_its_code(did: str, code: str, exit_code: int) -> None:
    result = run(did)

    assert result.exit_code == exit_code
    assert result.stdout == ""
    assert result.stderr.startswith(f"error: [{code}] ")
    assert result.stderr.count("\n") == 1


def test_failure_as_json_is_the_standards_result() -> None:
    result = run("did:example:123", "--json")

    answer = json.loads(result.stdout)
    assert answer["didDocument"] is None
    assert answer["didResolutionMetadata"]["error"] == "methodNotSupported"
    assert result.exit_code == 3
    assert "Traceback" not in result.output


def test_failed_dereferencing_as_json_is_the_standards_result() -> None:
    result = run(DID + "#absent", "--dereference", "--json")

    answer = json.loads(result.stdout)
    assert answer["contentStream"] is None
    assert answer["didDereferencingMetadata"]["error"] == "notFound"
    assert result.exit_code == 3


@pytest.mark.parametrize(
    ("failure", "code"), [(FetchError("down"), "internalError"), (FetchNotFoundError("none"), "notFound")]
)
def test_host_that_cannot_be_read_ends_as_not_checked(
    monkeypatch: pytest.MonkeyPatch, failure: Exception, code: str
) -> None:
    """G10: distinct from a DID that is wrong."""
    serve(monkeypatch, failure)

    result = run(WEB)

    assert result.exit_code == 3
    assert result.stderr.startswith(f"error: [{code}] ")


def test_document_of_a_stranger_cannot_write_to_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """J6: escape sequences and line breaks of a document are shown inert."""
    evil = "\x1b[2J\r\nok \u202e"
    serve(
        monkeypatch,
        {
            "@context": ["https://www.w3.org/ns/did/v1"],
            "id": WEB,
            "verificationMethod": [
                {"id": "#key-1", "type": "X" + evil, "controller": WEB, "publicKeyMultibase": "z6Mk"}
            ],
            "service": [{"id": "#s", "type": evil, "serviceEndpoint": "https://a.example/" + evil}],
        },
    )

    shown = run(WEB)
    as_json = run(WEB, "--json")

    assert shown.exit_code == as_json.exit_code == 0
    for output in (shown.stdout, as_json.stdout):
        assert "\x1b" not in output
        assert "\r" not in output
        assert "\u202e" not in output
    assert len(shown.stdout.splitlines()) == 5
    assert f"  key      {WEB}#key-1" in shown.stdout
    assert json.loads(as_json.stdout)["didDocument"]["id"] == WEB


def test_loopback_is_allowed_only_if_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = serve(monkeypatch, {"id": WEB})

    run(WEB)
    run(WEB, "--allow-loopback")

    assert asked == [False, True]


def test_allowing_loopback_warns(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        run(DID, "--allow-loopback")

    assert "LOOPBACK ADDRESSES ARE ALLOWED" in caplog.text


def test_help_shows_an_example_and_the_exit_codes() -> None:
    """The example can be copied: no part of "did:key:..." becomes an emoji."""
    result = run("--help")

    assert result.exit_code == 0
    text = " ".join(result.stdout.split())
    assert f"Example: ddcc did resolve {DID} Exit codes:" in text
    assert "Exit codes: 0 done" in text
