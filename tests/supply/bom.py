"""The bill of materials: CycloneDX 1.6, the same bytes for the same locks.

So it has no time and no serial number; the standard does without both.
"""

import tomllib
from typing import Any

from tests.supply.locks import ROOT, Package


def bom(packages: list[Package]) -> dict[str, Any]:
    """Return the document."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)["project"]
    own = f"pkg:generic/{project['name']}@{project['version']}"
    needed = {purl for one in packages for purl in one.needs}
    direct = [one.purl for one in packages if one.purl not in needed]
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": own,
                "name": project["name"],
                "version": project["version"],
                "description": project["description"],
                "licenses": _licences(project["license"]),
            }
        },
        "components": [_component(one) for one in packages],
        "dependencies": [
            {"ref": own, "dependsOn": direct},
            *({"ref": one.purl, "dependsOn": sorted(one.needs)} for one in packages),
        ],
    }


def _component(one: Package) -> dict[str, Any]:
    group, _, name = one.name.rpartition("/")
    return {
        "type": "library",
        "bom-ref": one.purl,
        **({"group": group} if group else {}),
        "name": name,
        "version": one.version,
        # Of what is excluded nothing is there when the project runs.
        "scope": "required" if one.runs else "excluded",
        "purl": one.purl,
        "licenses": _licences(one.licence),
        "hashes": [{"alg": algorithm, "content": digest} for algorithm, digest in one.hashes],
        "properties": [{"name": "lock", "value": lock} for lock in sorted(one.locks)],
    }


def _licences(expression: str) -> list[dict[str, Any]]:
    if " " not in expression:
        return [{"license": {"id": expression}}]
    return [{"expression": expression}]
