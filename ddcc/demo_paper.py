"""The part of the demonstration on paper: codes that are printed, checked, and withdrawn.

The ministry prints for who has no wallet. The venue takes in the certificate under which it signs paper, and
a list of what was withdrawn. No command of an issuer writes such a list, so that is done here. Not here: what
goes over the network (`ddcc.demo_wire`).
"""

from __future__ import annotations

import base64
from pathlib import Path

from ddcc.demo_scenery import RECOVERY, VACCINATION, Scenery, everything, first, reasons, refused
from ddcc.demo_stage import Expected, Step
from health.formats import FORMATS, read_certificate
from issuer.paper import SIGNER_FILE
from runtime.atomic import write_file
from runtime.console import print_line
from vclib.strict_json import dump_json


def paper_code(folder: Path, record: str, ending: str) -> Path:
    """Return where a record is on paper: its text, picture or page by the ending."""
    return folder / "paper" / f"{record}.hc1.{ending}"


class OnPaper:
    """What is printed, and what a venue makes of it."""

    def __init__(self, scenery: Scenery) -> None:
        self._scenery = scenery
        self._stage = scenery.stage
        self._folder = scenery.folder

    def play(self) -> None:
        """Play this part."""
        scenery, venue = self._scenery, self._scenery.venue
        signer = self._folder / "issuer" / SIGNER_FILE
        self._stage.title("On paper, for who has no wallet")
        self._stage.run(
            "The ministry makes the certificate under which it signs paper.",
            *("issuer", "signer", "make", "--country", "CH", *scenery.issuer_home, *scenery.passphrase),
            shows=first(1),
        )
        believed = venue.home / "signers" / "ministry.pem"
        believed.parent.mkdir(exist_ok=True)
        write_file(believed, signer.read_bytes())
        told = "The venue believes what was signed under it, also while it serves."
        self._stage.note(Step(told, f"mkdir -p {believed.parent} && cp {signer} {believed}", 0, ""))
        for record, whose in ((VACCINATION, "Mira's vaccination"), (RECOVERY, "Lucia's recovery")):
            self._stage.run(
                f"{whose} is printed: a code, a picture and a page.",
                *("issuer", "mint", scenery.record(record), "--format", "hc1"),
                *("--out", self._folder / "paper", *scenery.issuer_home, *scenery.passphrase),
                shows=everything,
            )
        withdrawn = venue.home / "revoked" / "withdrawn.json"
        self._stage.act(
            "The ministry withdraws one of the two, in a list as the EU's countries exchange them.",
            f"write the hash of Lucia's code into {withdrawn}",
            lambda: _withdraw(paper_code(self._folder, RECOVERY, "txt"), withdrawn),
        )
        self._check(
            "The venue reads Mira's picture. Whoever has a copy could show it, so a passport decides.",
            VACCINATION,
            Expected(0, ("ACCEPTED", "[not-bound]")),
        )
        self._check("Lucia's was withdrawn.", RECOVERY, refused("revoked"))

    def _check(self, told: str, record: str, expect: Expected) -> None:
        self._stage.run(
            told,
            *("verifier", "check", paper_code(self._folder, record, "png")),
            *("--home", self._scenery.venue.home),
            expect=expect,
            refuses=expect.code != 0,
            shows=reasons,
        )


def _withdraw(code: Path, path: Path) -> int:
    certificate = read_certificate(code.read_text().strip())
    hashes = FORMATS[certificate.frame].revocation_hashes(certificate)
    # Under any of its hashes it is found; a list has one of each certificate.
    entry = base64.b64encode(min(hashes)).decode("ascii")
    kid = base64.b64encode(certificate.kid).decode("ascii")
    path.parent.mkdir(exist_ok=True)
    written = dump_json({"kid": kid, "entries": [{"hash": entry}]}, indent=1)
    write_file(path, f"{written}\n".encode())
    print_line(written.replace("\n", " "))
    return 0
