"""The script of the pages: made by ``make script``, so it may be missing; and how to know it.

Pages work without it: then the server seals on arrival.
"""

import base64
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

PATH: Final = Path(__file__).with_name("static") / "script.js"
#: What the sources and packages of this version make, as ``integrity_of`` gives it.
EXPECTED: Final = PATH.with_suffix(".sha384")


@dataclass(frozen=True)
class Script:
    """What the server has.

    Attributes:
        content: the script, or ``None`` if there is none.
        expected: the integrity of the script that belongs to this version.
    """

    content: bytes | None
    expected: str

    @property
    def integrity(self) -> str | None:
        """What a page names the script by (Subresource Integrity), if there is one."""
        return None if self.content is None else integrity_of(self.content)

    @property
    def is_expected(self) -> bool:
        """Whether it is there, and is the one that belongs to this version."""
        return self.integrity == self.expected


@cache
def script() -> Script:
    """Return what the server has, read once."""
    return Script(PATH.read_bytes() if PATH.exists() else None, EXPECTED.read_text().strip())


def integrity_of(content: bytes) -> str:
    """Return the SHA-384 as a page writes it."""
    return "sha384-" + base64.b64encode(hashlib.sha384(content).digest()).decode()
