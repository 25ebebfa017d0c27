"""Licences: what each package says of itself, as an SPDX expression, and which go with ours."""

from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, metadata
from typing import Any

from license_expression import ExpressionError, LicenseSymbol, get_spdx_licensing

#: SPDX identifiers of licences under which something can be part of a work under the
#: AGPL-3.0-or-later. Apache-2.0 goes with version 3 of the GNU licences, and not with version 2.
COMPATIBLE = {
    *("0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "BlueOak-1.0.0", "CC0-1.0", "ISC"),
    *("GPL-2.0-or-later", "GPL-3.0-or-later", "LGPL-2.1-or-later", "LGPL-3.0-only"),
    *("LGPL-3.0-or-later", "MIT", "MIT-0", "MPL-2.0", "PSF-2.0", "Python-2.0", "Unlicense"),
    *("Zlib", "ZPL-2.1"),
}
#: Tools are run, and no part of anything: these may be under any free licence, and some are.
FREE = COMPATIBLE | {"EPL-2.0", "GPL-2.0-only", "W3C"}

#: What packages write instead of an identifier.
_WRITTEN = {
    "Apache 2.0": "Apache-2.0",
    "BSD 2-Clause License": "BSD-2-Clause",
    "LGPLv3": "LGPL-3.0-only",
    "PSFL": "PSF-2.0",
    "Apache Software License": "Apache-2.0",
    "GNU General Public License v3 or later (GPLv3+)": "GPL-3.0-or-later",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
#: Packages that say none, or only "BSD": what their licence file or their readme has.
READ_IN_THE_FILE = {
    "atheris": "Apache-2.0",
    "combine-errors": "MIT",
    "itsdangerous": "BSD-3-Clause",
    "jinja2": "BSD-3-Clause",
    "python-gnupg": "BSD-3-Clause",
}
_SPDX = get_spdx_licensing()


def of_distribution(name: str, version: str) -> str:
    """Return the licence of an installed package, or nothing if that cannot be told.

    Raises:
        LookupError: another version is installed, or none.
    """
    try:
        told = metadata(name)
    except PackageNotFoundError as error:
        raise LookupError(
            f"{name} is not installed; run it in the environment of make test"
        ) from error
    if told["Version"] != version:
        raise LookupError(f"{name} is installed in version {told['Version']}, and not {version}")
    if "License-Expression" in told:
        return str(told["License-Expression"])
    if name in READ_IN_THE_FILE:
        return READ_IN_THE_FILE[name]
    field = [str(told["License"])] if "License" in told else []
    for written in (*field, *_classified(told.get_all("Classifier") or [])):
        identifier = _WRITTEN.get(written, written)
        if identifier in FREE:
            return identifier
    return ""


def fits(expression: str, allowed: set[str]) -> bool:
    """Return whether an SPDX expression can be met with licences that are allowed.

    An exception to a licence is none that is known here.
    """
    try:
        parsed = _SPDX.parse(expression, validate=True)
    except ExpressionError:
        return False
    return parsed is not None and _met(parsed, allowed)


def _met(part: Any, allowed: set[str]) -> bool:
    if isinstance(part, _SPDX.OR):
        return any(_met(one, allowed) for one in part.args)
    if isinstance(part, _SPDX.AND):
        return all(_met(one, allowed) for one in part.args)
    return isinstance(part, LicenseSymbol) and part.key in allowed


def _classified(classifiers: list[str]) -> Iterator[str]:
    for one in classifiers:
        if one.startswith("License :: "):
            yield one.rpartition(" :: ")[2]
