"""What the descriptions of the three services say is what they answer: schemathesis asks each of them.

No answer is a 5xx, and none has a status, a media type, a shape or a missing header that the description does
not have; whatever the description rules out is refused. A few examples for each operation here;
`--hypothesis-profile=search` asks hundreds of each.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import positive_data_acceptance

from tests.services import SERVICES, Asked

JSON = "application/json"
# Of what a profile would ask of one property; there are fifty operations here.
SHARE = 20
EXAMPLES = settings.default.max_examples // SHARE if settings.default else SHARE


@pytest.fixture(scope="module", params=SERVICES)
def asked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Asked:
    return SERVICES[request.param](tmp_path_factory.mktemp(request.param))


def operations(asked: Asked) -> Iterator[Any]:
    """Give what schemathesis knows of each operation. Any: its class is generic over its own parts."""
    host = {"authorization": f"Bearer {asked.authority.get('*', '')}", **asked.headers}
    schema = schemathesis.openapi.from_asgi("/openapi.json", asked.app, headers=host)
    for found in schema.get_all_operations():
        yield found.ok()


def check(asked: Asked, operation: Any, mode: GenerationMode) -> None:
    """Ask one operation many things. Any: as above."""
    key = f"{operation.method.upper()} {operation.path}"
    authority = {name.replace(":path", ""): token for name, token in asked.authority.items()}
    token = authority.get(key, authority.get("*"))
    headers = {**asked.headers, **({"authorization": f"Bearer {token}"} if token else {})}

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
    def ask(case: Case) -> None:
        # A schema cannot say what a credential or a code is, so what fits it can still be refused.
        case.call_and_validate(headers=headers, excluded_checks=[positive_data_acceptance])

    with suppress(Unsatisfiable):  # where there is nothing that the description rules out
        ask()


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_a_service_answers_as_described(asked: Asked, mode: GenerationMode) -> None:
    wrong: list[str] = []
    for operation in operations(asked):
        if mode is GenerationMode.NEGATIVE and not _is_choosy(operation):
            continue
        try:
            check(asked, operation, mode)
        except FailureGroup as err:  # all operations are asked, then all failures are told
            wrong.append(f"{operation.method.upper()} {operation.path}: {err}")
    assert wrong == [], "\n\n".join(wrong)


def _is_choosy(operation: Any) -> bool:
    """Say whether there are bodies or parameters that an operation rules out. Any: as above.

    Any text can stand in a path and any form be sent; to look for another takes long and finds none.
    """
    return bool(operation.query) or JSON in operation.get_request_payload_content_types()
