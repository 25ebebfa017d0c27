"""Known holes in what the locks pin, where a database of them can be reached; or that none can.

    python -m tests.supply.audit PIP-AUDIT

What the tools say is not enough: pip-audit is content with packages that its database has never
heard of, and a database that is not there has heard of none.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.supply.locks import ROOT, RUNS, TOOLS

#: Exit codes: nothing known, holes known, nothing checked or not all.
CLEAN, KNOWN, UNCHECKED = 0, 1, 3


@dataclass(frozen=True)
class Audit:
    """What a database says of one lock.

    Attributes:
        checked, total: packages.
        holes: a line for each that is known.
    """

    lock: str
    checked: int
    total: int
    holes: tuple[str, ...] = ()


def of_pip_audit(lock: str, said: str) -> Audit:
    """Return what pip-audit's JSON says; nothing was checked where it says none."""
    try:
        packages: list[dict[str, Any]] = json.loads(said)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return Audit(lock, 0, 0)
    checked = [one for one in packages if "skip_reason" not in one]
    holes = [
        f"{one['name']} {one['version']}: {hole['id']}, mended in "
        f"{', '.join(hole.get('fix_versions', [])) or 'no version yet'}"
        for one in checked
        for hole in one.get("vulns", [])
    ]
    return Audit(lock, len(checked), len(packages), tuple(holes))


def of_npm_audit(lock: str, said: str) -> Audit:
    """Return what npm audit's JSON says; nothing was checked where it says none."""
    try:
        answer = json.loads(said)
        total = int(answer["metadata"]["dependencies"]["total"])
    except (ValueError, KeyError, TypeError):
        return Audit(lock, 0, 0)
    holes = [
        f"{name} {hole.get('range', '')}: {hole.get('severity', 'unknown')}"
        for name, hole in sorted(answer.get("vulnerabilities", {}).items())
    ]
    return Audit(lock, total, total, tuple(holes))


def told(audits: Sequence[Audit]) -> tuple[str, int]:
    """Return what to say of all audits together, and the exit code."""
    lines, code = [], CLEAN
    for one in audits:
        if not one.checked:
            lines.append(f"{one.lock}: no database could be reached. Nothing was checked.")
        elif one.checked < one.total:
            lines.append(f"{one.lock}: only {one.checked} of {one.total} packages were checked.")
        else:
            lines.append(f"{one.lock}: {one.total} packages checked, {len(one.holes)} holes known.")
        lines += [f"    {hole}" for hole in one.holes]
        if not one.checked or one.checked < one.total:
            code = code or UNCHECKED
        if one.holes:
            code = KNOWN
    if code == UNCHECKED:
        lines.append("This says nothing about holes in what was not checked.")
    return "\n".join(lines), code


def main(pip_audit: str) -> int:
    audits = []
    for lock in (*RUNS, *TOOLS):
        if lock.endswith(".txt"):
            command = [pip_audit, "--requirement", lock, "--disable-pip", "--require-hashes"]
            said = _said([*command, "--format", "json", "--progress-spinner", "off"])
            audits.append(of_pip_audit(lock, said))
        else:
            folder = str((ROOT / lock).parent)
            audits.append(of_npm_audit(lock, _said(["npm", "audit", "--json", "--prefix", folder])))
    text, code = told(audits)
    print(text)
    return code


def _said(command: list[str]) -> str:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
