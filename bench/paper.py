"""`python -m bench.paper`: codes on paper, one at a time, as pictures, and whole folders on all cores.

The bare signature is timed in turn with the whole check, in the same run, since it is what no code here can
make faster. Codes are made for the measurement, each of another person, and checked as a verifier checks
them.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import platform
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from PIL import Image
from rich.console import Console
from rich.table import Table

from bench.timing import Timing, measure_together
from health.formats import make_signer_certificate, read_certificate, read_signer_certificates
from health.formats.cose import verify_signature
from health.formats.hc1 import EU_DCC, write_hc1
from health.trust import SignerSet, TrustedSigner, certificate_kid
from runtime.qr import make_qr
from vclib.keys import KeyType, generate_private_key
from vclib.policy import Outcome
from verifier.checking_room import CheckingRoom
from verifier.folder_check import FolderChecking, Summary, check_work, find_work
from verifier.service import Question, Verifier

_NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
_PIXELS = (4000, 3000)
_PAYLOAD: dict[str, Any] = {
    "ver": "1.3.0",
    "nam": {"fn": "Musterfrau-Gößinger", "fnt": "MUSTERFRAU<GOESSINGER", "gn": "Gabriele", "gnt": "GABRIELE"},
    "dob": "1998-02-26",
}
_ENTRY: dict[str, Any] = {
    "tg": "840539006",
    "vp": "1119349007",
    "mp": "EU/1/20/1528",
    "ma": "ORG-100030215",
    "dn": 1,
    "sd": 2,
    "dt": "2026-02-18",
    "co": "AT",
    "is": "Ministry of Health, Austria",
}


class Codes:
    """Codes of one signer, and the verifier that trusts it."""

    def __init__(self) -> None:
        self._key = generate_private_key(KeyType.P256)
        certificate = make_signer_certificate(
            self._key,
            country="AT",
            name="Ministry of Health",
            begins=_NOW - timedelta(days=60),
            ends=_NOW + timedelta(days=600),
        )
        self.certificate = certificate
        self._kid = certificate_kid(certificate)
        self.signer: TrustedSigner = read_signer_certificates(certificate, source="bench")[0]
        self.verifier = Verifier(signers=SignerSet.of([self.signer]))

    def code(self, number: int) -> str:
        """Return the code of one certificate."""
        payload = _PAYLOAD | {"v": [_ENTRY | {"ci": f"URN:UVCI:01:AT:{number:032X}#B"}]}
        return write_hc1(
            EU_DCC,
            payload,
            country="AT",
            issued=_NOW - timedelta(days=30),
            expires=_NOW + timedelta(days=300),
            kid=self._kid,
            sign=self._key.sign,
        )


def main() -> int:
    """Measure, print a table, write JSON if asked."""
    parser = argparse.ArgumentParser(prog="python -m bench.paper", description=__doc__)
    parser.add_argument("--seconds", type=float, default=4.0, help="time for single codes (default 4)")
    parser.add_argument("--codes", type=int, default=20_000, help="files in the folder (default 20000)")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes (default: cores)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the numbers to FILE")
    options = parser.parse_args()
    load = round(os.getloadavg()[0], 1)
    codes = Codes()
    singles = _measure_singles(codes, options.seconds)
    pictures = _measure_pictures(codes, options.seconds)
    many = _measure_folder(codes, options.codes, options.workers)
    _print(singles | pictures, load)
    summary = {name: _summary(options.codes, options.workers, *measured) for name, measured in many.items()}
    Console().print(summary)
    if options.json:
        timings = {
            name: {"median_ms": timing.median, "p95_ms": timing.p95}
            for name, timing in (singles | pictures).items()
        }
        options.json.write_text(
            json.dumps({"many": summary, "load": load, "timings": timings}, indent=2) + "\n"
        )
    return 0


def _summary(count: int, workers: int, seconds: float, processor: float) -> dict[str, float]:
    return {
        "codes": count,
        "workers": workers,
        "seconds": round(seconds, 2),
        "per_second": round(count / seconds),
        "per_second_and_worker": round(count / seconds / workers),
        "per_second_of_processor_time": round(count / processor),
        "processor_microseconds_each": round(processor / count * 1e6),
    }


def _measure_singles(codes: Codes, seconds: float) -> dict[str, Timing]:
    text = codes.code(1).encode()
    certificate = read_certificate(text)

    def bare() -> None:
        verify_signature(
            certificate.signed, certificate.signature, certificate.algorithm, codes.signer.public_key
        )

    calls: dict[str, Callable[[], object]] = {
        "the bare signature (floor)": bare,
        "a code, the verdict alone": lambda: codes.verifier.judge_content(text, Question(), now=_NOW),
        "a code, with what it says": lambda: codes.verifier.check_content(text, Question(), now=_NOW),
    }
    return measure_together(calls, seconds=seconds)


def _measure_pictures(codes: Codes, seconds: float) -> dict[str, Timing]:
    pictures = {
        "a picture as it is printed": make_qr(codes.code(2)).png(scale=6),
        "a photograph of 12 megapixels (JPEG)": _photograph(codes.code(3), "JPEG"),
        "a photograph of 12 megapixels (PNG)": _photograph(codes.code(3), "PNG"),
    }

    def check(picture: bytes) -> None:
        result = codes.verifier.check_content(picture, Question(), now=_NOW)
        assert result.verdict.outcome == "accepted"

    calls: dict[str, Callable[[], object]] = {
        name: partial(check, picture) for name, picture in pictures.items()
    }
    return measure_together(calls, seconds=seconds)


def _photograph(text: str, form: str) -> bytes:
    """Return a large picture with the code somewhere in it, on grey that is not even."""
    photograph = Image.linear_gradient("L").resize(_PIXELS).convert("RGB")
    with Image.open(io.BytesIO(make_qr(text).png(scale=10))) as code:
        photograph.paste(code.convert("RGB").rotate(7, expand=True, fillcolor="white"), (1200, 900))
    output = io.BytesIO()
    photograph.save(output, form, quality=85)
    return output.getvalue()


def _measure_folder(codes: Codes, count: int, workers: int) -> dict[str, tuple[float, float]]:
    """Return the seconds that a folder and a list of codes take, and the processor time of all processes."""
    with tempfile.TemporaryDirectory() as place:
        signer, folder, many = Path(place, "signer.der"), Path(place, "codes"), Path(place, "codes.txt")
        signer.write_bytes(codes.certificate)
        folder.mkdir()
        with many.open("w") as lines:
            for number in range(count):
                code = codes.code(number)
                (folder / f"{number:07}.txt").write_text(code)
                lines.write(code + "\n")
        room = CheckingRoom(signers=(signer,), offline=True)
        return {
            "a file each": _measure_many(room, folder, count, workers),
            "a line each": _measure_many(room, many, count, workers),
        }


def _measure_many(room: CheckingRoom, path: Path, count: int, workers: int) -> tuple[float, float]:
    before, began = os.times(), time.perf_counter()
    work = find_work(path)
    results = check_work(work, FolderChecking(room, room.state(), _NOW), workers=workers, tell=lambda _: None)
    accepted = Summary.of(results).outcomes[Outcome.ACCEPTED]
    seconds, after = time.perf_counter() - began, os.times()
    assert accepted == count
    return seconds, sum(after[:4]) - sum(before[:4])


def _print(timings: dict[str, Timing], load: float) -> None:
    table = Table(title=f"one process, {platform.machine()}, load {load}", title_justify="left")
    table.add_column("what")
    for heading in ("median ms", "p95 ms", "a second"):
        table.add_column(heading, justify="right")
    for name, timing in timings.items():
        table.add_row(name, f"{timing.median:.3f}", f"{timing.p95:.3f}", f"{timing.per_second:,.0f}")
    Console(width=110).print(table)


if __name__ == "__main__":
    raise SystemExit(main())
