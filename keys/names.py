"""File names as a source gave them, made harmless; text only, no disk.

A name stays as it is where it can. What could leave the folder, hide, start an option, turn the
reading order around or mean something else on some system is replaced, one underscore a character.
"""

import unicodedata
from typing import Final

#: Bytes of the longest name that file systems take.
MAX_BYTES: Final = 255
#: Folders deep, and bytes in all, that a name with folders may be.
MAX_DEPTH: Final = 16
MAX_PATH_BYTES: Final = 1_024
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


def components(untrusted_name: str) -> list[str]:
    """Return a harmless name, the folders of an uploaded folder before it; never empty.

    Too deep or too long a path keeps its name, and loses its folders.
    """
    parts = [harmless(part) for part in untrusted_name.split("/") if part not in ("", ".")] or [
        UNNAMED
    ]
    long = sum(len(part.encode()) + 1 for part in parts) > MAX_PATH_BYTES
    return parts[-1:] if long or len(parts) > MAX_DEPTH else parts


def harmless(untrusted_part: str) -> str:
    """Return one part of a path, made harmless: 1 to ``MAX_BYTES`` bytes."""
    shown = readable("".join("_" if char in _FORBIDDEN else char for char in untrusted_part))
    if not shown.strip():
        return UNNAMED
    start = len(shown) - len(shown.lstrip(".-"))
    shown = "_" * start + shown[start:]
    return _trimmed(fit(_off_devices(_trimmed(shown))))


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


def looks_like(name: str) -> str:
    """Return the same for all names that look the same: composed or not."""
    return unicodedata.normalize("NFC", name)


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
    base = name.split(".")[0].rstrip().casefold()
    return f"_{name}" if base in _DEVICES else name
