"""runtime.forms: one text for each name, or a refusal."""

from __future__ import annotations

import httpx
import pytest
from fastapi.responses import Response

from runtime.forms import FORM_MEDIA_TYPE, FormBody, parse_form
from runtime.web import RequestError, create_app, json_response
from tests.asgi import Client


def post(content: bytes, media_type: str = FORM_MEDIA_TYPE) -> httpx.Response:
    app = create_app("test", version="1")

    @app.post("/echo")
    def echo(fields: FormBody) -> Response:
        return json_response(dict(fields))

    return Client(app).ask("POST", "/echo", content=content, headers={"content-type": media_type})


def test_the_fields_of_a_form_are_decoded() -> None:
    answer = post(b"grant_type=urn%3Aietf&name=Zo%C3%AB+M&empty=")
    assert answer.json() == {"grant_type": "urn:ietf", "name": "Zoë M", "empty": ""}


def test_an_empty_form_has_no_fields() -> None:
    assert post(b"").json() == {}


@pytest.mark.parametrize("media_type", ["application/json", "multipart/form-data; boundary=x", "text/plain"])
def test_another_media_type_is_refused(media_type: str) -> None:
    assert post(b"a=1", media_type).status_code == 415


@pytest.mark.parametrize(
    "content",
    [b"a=1&a=2", b"a=1&a=1", b"a", b"a=%FF", b"a=\xff", b"&&", b"&".join(b"f%d=1" % n for n in range(51))],
)
def test_what_is_no_form_with_one_value_for_each_name_is_refused(content: bytes) -> None:
    with pytest.raises(RequestError) as refused:
        parse_form(content)
    assert refused.value.status == 400
