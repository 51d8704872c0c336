"""Every endpoint of the three services against input that is none: its routes are found, so none is missed.

Whatever is sent, the answer is the protocol's own error and says nothing of the inside: problem details
(RFC 9457), or on OAuth's and OpenID's endpoints `{"error", "error_description"}` (RFC 6749 section 5.2).
Threats F17, J4, J8.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.services import SERVICES, Asked, Route
from vclib.strict_json import parse_json_object

# Endpoints that wallets talk to as OAuth clients.
OAUTH = frozenset(
    {
        "/token",
        "/nonce",
        "/credential",
        "/deferred_credential",
        "/notification",
        "/requests/{request_id}/object",
        "/responses/{request_id}",
    }
)
# A picture is read as such; what is none is found out after its media type.
PICTURES = frozenset({"/page/frame", "/page/picture"})
FORMS = frozenset({"/token", "/requests/{request_id}/object", "/responses/{request_id}"})
# They have nothing to read: a body is not looked at.
WITHOUT_BODY = frozenset({"/nonce"})
# Everybody may ask these. What is neither here nor let in by a token is a mistake.
PUBLIC = {
    "issuer": {
        "GET /.well-known/oauth-authorization-server",
        "GET /.well-known/openid-credential-issuer",
        "GET /offers/{reference}",
        "GET /status-lists/{name}",
        "POST /nonce",
        "POST /token",
    },
    "verifier": {
        "GET /",
        # By the session of its device, as the page itself.
        "GET /desk",
        "GET /enter",
        "GET /page/static/{file}",
        "POST /page/session",
        "GET /.well-known/did.json",
        "HEAD /.well-known/did.json",
        "GET /identifiers/{identifier:path}",
        "GET /interactions/{exchange_id}",
        "GET /requests/{request_id}/object",
        "GET /requests/{transaction_id}/result",
        "GET /workflows/{workflow_id}/exchanges/{exchange_id}/protocols",
        "GET /workflows/{workflow_id}/exchanges/{exchange_id}/request",
        "POST /challenges",
        "POST /credentials/verify",
        "POST /presentations/verify",
        "POST /requests/{request_id}/object",
        "POST /responses/{request_id}",
        "POST /workflows/{workflow_id}/exchanges/{exchange_id}",
    },
    "wallet": set(),
}
OPERATORS = {
    f"{method} {path}"
    for method, path in (
        ("GET", "/docs"),
        ("GET", "/healthz"),
        ("GET", "/metrics"),
        ("GET", "/openapi.json"),
        ("HEAD", "/openapi.json"),
        ("GET", "/readyz"),
    )
}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
SECRET = "hunter2-4711"  # stands in what is sent; no answer may repeat it
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
PNG = "image/png"

BAD_JSON: dict[str, bytes] = {
    "empty": b"",
    "truncated": b'{"%s":' % SECRET.encode(),
    "two": b'{"a":1}{"b":"%s"}' % SECRET.encode(),
    "duplicate": b'{"a":"%(s)s","a":"%(s)s"}' % {b"s": SECRET.encode()},
    "not UTF-8": b'{"a":"\xff\xfe"}',
    "UTF-16": '{"a":1}'.encode("utf-16"),
    "byte order mark": b'\xef\xbb\xbf{"a":1}',
    "half a pair": b'{"a":"\\ud800"}',
    "an array": b'["%s"]' % SECRET.encode(),
    "a string": b'"%s"' % SECRET.encode(),
    "null": b"null",
    "NaN": b'{"a":NaN}',
    "a huge number": b'{"a":%s}' % (b"9" * 5000),
    "deep": b'{"a":' * 70 + b"1" + b"}" * 70,
    "very deep": b"[" * 100_000,
    "unknown": b'{"%s":"%s"}' % (b"nothing-of-ours", SECRET.encode()),
}
BAD_FORMS: dict[str, bytes] = {
    "repeated": b"state=a&state=%s" % SECRET.encode(),
    "repeated under another spelling": b"state=a&%%73tate=%s" % SECRET.encode(),
    "no pairs": SECRET.encode(),
    "not UTF-8": b"state=%ff%fe",
    "raw bytes": b"state=\xff",
    "many": b"&".join(b"a%d=1" % number for number in range(60)),
    "JSON": b'{"state":"%s"}' % SECRET.encode(),
    "unknown": b"nothing-of-ours=%s" % SECRET.encode(),
    "empty": b"",
}


@pytest.fixture(scope="module", params=SERVICES)
def asked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    return SERVICES[request.param](tmp_path_factory.mktemp(request.param))


def send(asked: Asked, route: Route, content: bytes = b"", **headers: str) -> httpx.Response:
    """Send a request that is let in, unless the headers say otherwise."""
    token = asked.token_for(route)
    sent = {**asked.headers, **({"authorization": f"Bearer {token}"} if token else {})}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    path = route.path(asked.values)
    # The one query parameter that a route cannot do without.
    query = "?iuv=1" if path.startswith("/interactions/") else ""
    return asked.client.ask(route.method, path + query, content=content, headers=sent)


def with_body(asked: Asked) -> list[Route]:
    return [each for each in asked.routes() if each.method == "POST" and each.template not in WITHOUT_BODY]


def media_type(route: Route) -> str:
    if route.template in PICTURES:
        return PNG
    return FORM if route.template in FORMS else JSON


def check_refusal(route: Route, answer: httpx.Response, *statuses: int, why: str = "") -> None:
    """The protocol's own error, of one of these statuses, with nothing of the inside and nothing of ours."""
    told = f"{route.method} {route.template} {why}: {answer.status_code} {answer.text[:300]}"
    assert answer.status_code in statuses, told
    assert SECRET not in answer.text, told
    assert "Traceback" not in answer.text, told
    assert answer.headers["cache-control"] == "no-store", told
    if route.method == "HEAD":
        assert answer.content == b"" or answer.headers["content-length"], told
        return
    body: Any = parse_json_object(answer.content)
    if route.template == "/identifiers/{identifier:path}" and "did-resolution" in str(body.get("@context")):
        return
    if answer.headers["content-type"] == "application/problem+json":
        # What is wrong with the path or the method is found out before it is known whose endpoint it is.
        is_ours = route.template not in OAUTH or answer.status_code in (404, 405, 429, 431, 503)
        assert is_ours, told
        assert (body.keys(), body["status"]) == (
            {"type", "title", "status", "detail"},
            answer.status_code,
        ), told
    else:
        assert route.template in OAUTH, told
        assert answer.headers["content-type"] == JSON, told
        assert body.keys() <= {"error", "error_description"}, told
        assert all(isinstance(text, str) and text.isascii() for text in body.values()), told
        assert body or answer.status_code == 401, told


def test_every_route_is_public_or_let_in_by_a_token(asked: Asked) -> None:
    """F17: a new route is one or the other by decision, not by default."""
    shared = OPERATORS if asked.name != "wallet" else set()
    free = {f"{route.method} {route.template}" for route in asked.routes() if asked.token_for(route) is None}
    assert free == PUBLIC[asked.name] | shared


FOREIGN: dict[str, dict[str, str | bytes]] = {
    "none": {},
    "unknown": {"authorization": "Bearer " + "x" * 43},
    "another scheme": {"authorization": "Basic dXNlcjpodW50ZXIyLTQ3MTE="},
    "no token": {"authorization": "Bearer"},
    "not ASCII": {"authorization": b"Bearer \xe9\xe9\xe9"},
    "long": {"authorization": "Bearer " + "x" * 8000},
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_without_its_token_a_request_is_refused_before_its_body_is_looked_at(asked: Asked, kind: str) -> None:
    """F17."""
    for route in asked.routes():
        token = asked.token_for(route)
        if token is None:
            continue
        # Only OAuth's endpoints look at what kind of message it is first.
        sent = JSON if route.template in OAUTH else "text/plain"
        headers: Any = {"content-type": sent, **asked.headers, **FOREIGN[kind]}
        answer = asked.client.ask(
            route.method, route.path(asked.values), content=SECRET.encode(), headers=headers
        )
        check_refusal(route, answer, 401, why=kind)
        assert answer.headers["www-authenticate"].startswith("Bearer")
        # Nor with the right one and another beside it.
        twice = [("authorization", f"Bearer {token}"), ("authorization", "Bearer x"), *asked.headers.items()]
        answer = asked.client.ask(route.method, route.path(asked.values), headers=twice)
        check_refusal(route, answer, 400, 401, why="two tokens")


def test_the_tokens_of_one_kind_of_caller_open_nothing_of_another(asked: Asked) -> None:
    """F17: a wallet's access token does not mint, a minter's token fetches no credential."""
    tokens = {asked.token_for(route) for route in asked.routes()} - {None}
    for route in asked.routes():
        own = asked.token_for(route)
        if own is None:
            continue
        if route.method == "DELETE" and asked.name == "issuer":
            # The one call that two roles may make.
            own_ones = {own, asked.authority["POST /mint"]}
        else:
            own_ones = {own}
        for token in sorted(str(each) for each in tokens - own_ones):
            answer = asked.client.ask(
                route.method,
                route.path(asked.values),
                headers={**asked.headers, "content-type": JSON, "authorization": f"Bearer {token}"},
            )
            check_refusal(route, answer, 401, 403)
            assert token not in answer.text


def test_a_method_that_is_none_of_a_paths_own_is_refused(asked: Asked) -> None:
    routes = asked.routes()
    for template in sorted({route.template for route in routes}):
        own = {route.method for route in routes if route.template == template}
        matched = next(route for route in routes if route.template == template)
        for method in METHODS:
            path = matched.path(asked.values)
            others = {route.method for route in routes if _matches(route.template, path)}
            if method in own | others:
                continue
            headers = {**asked.headers}
            if asked.token_for(matched):
                headers["authorization"] = f"Bearer {asked.token_for(matched)}"
            answer = asked.client.ask(method, path, content=b"{}", headers=headers)
            check_refusal(Route(method, template), answer, 405)
            assert own - {"HEAD"} <= set(answer.headers["allow"].split(", "))


def _matches(template: str, path: str) -> bool:
    """Say whether the part of a template before its first parameter, if that takes a whole path, fits."""
    head, _, parameter = template.partition("{")
    return parameter.endswith(":path}") and path.startswith(head)


def test_another_media_type_or_encoding_is_refused(asked: Asked) -> None:
    """J8."""
    body = {JSON: b'{"%s":1}' % SECRET.encode(), FORM: b"a=%s" % SECRET.encode(), PNG: SECRET.encode()}
    for route in with_body(asked):
        right = media_type(route)
        other = JSON if right == FORM else FORM
        for kind in ("text/plain", other, "multipart/form-data; boundary=x", "application/xml", "x"):
            check_refusal(route, send(asked, route, body[right], content_type=kind), 415, why=kind)
        charset = f"{right}; charset=utf-16"
        check_refusal(route, send(asked, route, body[right], content_type=charset), 415, why=charset)
        squeezed = gzip.compress(body[right])
        answer = send(asked, route, squeezed, content_type=right, content_encoding="gzip")
        check_refusal(route, answer, 415, why="gzip")


def test_a_body_that_is_none_is_refused(asked: Asked) -> None:
    """J4, J8."""
    for route in with_body(asked):
        right = media_type(route)
        for name, content in (BAD_FORMS if right == FORM else BAD_JSON).items():
            if route.template == "/workflows/{workflow_id}/exchanges" and name == "unknown":
                continue  # it has variables of the caller's own
            answer = send(asked, route, content, content_type=right)
            if answer.status_code == 200 and is_no_request(route, name):
                continue
            # One message's limit is smaller than that body.
            check_refusal(route, answer, 400, *([413] if name == "very deep" else []), why=name)


def is_no_request(route: Route, name: str) -> bool:
    """Say whether this body is none for other routes, and one for this: all of its members are optional."""
    return route.template == "/requests/{request_id}/object" and name in ("empty", "unknown", "many")


def test_a_huge_body_is_refused_without_being_read(asked: Asked) -> None:
    """J4, J8: by its announced length, and where none is announced by what came."""
    for route in with_body(asked):
        right = media_type(route)
        announced = send(asked, route, b"", content_type=right, content_length=str(10**10))
        check_refusal(route, announced, 413, why="announced")
        read = 0

        def chunks() -> Iterator[bytes]:
            nonlocal read
            for _ in range(1024):
                read += 65_536
                yield b"a" * 65_536

        token = asked.token_for(route)
        headers = {**asked.headers, "content-type": right}
        headers |= {"authorization": f"Bearer {token}"} if token else {}
        answer = asked.client.ask("POST", route.path(asked.values), content=chunks(), headers=headers)
        check_refusal(route, answer, 413, why="chunks")
        assert read < 12 * 1024 * 1024


HOSTILE = ["..%2f..%2fetc%2fpasswd", "%00", "%0d%0aset-cookie:a", "x" * 3000, "%e2%80%ae", "'%20or%201=1--"]


def test_a_path_that_names_nothing_is_not_found(asked: Asked) -> None:
    for route in asked.routes():
        for hostile in HOSTILE if "{" in route.template else ():
            values = dict.fromkeys(asked.values, hostile)
            other = Asked(asked.name, asked.app, values, asked.authority, asked.headers)
            answer = send(other, route, b"{}", content_type=media_type(route))
            if route.template in FORMS:
                answer = send(other, route, b"state=a", content_type=FORM)
            check_refusal(route, answer, 400, 404, 405, why=hostile[:20])


def test_bytes_that_are_no_path_are_refused(asked: Asked) -> None:
    # The client makes one slash of two, and at "/" a verifier has its page.
    nothing = ("/x//",) if asked.name == "verifier" else ("//",)
    for path in (
        "/%ff",
        "/credentials/%ff%fe",
        *nothing,
        "/../../etc/passwd",
        "/%2e%2e/x",
        "/" + "y" * 20_000,
    ):
        headers = {**asked.headers, "authorization": f"Bearer {asked.authority.get('*', 'x')}"}
        answer = asked.client.ask("GET", path, headers=headers)
        check_refusal(Route("GET", path), answer, 400, 401, 404, 431, why=path[:30])


def test_what_is_there_is_answered_as_described(asked: Asked) -> None:
    """With values that name something, which no generated example does."""
    document = asked.app.openapi()
    for route in asked.routes():
        described = document["paths"].get(route.template.replace(":path", ""), {}).get(route.method.lower())
        if route.method != "GET" or described is None:
            continue
        answer = send(asked, route)
        told = f"{route.template}: {answer.status_code} {answer.headers['content-type']}"
        assert answer.status_code == 200, told
        media_types = {kind.replace(" ", "") for kind in described["responses"]["200"]["content"]}
        assert answer.headers["content-type"].replace(" ", "") in media_types, f"{told}, not {media_types}"
