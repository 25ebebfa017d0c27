"""Passphrases, from a file or from the person at the terminal."""

import getpass
from pathlib import Path

from keys.edge import Edge
from keys.errors import PassphraseError
from keys.vault import Passphrase

_MOST_BYTES = 4_096
#: Below this many characters the editor is warned.
_SHORT = 16


def known(file: Path | None, what: str) -> Passphrase:
    """Return the passphrase of a vault that there is."""
    return _from_file(file) if file is not None else Passphrase(_typed(f"Passphrase of {what}: "))


def chosen(file: Path | None, what: str, edge: Edge) -> Passphrase:
    """Return a passphrase for a vault that is to be made; asked for twice at a terminal."""
    if file is not None:
        passphrase = _from_file(file)
    else:
        passphrase = Passphrase(_typed(f"New passphrase for {what}: "))
        if Passphrase(_typed("The same again: ")) != passphrase:
            raise PassphraseError("The two are not the same.", "Nothing was made; try again.")
    if len(passphrase) < _SHORT:
        edge.say(
            f"The passphrase has {len(passphrase)} characters. Whoever takes the vault can try "
            "short ones; seven words drawn by dice are safe."
        )
    return passphrase


def _from_file(path: Path) -> Passphrase:
    try:
        with path.open("rb") as file:
            line = file.readline(_MOST_BYTES + 1)
    except OSError as error:
        raise PassphraseError(f"{path} cannot be read: {error.strerror}.") from error
    try:
        text = line.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise PassphraseError(
            f"The first line of {path} is not UTF-8 text.", "Save it as UTF-8."
        ) from error
    if len(line) > _MOST_BYTES:
        raise PassphraseError(f"The first line of {path} is too long for a passphrase.")
    return Passphrase(text)


def _typed(prompt: str) -> str:
    # Without a terminal, getpass would read what is piped in, and show it.
    try:
        with open("/dev/tty", "rb", buffering=0):
            pass
    except OSError as error:
        raise PassphraseError(
            "There is no terminal to ask for the passphrase on.", "Give --passphrase-file F."
        ) from error
    try:
        return getpass.getpass(prompt)
    except (EOFError, UnicodeDecodeError) as error:
        raise PassphraseError("No passphrase was given.", "Try again.") from error
