"""ddcc: a command loads what it needs; a web framework and a server are for `serve` alone."""

from __future__ import annotations

import subprocess
import sys

import pytest

SERVER = {"fastapi", "starlette", "uvicorn", "structlog", "prometheus_client", "alembic", "pkcs11"}


def loaded_by(*modules: str) -> set[str]:
    """Return the packages that a new process has loaded once it has these modules."""
    script = f"import sys, {', '.join(modules)}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("program", ["issuer.cli", "verifier.cli", "wallet.cli"])
def test_the_commands_of_a_program_load_no_server(program: str) -> None:
    assert loaded_by(program) & SERVER == set()


def test_the_command_itself_loads_no_program() -> None:
    assert loaded_by("ddcc.cli") & {"sqlalchemy", "httpx", "pyld", "pydid", "joserfc", *SERVER} == set()
