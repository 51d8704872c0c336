"""`make samples SAMPLES=FOLDER`: every published sample that states an expectation, and what happens here.

The folder is laid out as `eu-dcc`, `who-ddcc`, `icvp`, `gdhcn` with the files of their publishers; not all of
their licences admit copies in this repository. A difference that has no explanation ends with exit code 1.
"""

from __future__ import annotations

import argparse
import base64
import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_public_key
from rich.console import Console
from rich.table import Table

from health.formats import read_certificate
from health.trust import SignerSet, TrustedSigner
from runtime.qr import read_qr
from tests.samples import eu_steps, trust_lists
from vclib.errors import VCError
from verifier.service import Question, Verifier

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Finding:
    """One expectation of one sample; `why` explains a difference, empty where nothing does."""

    group: str
    sample: str
    step: str
    expected: str
    found: str
    why: str = ""

    @property
    def agrees(self) -> bool:
        """Whether what was found is what was expected."""
        return self.expected == self.found


def main(arguments: list[str]) -> int:
    """Check all samples of a folder and print a table; 1 where a difference is not explained."""
    parser = argparse.ArgumentParser(prog="python -m tests.samples", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--all", action="store_true", help="also list what agrees")
    options = parser.parse_args(arguments)
    findings = [
        *_eu(options.folder / "eu-dcc" / "dgc-testdata"),
        *_pictures(options.folder / "eu-dcc" / "qa-png"),
        *_codes(options.folder / "who-ddcc"),
        *_codes(options.folder / "icvp"),
        *(Finding(*each) for each in trust_lists.expectations(options.folder / "gdhcn")),
    ]
    if not findings:
        print(f"{options.folder} has no samples", file=sys.stderr)
        return 2
    console = Console(width=None if sys.stdout.isatty() else 150)
    console.print(_summary(findings))
    listed = [each for each in findings if options.all or not each.agrees]
    if listed:
        console.print(_table(listed))
    return 1 if any(not each.agrees and not each.why for each in findings) else 0


def _eu(root: Path) -> Iterator[Finding]:
    for file in sorted(root.rglob("*.json")):
        sample, name = eu_steps.load(file), eu_steps.name_of(file, root)
        for step, expected in eu_steps.expectations(sample):
            succeeded, problem = eu_steps.run(step, sample)
            why = eu_steps.DIFFERENCES.get((name, step), "")
            found = str(succeeded) if succeeded == expected else f"{succeeded}: {problem}"
            yield Finding("eu-dcc steps", name, step, str(expected), found, why)


def _pictures(root: Path) -> Iterator[Finding]:
    manifest = root / "manifest.json"
    if not manifest.is_file():
        return
    for entry in json.loads(manifest.read_text(encoding="utf-8")):
        expected = f"{'genuine' if entry['signature_valid'] else 'not genuine'} {','.join(entry['content'])}"
        yield Finding("eu-dcc pictures", entry["png"], "signature, kind", expected, _picture(root, entry))


def _picture(root: Path, entry: dict[str, Any]) -> str:
    try:
        content = (root / entry["png"]).read_bytes()
        verifier = Verifier(signers=_signer(root / entry["key"], base64.b64decode(entry["kid"])))
        genuine = bool(verifier.check_content(content, Question(), now=NOW).credentials)
        kind = read_certificate(read_qr(content)).kind[0]
    except VCError as err:
        return err.message
    return f"{'genuine' if genuine else 'not genuine'} {kind}"


def _signer(file: Path, kid: bytes) -> SignerSet:
    """Return the signer of a key file under the key identifier that the manifest gives."""
    pem = file.read_bytes()
    der: bytes | None = None
    if b"BEGIN CERTIFICATE" in pem:
        certificate = x509.load_pem_x509_certificate(pem)
        key: Any = certificate.public_key()
        der = certificate.public_bytes(Encoding.DER)
    else:
        key = load_pem_public_key(pem)
    signer = TrustedSigner(kid, der, key, None, file.stem, "XX", None, None, None, None, str(file), True)
    return SignerSet.of([signer])


def _codes(root: Path) -> Iterator[Finding]:
    """Give the codes of `expected.json`: they are read, name their key, and nobody's key is trusted."""
    expectations = root / "expected.json"
    if not expectations.is_file():
        return
    for name, stated in json.loads(expectations.read_text(encoding="utf-8")).items():
        content = (root / name).read_bytes()
        try:
            certificate = read_certificate(content)
            decodes, kid = True, base64.b64encode(certificate.kid).decode()
            result = Verifier(signers=SignerSet()).check_content(content, Question(), now=NOW)
            outcome = result.verdict.reasons[0].code
        except VCError as err:
            decodes, kid, outcome = False, "", err.message
        yield Finding(root.name, name, "decodes", str(stated["decodes"]), str(decodes))
        if "kid_base64" in stated:
            yield Finding(root.name, name, "kid", stated["kid_base64"], kid)
        yield Finding(root.name, name, "without its key", "issuer-unknown", outcome)


def _summary(findings: list[Finding]) -> Table:
    table = Table(title="expectations of published samples", title_justify="left")
    table.add_column("samples")
    for heading in ("expectations", "agree", "explained", "not explained"):
        table.add_column(heading, justify="right")
    for group in dict.fromkeys(each.group for each in findings):
        of_group = [each for each in findings if each.group == group]
        counts = Counter("agree" if each.agrees else "why" if each.why else "differ" for each in of_group)
        numbers = (len(of_group), counts["agree"], counts["why"], counts["differ"])
        table.add_row(group, *(str(number) for number in numbers))
    return table


def _table(findings: list[Finding]) -> Table:
    table = Table(title="one by one", title_justify="left")
    for heading in ("samples", "file", "step", "expected", "found", "why"):
        table.add_column(heading)
    for each in findings:
        table.add_row(each.group, each.sample, each.step, each.expected, each.found, each.why)
    return table


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
