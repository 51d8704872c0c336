"""Documents that a long check needs again and again, each fetched once by each process.

A million credentials name few documents. What failed is remembered, too, so that a host that is down is not
asked a million times; what is kept is bounded. Not here: copies that outlast the process
(`verifier.caching`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from vclib.did import Fetch
from vclib.errors import ComplexityError, FetchError, MalformedError
from vclib.strict_json import JSONObject, parse_json_object

_MAX_DOCUMENTS = 1000
# Where nobody was said to be trusted, strangers name them, as many and as large as they like.
_MAX_KEPT_BYTES = 64 * 1024 * 1024


class FetchedOnce:
    """Reads each URL once, and remembers what failed."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._found: dict[str, bytes | FetchError] = {}
        self._bytes = 0

    def __call__(self, url: str) -> bytes:
        """Return the bytes of a URL as they were first read; raises what was raised first."""
        if url not in self._found:
            if len(self._found) >= _MAX_DOCUMENTS or self._bytes > _MAX_KEPT_BYTES:
                self._found.clear()
                self._bytes = 0
            try:
                content = self._found[url] = self._fetch(url)
                self._bytes += len(content)
            except FetchError as err:
                self._found[url] = err
        found = self._found[url]
        if isinstance(found, FetchError):
            raise found
        return found


class ListsReadOnce(Mapping[str, JSONObject]):
    """Status lists at hand, and those that were fetched, as the same objects (see `kept_lists`)."""

    def __init__(self, at_hand: Mapping[str, JSONObject], fetch: Fetch | None) -> None:
        self._at_hand = dict(at_hand)
        self._fetch = fetch
        self._fetched: dict[str, JSONObject] = {}
        self._bytes = 0

    def __contains__(self, url: object) -> bool:
        """Whether a list is at hand, or can be fetched now."""
        if url in self._at_hand or url in self._fetched:
            return True
        if self._fetch is None or not isinstance(url, str) or not url.startswith(("https:", "http:")):
            return False
        try:
            content = self._fetch(url)
            found = parse_json_object(content)
        except (FetchError, MalformedError, ComplexityError):
            # The check asks once more, and says what was wrong.
            return False
        if len(self._fetched) >= _MAX_DOCUMENTS or self._bytes > _MAX_KEPT_BYTES:
            self._fetched.clear()
            self._bytes = 0
        self._fetched[url] = found
        self._bytes += len(content)
        return True

    def __getitem__(self, url: str) -> JSONObject:
        return self._at_hand[url] if url in self._at_hand else self._fetched[url]

    def __iter__(self) -> Iterator[str]:
        return iter({**self._at_hand, **self._fetched})

    def __len__(self) -> int:
        return len({**self._at_hand, **self._fetched})
