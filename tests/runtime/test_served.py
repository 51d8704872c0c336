"""runtime.served: a document in a file, served as it stands."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from runtime.atomic import write_file
from runtime.served import document_router
from runtime.watched import WatchedFile
from runtime.web import create_app
from tests.asgi import Client
from vclib.errors import ParsingError, StoreError

PATH = "/.well-known/did.json"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    write_file(tmp_path / "did.json", b"one")
    return tmp_path / "did.json"


@pytest.fixture
def client(file: Path) -> Client:
    app = create_app("test", version="0")
    watched = WatchedFile(file, lambda content: content.decode())
    app.include_router(
        document_router(
            [PATH], watched, media_type="application/did", max_age=timedelta(minutes=5), summary="Document"
        )
    )
    return Client(app)


def test_the_document_is_served_with_its_type_age_and_tag(client: Client) -> None:
    answer = client.get(PATH)
    assert (answer.status_code, answer.content) == (200, b"one")
    assert answer.headers["content-type"] == "application/did"
    assert answer.headers["cache-control"] == "public, max-age=300"
    assert answer.headers["access-control-allow-origin"] == "*"
    # The first 32 hexadecimal digits of the SHA-256 of "one".
    assert answer.headers["etag"] == '"7692c3ad3540bb803c020b3aee66cd88"'


@pytest.mark.parametrize(
    "asked", ['"7692c3ad3540bb803c020b3aee66cd88"', 'W/"x", "7692c3ad3540bb803c020b3aee66cd88"', "*"]
)
def test_a_copy_that_is_current_is_not_sent_again(client: Client, asked: str) -> None:
    answer = client.get(PATH, headers={"if-none-match": asked})
    assert (answer.status_code, answer.content) == (304, b"")


def test_a_replaced_file_is_served_at_once(client: Client, file: Path) -> None:
    tag = client.get(PATH).headers["etag"]
    write_file(file, b"two")
    answer = client.get(PATH, headers={"if-none-match": tag})
    assert (answer.status_code, answer.content) == (200, b"two")


def test_a_head_request_has_no_body(client: Client) -> None:
    answer = client.ask("HEAD", PATH)
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_nobody_can_change_it(client: Client, method: str) -> None:
    assert client.ask(method, PATH).status_code == 405


def test_a_lost_file_is_a_503_and_served_again_when_it_is_back(client: Client, file: Path) -> None:
    file.unlink()
    answer = client.get(PATH)
    assert answer.status_code == 503
    assert "did.json" not in answer.text
    write_file(file, b"three")
    assert client.get(PATH).content == b"three"


def test_content_is_checked_once_when_it_is_read(file: Path) -> None:
    read: list[bytes] = []
    watched = WatchedFile(file, read.append)
    watched.current()
    watched.current()
    assert read == [b"one"]


def test_content_that_is_refused_is_not_served(file: Path) -> None:
    def refuse(content: bytes) -> None:
        raise ParsingError("not a document")

    watched = WatchedFile(file, refuse)
    for _ in range(2):
        with pytest.raises(StoreError, match=r"did.json does not hold what it should: not a document"):
            watched.current()
