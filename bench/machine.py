"""The machine that a benchmark runs on, in a few words."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import cryptography


def machine() -> str:
    """Return processor, how many of them, and the versions that numbers depend on."""
    return (
        f"{processor()}, {os.cpu_count()} processors, {platform.system()}, "
        f"Python {platform.python_version()}, cryptography {cryptography.__version__}"
    )


def processor() -> str:
    """Return the processor's name where the system tells it, else its architecture."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
