"""Routes that answer refusals in the words of their protocol, such as OAuth, and not as problem details.

Not here: what an error says, which is for the protocol's router to tell.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType

from fastapi import Request
from fastapi.responses import Response
from fastapi.routing import APIRoute

from vclib.errors import VCError

# For answers to one client about one matter: tokens, codes, refusals (RFC 6749 section 5.1).
NO_STORE: Mapping[str, str] = MappingProxyType({"cache-control": "no-store"})


def refusing_route(refusal_of: Callable[[VCError], Response | None]) -> type[APIRoute]:
    """Return a kind of route whose failures `refusal_of` answers; what it returns None for is raised on."""

    class RefusingRoute(APIRoute):
        # The framework declares a coroutine where any awaitable does.
        def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]
            handle = super().get_route_handler()

            async def answer(request: Request) -> Response:
                try:
                    return await handle(request)
                except VCError as err:
                    refusal = refusal_of(err)
                    if refusal is None:
                        raise
                    return refusal

            return answer

    return RefusingRoute
