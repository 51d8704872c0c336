"""runtime.limits: M7, one client does not take what belongs to all, and a flood costs no memory."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest
from starlette.types import Message, Receive, Scope, Send

from runtime.limits import Buckets, Limits, RateLimit, client_of

NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def test_a_bucket_gives_its_burst_then_its_rate() -> None:
    clock = Clock()
    buckets = Buckets(RateLimit(requests_per_second=2, burst=3), clock)
    assert [buckets.take("a") for _ in range(4)] == [0, 0, 0, 1]
    clock.now += timedelta(milliseconds=400)
    assert buckets.take("a") == 1
    clock.now += timedelta(milliseconds=100)
    assert [buckets.take("a"), buckets.take("a")] == [0, 1]
    clock.now += timedelta(days=1)
    assert [buckets.take("a") for _ in range(4)] == [0, 0, 0, 1]


def test_asking_in_vain_does_not_put_off_the_next_token() -> None:
    clock = Clock()
    buckets = Buckets(RateLimit(requests_per_second=1, burst=1), clock)
    buckets.take("a")
    for _ in range(9):
        clock.now += timedelta(milliseconds=100)
        assert buckets.take("a") == 1
    clock.now += timedelta(milliseconds=101)
    assert buckets.take("a") == 0


def test_a_clock_that_was_set_back_neither_fills_nor_stops_a_bucket() -> None:
    clock = Clock()
    buckets = Buckets(RateLimit(requests_per_second=1, burst=1), clock)
    buckets.take("a")
    clock.now -= timedelta(days=1)
    assert buckets.take("a") == 1
    clock.now += timedelta(seconds=1)
    assert buckets.take("a") == 0


def test_a_million_addresses_do_not_fill_the_memory() -> None:
    buckets = Buckets(RateLimit(burst=1, max_addresses=100), Clock())
    for number in range(1000):
        buckets.take(str(number))
    assert len(buckets) == 100
    # Who asked last is still known.
    assert buckets.take("999") > 0


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::/64"),
        ("127.0.0.1", "loopback"),
        ("::1", "loopback"),
        ("::ffff:127.0.0.1", "loopback"),
        ("", "unknown"),
    ],
)
def test_addresses_of_one_customer_count_together(address: str, counted: str) -> None:
    assert client_of({"type": "http", "client": (address, 1)}) == counted
    assert client_of({"type": "http", "client": None}) == "unknown"


async def _call(
    app: Callable[[Scope, Receive, Send], Awaitable[None]], address: str
) -> tuple[int, str | None]:
    """Return status and Retry-After; a body that is never sent is not waited for."""
    started: list[Message] = []

    async def receive() -> Message:
        raise AssertionError("the body was read")

    async def send(message: Message) -> None:
        started.append(message)

    scope = {"type": "http", "method": "POST", "path": "/", "headers": [], "client": (address, 1)}
    await app(scope, receive, send)
    headers = dict(started[0]["headers"])
    retry = headers.get(b"retry-after")
    return started[0]["status"], retry.decode() if retry else None


def _flood(rate: RateLimit | None, addresses: list[str]) -> list[tuple[int, str | None]]:
    """Let requests come while the first ones are unanswered, and return the answers in order."""

    async def run() -> list[tuple[int, str | None]]:
        go = asyncio.Event()

        async def slow(_scope: Scope, _receive: Receive, send: Send) -> None:
            await go.wait()
            await send({"type": "http.response.start", "status": 200, "headers": []})

        app = Limits(slow, rate=rate, clock=Clock(), max_concurrent=8)
        calls = [asyncio.ensure_future(_call(app, address)) for address in addresses]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        go.set()
        answers = await asyncio.gather(*calls)
        # All places are free again.
        assert (await _call(app, "192.0.2.99"))[0] == 200
        return answers

    return asyncio.run(run())


def test_one_address_has_a_share_of_the_places_only() -> None:
    answers = _flood(RateLimit(burst=1000), ["192.0.2.1"] * 5 + ["192.0.2.2"])
    assert answers == [(200, None)] * 2 + [(429, "1")] * 3 + [(200, None)]


def test_all_together_have_a_bounded_number_of_places() -> None:
    answers = _flood(RateLimit(burst=1000), [f"192.0.2.{number}" for number in range(10)])
    assert answers == [(200, None)] * 8 + [(503, "1")] * 2


def test_without_a_rate_the_bound_alone_holds() -> None:
    assert _flood(None, ["192.0.2.1"] * 9) == [(200, None)] * 8 + [(503, "1")]


def test_a_proxy_on_this_machine_may_be_exempt_but_not_from_the_bound() -> None:
    exempt = RateLimit(burst=1, exempt_loopback=True)
    assert _flood(exempt, ["127.0.0.1"] * 9) == [(200, None)] * 8 + [(503, "1")]
    answers = _flood(RateLimit(burst=1), ["127.0.0.1"] * 2)
    assert [status for status, _ in answers] == [200, 429]
