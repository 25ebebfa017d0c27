"""File names as a source gave them, made harmless; text only, no disk.

A name stays as it is where it can. What could leave the folder, hide, start an option, turn the
reading order around or mean something else on some system is replaced, one underscore a character.
"""

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from typing import Final

#: Bytes of the longest name that file systems take.
MAX_BYTES: Final = 255
#: Folders deep, and bytes in all, that a name with folders may be. What packages nest is less, and
#: with the desk's own path it stays below the 4,096 bytes that the system takes.
MAX_DEPTH: Final = 128
MAX_PATH_BYTES: Final = 2_048
UNNAMED: Final = "unnamed"

_MAX_EXTENSION = 32
_DEVICES = {"con", "prn", "aux", "nul", "conin$", "conout$", "clock$"} | {
    port + digit for port in ("com", "lpt") for digit in "0123456789¹²³"
}
# Separators, and what Windows takes for a drive, a stream or a pattern.
_FORBIDDEN = set('/\\<>:"|?*\ufffe\uffff')
# Letters and a symbol, by their category, that nobody sees.
_INVISIBLE = {"\u115f", "\u1160", "\u2800", "\u3164", "\uffa0"}
# Joiners that scripts and emoji are written with, and marks that turn nothing around.
_KEPT_FORMATS = {"\u200c", "\u200d", "\u200e", "\u200f", "\u061c"}
# What most names are made of; these need no closer look, unless a device has the name.
_PLAIN = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.,;=+@#%&()! -]{0,253}[A-Za-z0-9_,;=+@#%&()!-])?")


def components(untrusted_name: str) -> list[str]:
    """Return a harmless name, the folders of an uploaded folder before it; never empty.

    Too deep or too long a path keeps its name, and loses its folders.
    """
    *folders, name = [part for part in untrusted_name.split("/") if part not in ("", ".")] or [""]
    parts = [*map(_harmless_folder, folders), harmless(name)]
    long = sum(len(part.encode()) + 1 for part in parts) > MAX_PATH_BYTES
    return parts[-1:] if long or len(parts) > MAX_DEPTH else parts


def harmless(untrusted_part: str) -> str:
    """Return one part of a path, made harmless: 1 to ``MAX_BYTES`` bytes.

    Two that look the same, composed of other code points, come out as one.
    """
    if _PLAIN.fullmatch(untrusted_part) and not _is_device(untrusted_part):
        return untrusted_part
    composed = unicodedata.normalize("NFC", untrusted_part)
    shown = readable("".join("_" if char in _FORBIDDEN else char for char in composed))
    if not shown.strip():
        return UNNAMED
    start = len(shown) - len(shown.lstrip(".-"))
    shown = "_" * start + shown[start:]
    return _trimmed(fit(_off_devices(_trimmed(shown))))


_harmless_folder = lru_cache(4_096)(harmless)


def readable(untrusted_text: str) -> str:
    """Return text for a terminal: one line, of what a person sees and nothing a terminal obeys."""
    return "".join("_" if _unreadable(char) else char for char in untrusted_text)


def marked(name: str, mark: str) -> str:
    """Return the name with a mark before its extension: ``report (incomplete).pdf``."""
    return fit(name, f" ({mark})")


def numbered(name: str, number: int) -> str:
    """Return the name for the ``number``-th of its kind: ``report (2).pdf``; the first as it is."""
    return name if number == 1 else marked(name, str(number))


def fit(name: str, mark: str = "") -> str:
    """Return stem, mark and extension in ``MAX_BYTES`` bytes, at the cost of the stem."""
    stem, extension = split(name)
    room = MAX_BYTES - len(mark.encode()) - len(extension.encode())
    cut = stem.encode()[:room].decode("utf-8", "ignore")
    return cut + mark + extension


def split(name: str) -> tuple[str, str]:
    """Return stem and extension, ``.tar.gz`` and the like as one."""
    stem, dot, extension = name.rpartition(".")
    if not stem or not extension or len(extension.encode()) >= _MAX_EXTENSION or " " in extension:
        return name, ""
    if stem.lower().endswith(".tar") and len(stem) > len(".tar"):
        return stem[: -len(".tar")], stem[-len(".tar") :] + dot + extension
    return stem, dot + extension


def free_number(taken: Callable[[int], bool]) -> int:
    """Return a number from 1 that is not taken, asking for few of them even where many are."""
    low, high = 0, 1
    while taken(high):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if taken(middle) else (low, middle)
    return high


def _unreadable(char: str) -> bool:
    if char in _INVISIBLE:
        return True
    category = unicodedata.category(char)
    if category == "Cf":
        return char not in _KEPT_FORMATS
    return category in ("Cc", "Cs", "Zl", "Zp")


def _trimmed(name: str) -> str:
    """Return the name without a dot or white space at its end, which some systems drop."""
    kept = name
    while kept and (kept[-1] == "." or kept[-1].isspace()):
        kept = kept[:-1]
    return kept + "_" * (len(name) - len(kept))


def _off_devices(name: str) -> str:
    return f"_{name}" if _is_device(name) else name


def _is_device(name: str) -> bool:
    return name.partition(".")[0].rstrip().casefold() in _DEVICES
