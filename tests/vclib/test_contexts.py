"""The pinned contexts: each file is the one that was pinned, or nothing starts."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

import contexts
from vclib import jsonld
from vclib.errors import ContextIntegrityError

_FOLDER = Path(contexts.__file__).parent
_V2 = "https://www.w3.org/ns/credentials/v2"


@pytest.fixture
def altered_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the context files in which one bit of credentials/v2 is another."""
    shutil.copytree(_FOLDER, tmp_path, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    file = tmp_path / "credentials-v2.jsonld"
    content = bytearray(file.read_bytes())
    content[100] ^= 1
    file.write_bytes(content)
    monkeypatch.setattr(contexts.resources, "files", lambda _name: tmp_path)
    return tmp_path


def test_every_file_is_the_one_that_was_pinned() -> None:
    contexts.verify_all()


@pytest.mark.parametrize(
    ("url", "digest"),
    [
        # Printed by the data model (base contexts), Data Integrity 1.0 and CID 1.0 for their contexts.
        (_V2, "59955ced6697d61e03f2b2556febe5308ab16842846f5b586d7f1f7adec92734"),
        (
            "https://www.w3.org/2018/credentials/v1",
            "ab4ddd9a531758807a79a5b450510d61ae8d147eab966cc9a200c07095b0cdcc",
        ),
        (
            "https://w3id.org/security/data-integrity/v2",
            "67f21e6e33a6c14e5ccfd2fc7865f7474fb71a04af7e94136cb399dfac8ae8f4",
        ),
        (
            "https://w3id.org/security/multikey/v1",
            "ba2c182de2d92f7e47184bcca8fcf0beaee6d3986c527bf664c195bbc7c58597",
        ),
        (
            "https://w3id.org/security/jwk/v1",
            "0f14b62f6071aafe00df265770ea0c7508e118247d79b7d861a406d2aa00bece",
        ),
    ],
)
def test_digests_that_the_standards_print_are_the_ones_pinned(url: str, digest: str) -> None:
    assert contexts.CONTEXTS[url].sha256 == digest


def test_an_altered_file_is_refused_at_the_start(altered_folder: Path) -> None:
    """A10: a context document was altered on disk."""
    assert (altered_folder / "credentials-v2.jsonld").exists()
    with pytest.raises(contexts.ContextDigestError, match=r"credentials-v2\.jsonld for .* was altered"):
        contexts.verify_all()


def test_an_altered_file_is_refused_when_it_is_used(altered_folder: Path) -> None:
    """A10, for a file that is altered after the start."""
    assert altered_folder.exists()
    # An inline context keeps this document away from contexts that are already loaded.
    document = {"@context": [_V2, {"x": "https://example.org/x"}], "x": "1"}
    with pytest.raises(ContextIntegrityError, match="was altered"):
        jsonld.to_quads(document, contexts=jsonld.UNSAFE_ANY_CONTEXT)


def test_a_missing_file_is_refused(altered_folder: Path) -> None:
    (altered_folder / "credentials-v2.jsonld").unlink()
    with pytest.raises(contexts.ContextDigestError, match="cannot be read"):
        contexts.read_context(_V2)


def test_an_unknown_url_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        contexts.read_context("https://example.org/unknown")


def test_the_table_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        contexts.CONTEXTS["https://example.org/x"] = contexts.CONTEXTS[_V2]  # type: ignore[index]


def test_every_file_is_in_the_table_and_the_readme() -> None:
    files = {path.name for path in _FOLDER.glob("*.jsonld")}
    readme = (_FOLDER / "README.md").read_text(encoding="utf-8")
    assert {pinned.file for pinned in contexts.CONTEXTS.values()} == files
    for pinned in contexts.CONTEXTS.values():
        assert f"| {pinned.url} | {pinned.file} | `{pinned.sha256}` |" in readme


def test_contexts_with_a_default_vocabulary_are_marked_and_not_accepted() -> None:
    """A5: under @vocab every misspelt member would have a meaning."""
    with_vocabulary = {
        url for url in contexts.CONTEXTS if re.search(rb'"@vocab"\s*:', contexts.read_context(url))
    }
    assert {url for url, pinned in contexts.CONTEXTS.items() if pinned.catch_all} == with_vocabulary
    assert with_vocabulary == {
        "https://www.w3.org/ns/credentials/examples/v2",
        "https://www.w3.org/ns/credentials/undefined-terms/v2",
    }
    assert not with_vocabulary & jsonld.DEFAULT_CONTEXTS.accepted


def test_no_context_under_a_non_commercial_licence_is_bundled() -> None:
    assert not [url for url in contexts.CONTEXTS if "worldhealthorganization" in url or "who.int" in url]


def test_no_context_gives_another_meaning_to_the_start_of_an_identifier() -> None:
    """A prefix named "did" would turn every DID of a document into another IRI."""
    for url in contexts.CONTEXTS:
        text = contexts.read_context(url).decode("utf-8")
        assert not re.search(r'"(did|urn|http|https|data|mailto|tel|uuid)"\s*:', text), url


@pytest.mark.parametrize("keyword", ["@base", "@import", "@propagate", "@reverse", "@nest", "@index"])
def test_no_context_uses_a_keyword_that_moves_meaning_about(keyword: str) -> None:
    for url in contexts.CONTEXTS:
        assert f'"{keyword}"' not in json.dumps(json.loads(contexts.read_context(url))), url


def test_the_digest_is_written_for_related_resources() -> None:
    # The two spellings of the digest above, made with xxd and base64.
    assert contexts.digest_multibase(_V2) == "uEiBZlVztZpfWHgPyslVv6-UwirFoQoRvW1htfx963sknNA"
    assert contexts.digest_sri(_V2) == "sha256-WZVc7WaX1h4D8rJVb+vlMIqxaEKEb1tYbX8fet7JJzQ="
