"""verifier.read_once: each document fetched once, what failed remembered, never more than so much kept."""

from __future__ import annotations

import pytest

from vclib.errors import FetchError
from verifier import read_once
from verifier.read_once import FetchedOnce, ListsReadOnce


class Host:
    """A web server of strangers that has a list under every address, and counts who asks."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, url: str) -> bytes:
        self.asked.append(url)
        if url.endswith("/down"):
            raise FetchError(f"{url} is down")
        return b"[]" if url.endswith("/none") else b'{"id": "list"}'


def test_a_list_is_fetched_once_and_is_the_same_object_again() -> None:
    host = Host()
    lists = ListsReadOnce({"urn:at-hand": {"id": "mine"}}, FetchedOnce(host))
    assert "https://a.example/1" in lists
    assert lists["https://a.example/1"] is lists["https://a.example/1"]
    assert "https://a.example/1" in lists
    assert host.asked == ["https://a.example/1"]
    assert (sorted(lists), len(lists)) == (["https://a.example/1", "urn:at-hand"], 2)


def test_what_cannot_be_fetched_or_is_no_list_is_not_there() -> None:
    host = Host()
    lists = ListsReadOnce({}, FetchedOnce(host))
    urls = ["https://a.example/down", "https://a.example/none", "urn:other"]
    assert [url in lists for url in urls + urls] == [False] * 6
    assert host.asked == urls[:2]
    assert [url in ListsReadOnce({}, None) for url in urls] == [False] * 3


@pytest.mark.parametrize(("name", "bound"), [("_MAX_DOCUMENTS", 10), ("_MAX_KEPT_BYTES", 140)])
def test_lists_that_strangers_name_do_not_fill_the_memory(
    monkeypatch: pytest.MonkeyPatch, name: str, bound: int
) -> None:
    monkeypatch.setattr(read_once, name, bound)
    host = Host()
    fetched = FetchedOnce(host)
    lists = ListsReadOnce({"urn:at-hand": {"id": "mine"}}, fetched)
    for number in range(100):
        assert f"https://a.example/{number}" in lists
        assert lists[f"https://a.example/{number}"] == {"id": "list"}
        assert len(lists) <= 13
    assert lists["urn:at-hand"] == {"id": "mine"}
    # What was given up is fetched again.
    assert "https://a.example/0" in lists
    assert host.asked.count("https://a.example/0") == 2
