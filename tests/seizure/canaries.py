"""What is sent in and must not be found, and the looking for it."""

import base64
import secrets
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import chain, islice, pairwise

from intake.wire.codename import WORDS, passes
from intake.wordlists import words
from tests.seizure.image import Image

#: Bytes in a row of a secret that are a find.
WINDOW = 8
#: From one byte of a text to its next: in Python's strings they are one, two or four.
_STRIDES = (1, 2, 4)
_LETTERS = "bcdfghjklmnpqrstvwxz"
_VOCABULARY = 16
_LEAST_WORD = 6
#: Where two words join in a window, if it is to have five letters or more of one of them.
_JOINTS = (1, 2, 5, 6)


class Canaries:
    """The secrets of a seizure, each under what it is."""

    def __init__(self) -> None:
        self._windows: dict[int, str] = {}
        #: In hexadecimal a window has half of the bytes: it takes the next as well.
        self._halves: dict[int, tuple[int, str]] = {}

    def add(self, what: str, secret: bytes | str) -> None:
        """Take a secret; any ``WINDOW`` bytes of it, in any of its forms, will be a find."""
        secret = secret.encode() if isinstance(secret, str) else secret
        for form in _forms(secret):
            for begin in range(len(form) - WINDOW + 1):
                self._windows[_number(form, begin)] = what
        for form in (secret.hex().encode(), secret.hex().upper().encode()):
            for begin in range(len(form) - 2 * WINDOW + 1):
                self._halves[_number(form, begin)] = (_number(form, begin + WINDOW), what)

    def add_codename(self, codename: str, what: str = "a codename") -> None:
        """Take a codename: where its words join, since each of them lies in a list as well."""
        for between in " +":
            form = codename.replace(" ", between).encode()
            for begin in range(len(form) - WINDOW + 1):
                if form.find(between.encode(), begin) - begin in _JOINTS:
                    self._windows[_number(form, begin)] = what

    def forget(self, image: Image) -> None:
        """Leave out what lies in an image: it is no secret where nothing was sent."""
        for shift in range(WINDOW):
            for run in image.every(1):
                for number in self._windows.keys() & _numbers(run, shift):
                    del self._windows[number]

    def __len__(self) -> int:
        return len(self._windows)

    def found(self, image: Image) -> Counter[str]:
        """Return what lies in an image, and in how many places."""
        finds: Counter[str] = Counter()
        for run in chain.from_iterable(map(image.every, _STRIDES)):
            for shift in range(WINDOW):
                numbers = _numbers(run, shift)
                # Most runs have none, and to tell that takes half the time.
                if not self._windows.keys().isdisjoint(numbers):
                    finds.update(filter(None, map(self._windows.get, numbers)))
                if not self._halves.keys().isdisjoint(numbers):
                    for number, after in pairwise(numbers):
                        half = self._halves.get(number)
                        if half is not None and half[0] == after:
                            finds[half[1]] += 1
        return finds

    def around(self, image: Image) -> Iterator[str]:
        """Yield finds and what lies around each, for somebody to judge what it is part of."""
        for run in chain.from_iterable(map(image.every, _STRIDES)):
            for shift in range(WINDOW):
                numbers = _numbers(run, shift)
                if self._windows.keys().isdisjoint(numbers):
                    continue
                for place, number in enumerate(numbers):
                    if number in self._windows:
                        begin = shift + place * WINDOW
                        yield f"{self._windows[number]}: {run[max(0, begin - 48) : begin + 48]!r}"


class Vocabulary:
    """Words of codenames here: each lies in memory once, in the list, and begins and ends as none.

    Args:
        before: the server's memory before anything was sent.
    """

    def __init__(self, before: Image) -> None:
        long = [word for word in words("en") if len(word) >= _LEAST_WORD]
        secrets.SystemRandom().shuffle(long)
        self._words = list(islice((word for word in long if _is_rare(word, before)), _VOCABULARY))

    def codename(self) -> str:
        """Return a new codename."""
        while True:
            drawn = [secrets.choice(self._words) for _ in range(WORDS)]
            if passes(drawn):
                return " ".join(drawn)

    def found(self, image: Image) -> Counter[str]:
        """Return the words that lie in an image once more, or oftener."""
        return Counter(
            {f"the word {word}": 1 for word in self._words if not _lies_once(word, image)}
        )


def _is_rare(word: str, image: Image) -> bool:
    joints = image.count(f" {word[:5]}".encode()) + image.count(f"{word[-5:]} ".encode())
    return joints == 0 and _lies_once(word, image)


def _lies_once(word: str, image: Image) -> bool:
    return [image.count(word.encode(), stride) for stride in _STRIDES] == [1, 0, 0]


def tile() -> str:
    """Return a text of ``WINDOW`` bytes that nothing else is like."""
    return "".join(secrets.choice(_LETTERS) for _ in range(WINDOW))


def tiled(text: str, size: int) -> str:
    """Return so many bytes of a tile again and again: any ``WINDOW`` of them are one of eight."""
    return (text * (size // WINDOW + 1))[:size]


def _numbers(run: bytes, shift: int) -> memoryview:
    """Return a run's windows that begin so many bytes behind each multiple of their size."""
    end = len(run) - (len(run) - shift) % WINDOW
    return memoryview(run)[shift:end].cast("Q")


def _number(form: bytes, begin: int) -> int:
    """Return ``WINDOW`` bytes as the number that a processor takes them for."""
    return int.from_bytes(form[begin : begin + WINDOW], sys.byteorder)


def _forms(secret: bytes) -> Iterator[bytes]:
    """Yield the secret as it is, and as programs write it."""
    yield secret
    yield secret[::-1]
    yield "".join(f"%{byte:02X}" for byte in secret).encode()
    for shift in range(3):
        # Three bytes are four letters, wherever the first of them stands.
        yield base64.b64encode(secret[shift : len(secret) - (len(secret) - shift) % 3])
