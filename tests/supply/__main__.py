"""Writes the bill of materials: `python -m tests.supply FILE`, which `make sbom` calls."""

import json
import sys
from pathlib import Path

from tests.supply.bom import bom
from tests.supply.locks import pinned

if __name__ == "__main__":
    packages = pinned()
    Path(sys.argv[1]).write_text(json.dumps(bom(packages), indent=1) + "\n", "utf-8")
    runs = sum(one.runs for one in packages)
    print(
        f"{sys.argv[1]}: {runs} packages that run, and {len(packages) - runs} that build and test."
    )
