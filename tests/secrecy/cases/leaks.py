"""Every way to say a secret that the check is to see: the lines that end in ``# says``.

Nothing here is run. Types are as strict as everywhere, so that what is found is found in code that
mypy has no fault to find with.
"""

import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from intake.errors import IntakeError
from intake.wire.codec import Reader, Writer
from intake.wire.codename import Source, Thread, derive_thread, split


def to_a_person(thread: Thread, codename: str) -> None:
    print(thread.capability)  # says
    print(f"{codename!r:>40}")  # says
    print("the codename is " + codename)  # says
    print("%s" % codename)  # says # noqa: UP031
    print("{}".format(codename))  # says # noqa: UP032
    print(codename.encode().hex(), file=sys.stderr)  # says
    print(*split(codename))  # says
    print(thread)  # says
    sys.stderr.write(codename)  # says
    warnings.warn(codename, stacklevel=1)  # says


def in_an_error(source: Source, passphrase: str) -> None:
    if len(passphrase) > 9:
        raise ValueError(f"not the passphrase: {passphrase}")  # says
    if passphrase:
        raise IntakeError("Wrong.", source.upload_key.hex())  # says
    if "wrong" in passphrase:
        raise IntakeError(source.thread.reply_key.hex())  # says
    assert passphrase.isascii(), passphrase  # says


def to_whoever_lists_processes(passphrase: str) -> None:
    subprocess.run(["gpg", "--passphrase", passphrase], check=True)  # says


def under_another_name(words: str, salt: bytes) -> None:
    key = derive_thread(split(words), salt).reply_key
    said = [part + part for part in (key[:4], key[4:])]
    while one := said.pop():
        print(one)  # says
    for number, part in enumerate(said):
        print(number, part)  # says
    first, *rest = said
    print(first or rest)  # says
    table = {"key": key}
    print(table["key"] if table else None)  # says


def by_way_of_a_function(thread: Thread) -> None:
    print(_shown(thread.reply_key))  # says
    _tell(_shown(thread.reply_key))  # says
    _tell(_shown(b"nothing"))
    print(next(_pieces(thread.reply_key)))  # says
    print("".join(map(str, thread.reply_key)))  # says
    print((lambda: thread.reply_key)())  # says


def _shown(data: bytes) -> str:
    return data.hex()


def _tell(text: str) -> None:
    print(text)


def _pieces(data: bytes) -> Iterator[bytes]:
    yield data[:1]
    yield from (data[at : at + 1] for at in range(1, len(data)))


def by_way_of_the_codec(thread: Thread) -> None:
    writer = Writer().fixed(thread.capability, 32)
    print(Reader(writer.done()).fixed(32))  # says


class Kept:
    """Keeps a secret under a name that says nothing."""

    def __init__(self, given: bytes) -> None:
        self.given = given

    @property
    def half(self) -> bytes:
        """Half of it."""
        return self.given[:16]

    def __repr__(self) -> str:  # says
        return f"<Kept {self.given!r}>"


def kept(thread: Thread) -> None:
    one = Kept(thread.reply_key)
    print(one.half)  # says
    raise Untold(one.given)  # says


class Untold(IntakeError):
    """Hands on what it is given to Python's own error."""

    def __init__(self, about: bytes) -> None:
        super().__init__(f"There is something about {about!r}.")


@dataclass
class Shows:  # says
    """A dataclass without a repr of its own."""

    number: int
    passphrase: str


@dataclass
class Fills:  # says
    """The same, with a secret under a name that says nothing."""

    number: int
    note: str = field(default="")


def fill(codename: str, do: Callable[[str], None]) -> Fills:
    do(codename)
    return Fills(1, note=codename)
