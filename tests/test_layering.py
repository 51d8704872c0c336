"""Who may import whom, what touches the world, and how long a module may be: read from the source with ast.

The picture these tests keep is in the README and in docs/decisions/0001. A failure here is an answer to
"where does this belong?", not a formality: `vclib` without input and output is what makes it testable.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("contexts", "vclib", "protocols", "health", "runtime", "issuer", "verifier", "wallet", "ddcc")
FILES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))

# Beside the standard library, each package may import these, by dotted prefix, and itself.
# The wallet's screens know its desk, which tells them plain values, and nothing below.
SCREEN_FILES = ("wallet.app", "wallet.screens", "wallet.widgets", "wallet.messages")
SCREEN = (*SCREEN_FILES, "wallet.desk", "vclib.errors", "textual", "rich")
PROGRAM = ("runtime", "protocols", "health", "vclib", "contexts", "sqlalchemy", "typer", "rich")
ALLOWED: dict[str, tuple[str, ...]] = {
    "contexts": (),
    "vclib": (
        "contexts",
        "pyld",
        "pydid",
        "cryptography",
        "base58",
        "cbor2",
        "jsonschema",
        "referencing",
        "orjson",
        "rfc8785",
        "py_arkworks_bls12381",
    ),
    "protocols": ("vclib", "joserfc"),
    "health": ("vclib", "contexts", "cbor2", "cryptography"),
    "runtime": (
        "vclib.errors",
        "vclib.encoding",
        "vclib.keys",
        "vclib.strict_json",
        "httpx",
        "httpcore",
        "fastapi",
        "starlette",
        "uvicorn",
        "sqlalchemy",
        "cryptography",
        "PIL",
        "segno",
        "zxingcpp",
        "reportlab",
        "typer",
        "rich",
        "alembic",
        "prometheus_client",
        "structlog",
        "pkcs11",
        "pyarrow",
        "distributed",
    ),
    "issuer": (*PROGRAM, "fastapi"),
    "issuer.migrations": ("sqlalchemy", "alembic"),
    "verifier": (*PROGRAM, "fastapi", "jinja2", "markupsafe"),
    "verifier.migrations": ("sqlalchemy", "alembic"),
    "wallet": (*PROGRAM, "mnemonic"),
    "ddcc": (*PROGRAM, "issuer", "verifier", "wallet", "fastapi"),
}
# The wallet answers HTTP in one place only, for other software of its holder.
WALLET_SERVICE_FILES = ("wallet.service_app", "wallet.cli_serve")

# In `vclib` the world enters as an argument: `fetch`, `resolve`, `now`, randomness of `secrets`.
WORLDLY = (
    "asyncio",
    "ftplib",
    "http",
    "logging",
    "multiprocessing",
    "os",
    "pathlib",
    "shutil",
    "socket",
    "sqlite3",
    "ssl",
    "subprocess",
    "tempfile",
    "time",
    "urllib.request",
)

# A module of `vclib` imports only from earlier levels; members of one level do not know each other.
LEVELS: tuple[tuple[str, ...], ...] = (
    ("errors",),
    ("encoding", "json_writing", "base45"),
    ("strict_json",),
    ("bounds",),
    ("datetimes", "keys", "jcs", "nquads", "bbs", "verdicts"),
    ("rdfc", "safe_mode", "certificates"),
    ("context_policy", "statements"),
    ("shapes",),
    ("processing",),
    ("jsonld",),
    ("did", "cryptosuites", "data_model"),
    ("cid", "related_resources", "trusted_issuers", "proof_sets", "schema_evaluation"),
    ("new_proofs",),
    ("proofs", "credentials", "schemas"),
    ("presentations", "status"),
    ("environment", "verified"),
    ("integrity",),
    ("examination",),
    ("verification", "policy"),
)

MAX_LINES = 400
# Longer modules, each with its reason.
LONG_MODULES = {
    "vclib/errors.py": "one class for each failure that a standard names: a table in all but syntax",
}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_imports_only_what_its_package_may(path: Path) -> None:
    module = _module(path)
    assert [target for target in _imports(path) if not _is_allowed(module, target)] == []


@pytest.mark.parametrize("path", sorted((ROOT / "vclib").rglob("*.py")), ids=lambda path: path.stem)
def test_a_module_of_vclib_imports_only_from_earlier_levels(path: Path) -> None:
    module = _module(path)
    assert [target for target in _imports(path) if not _is_earlier(module, target)] == []


def test_every_module_of_vclib_has_a_level() -> None:
    found = {path.stem for path in (ROOT / "vclib").iterdir() if path.suffix == ".py"} | {
        path.name for path in (ROOT / "vclib").iterdir() if (path / "__init__.py").exists()
    }
    assert found - {"__init__"} <= {name for level in LEVELS for name in level}


@pytest.mark.parametrize(
    ("module", "target"),
    [
        ("vclib.status", "httpx"),
        ("vclib.status", "health.records"),
        ("vclib.keys.jwk", "socket"),
        ("vclib.did.web", "urllib.request"),
        ("runtime.fetch", "vclib.proofs"),
        ("runtime.fetch", "vclib"),
        ("health.codes", "protocols.compact"),
        ("protocols.compact", "health"),
        ("issuer.service", "wallet.holder"),
        ("issuer.service", "httpx"),
        ("verifier.service", "issuer"),
        ("issuer.migrations.versions.0001_first_tables", "issuer.store"),
        ("issuer.store", "alembic"),
        ("wallet.holder", "textual.app"),
        ("wallet.holder_service", "fastapi"),
        ("wallet.screens.home", "vclib.proofs"),
        ("wallet.app", "cryptography"),
        ("wallet.screens.review", "wallet.answering"),
        ("wallet.widgets.card_list", "wallet.holder"),
        ("contexts", "vclib.errors"),
        ("vclib.status", "vclibrary"),
    ],
)
def test_a_forbidden_import_is_found(module: str, target: str) -> None:
    assert not _is_allowed(module, target)


@pytest.mark.parametrize(
    ("module", "target"),
    [
        ("vclib.keys.jwk", "vclib.proofs"),
        ("vclib.proofs", "vclib.verification"),
        ("vclib.credentials", "vclib.schemas"),
        ("vclib.keys", "vclib.nquads"),
        ("vclib.errors", "vclib.unknown"),
    ],
)
def test_an_import_of_a_later_or_the_same_level_is_found(module: str, target: str) -> None:
    assert not _is_earlier(module, target)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_is_no_longer_than_four_hundred_lines_without_a_reason(path: Path) -> None:
    name = str(path.relative_to(ROOT))
    lines = len(path.read_text(encoding="utf-8").splitlines())
    # A reason that is no longer needed goes, too.
    assert (lines > MAX_LINES) == (name in LONG_MODULES), f"{name} has {lines} lines"


def test_only_files_that_exist_have_a_reason_to_be_long() -> None:
    assert {name for name in LONG_MODULES if not (ROOT / name).exists()} == set()


def _module(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imports(path: Path) -> Iterator[str]:
    """Yield the dotted name of every module that a file imports, also inside functions."""
    package = _module(path) if path.name == "__init__.py" else _module(path).rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, base] if base else above)
            for alias in node.names:
                name = f"{base}.{alias.name}"
                yield name if _is_own_module(name) else base


def _is_own_module(name: str) -> bool:
    path = ROOT.joinpath(*name.split("."))
    return path.with_suffix(".py").exists() or (path / "__init__.py").exists()


def _has_prefix(name: str, prefixes: tuple[str, ...]) -> bool:
    return any(name == prefix or name.startswith(f"{prefix}.") for prefix in prefixes)


def _is_allowed(module: str, target: str) -> bool:
    package = module.partition(".")[0]
    if target.partition(".")[0] in sys.stdlib_module_names:
        return not (package == "vclib" and _has_prefix(target, WORLDLY))
    if _has_prefix(module, SCREEN_FILES):
        return _has_prefix(target, SCREEN)
    if _has_prefix(module, WALLET_SERVICE_FILES) and _has_prefix(target, ("fastapi", "starlette")):
        return True
    scripts = f"{package}.migrations"
    if _has_prefix(module, (scripts,)):
        # A script says what the tables were once, so it must not follow what they are now.
        return _has_prefix(target, ALLOWED[scripts])
    return _has_prefix(target, (package, *ALLOWED[package]))


def _is_earlier(module: str, target: str) -> bool:
    """Say whether `target` is outside of `vclib`, in the importer's own part, or on an earlier level."""
    if not _has_prefix(target, ("vclib",)):
        return True
    own, other = _level(module), _level(target)
    if module.split(".")[:2] == target.split(".")[:2]:
        return True
    return own is not None and other is not None and other < own


def _level(module: str) -> int | None:
    parts = module.split(".")
    name = parts[1] if len(parts) > 1 else ""
    return next((number for number, names in enumerate(LEVELS) if name in names), None)
