"""The page's HTML: templates with every text of a stranger escaped, and the headers that keep it to itself.

Nothing is loaded from elsewhere, nothing is inline, nothing is kept by the browser (threats J7, M2, M6).
Besides what HTML escapes, characters without a glyph of their own are written out (`runtime.inert`), so that
a name cannot turn the line around it. Not here: what is shown (`verifier.page_result`), and routes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from http import HTTPStatus
from importlib.resources import files
from types import MappingProxyType

from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from runtime.inert import inert_text
from runtime.qr import make_qr
from runtime.web import RequestError
from vclib.errors import RangeError
from verifier.page_known import Topic
from verifier.page_result import Shown
from verifier.page_words import LANGUAGES, SITUATION_WORDS, Words

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "content-security-policy": _POLICY,
        "cache-control": "no-store",
        "x-frame-options": "DENY",
        "permissions-policy": "camera=(self), microphone=(), geolocation=(), display-capture=()",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
    }
)

STATIC: Mapping[str, str] = MappingProxyType(
    {
        "page.css": "text/css",
        "page.js": "text/javascript",
        "server.js": "text/javascript",
        "camera.js": "text/javascript",
        "scanner.js": "text/javascript",
        "clearing.js": "text/javascript",
        "enter.js": "text/javascript",
        "icon.svg": "image/svg+xml",
    }
)


@dataclass(frozen=True)
class Frame:
    """What every view needs: whose page it is, its words, and whether it stands alone before guests."""

    venue: str
    purpose: str
    words: Words
    is_kiosk: bool
    clear_seconds: int

    def render(self, template: str, **values: object) -> str:
        """Return a template's HTML with these values, escaped."""
        return (
            _templates()
            .get_template(template)
            .render(frame=self, t=self.words, language=self.words.language, languages=LANGUAGES, **values)
        )

    def page(
        self,
        situation: str,
        situations: Sequence[str],
        rules: Sequence[tuple[str, str]],
        always_rules: bool,
    ) -> Response:
        """Return the page itself, without a guest; `rules` can be chosen, and must be with `always_rules`."""
        named = [(code, self.words(SITUATION_WORDS[code])) for code in situations]
        return self._response(
            self.render(
                "page.html",
                situation=situation,
                situations=named,
                rules=[] if always_rules and len(rules) < 2 else rules,
                always_rules=always_rules,
            )
        )

    def signed_out(self) -> Response:
        """Return what a device sees that was not signed in."""
        return self._response(self.render("signed_out.html"), HTTPStatus.UNAUTHORIZED)

    def enter(self) -> Response:
        """Return the page that a link leads to, which signs the device in."""
        return self._response(self.render("enter.html"))

    def asking(self, link: str, expires: datetime, *, now: datetime) -> str:
        """Return a request as a QR code and as a link for this device."""
        minutes = max(1, (expires - now) // timedelta(minutes=1))
        code: Markup | None
        try:
            # The code is made here of a link that we made, and holds no text of anybody.
            code = Markup(make_qr(link).svg(of_any_size=True).decode())  # noqa: S704
        except RangeError:
            # Without a key to sign with, the whole request is in the link.
            code = None
        return self.render("asking.html", link=link, code=code, minutes=minutes)

    def answer(self, shown: Shown, ages: Sequence[str], *, now: datetime) -> str:
        """Return an answer; `ages` of the copies that it may rest on."""
        return self.render("answer.html", shown=shown, ages=ages, now=f"{self.words.moment(now)} UTC")

    def desk(self, topics: Sequence[Topic], *, now: datetime) -> Response:
        """Return the page that says what answers rest on."""
        return self._response(self.render("desk.html", topics=topics, now=f"{self.words.moment(now)} UTC"))

    def _response(self, html: str, status: HTTPStatus = HTTPStatus.OK) -> Response:
        return HTMLResponse(html, status, headers=dict(HEADERS))


def static_file(name: str) -> Response:
    """Return one of the page's own scripts, styles and pictures; RequestError for any other name."""
    if name not in STATIC:
        raise RequestError(HTTPStatus.NOT_FOUND, "there is no such file")
    content = files("verifier").joinpath("static", name).read_bytes()
    return Response(content, headers=dict(HEADERS), media_type=STATIC[name])


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("verifier"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["inert"] = inert_text
    return environment
