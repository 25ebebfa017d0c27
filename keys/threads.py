"""The folders of threads: one for each source who keeps a codename, under a readable name."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from nacl.exceptions import CryptoError
from nacl.secret import SecretBox

from intake.wire.codec import Reader, Writer
from intake.wire.codename import Thread
from intake.wire.errors import WireError
from keys.errors import ThreadError
from keys.files import make_folder, sync_folder, write_durably
from keys.syllables import names_of

MAGIC: Final = b"intakeT1"
SECRETS: Final = ".thread"
ID: Final = 16
_SIZE: Final = 8 + ID + SecretBox.NONCE_SIZE + SecretBox.MACBYTES + 64


@dataclass(frozen=True)
class ThreadFolder:
    """A thread at the desk: its folder and its 16-byte id."""

    path: Path
    id: bytes

    @property
    def name(self) -> str:
        """The readable name; an editor may have renamed the folder."""
        return self.path.name


class Threads:
    """All threads of a desk, known by the ids in their folders, whatever these are called."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._by_id: dict[bytes, ThreadFolder] = {}
        for secrets in sorted(folder.glob(f"*/{SECRETS}")):
            thread_id = _id_in(secrets)
            if thread_id is not None:
                self._by_id.setdefault(thread_id, ThreadFolder(secrets.parent, thread_id))

    def all(self) -> list[ThreadFolder]:
        """Return the threads in the order of their names."""
        return sorted(self._by_id.values(), key=lambda thread: thread.name)

    def folder_for(
        self, thread: Thread, key: bytes, random: Callable[[int], bytes]
    ) -> ThreadFolder:
        """Return a thread's folder, made and given the thread's secrets where it is new.

        Args:
            key: 32 bytes that seal the secrets.
        """
        found = self._by_id.get(thread.id)
        if found is not None and found.path.is_dir():
            return found
        path = next(
            path
            for path in (self._folder / name for name in names_of(thread.id))
            if not (path / SECRETS).exists()
        )
        make_folder(path)
        write_durably(path / SECRETS, _seal(thread, key, random), replace=False)
        found = self._by_id[thread.id] = ThreadFolder(path, thread.id)
        return found

    def find(self, thread_id: bytes) -> ThreadFolder | None:
        """Return a thread, where there is one of this id."""
        return self._by_id.get(thread_id)

    def meant_by(self, text: str) -> ThreadFolder:
        """Return the one thread that a person means by a name, its beginning, or its folder.

        Raises:
            ThreadError: none, or more than one.
        """
        folder = Path(text)
        if "/" in text and (folder / SECRETS).is_file():
            here = folder.resolve()
            for thread in self._by_id.values():
                if thread.path.resolve() == here:
                    return thread
        name = folder.name.strip().lower() if text.strip() else ""
        matching = [one for one in self.all() if name and one.name.lower().startswith(name)]
        exact = [one for one in matching if one.name.lower() == name]
        if len(exact or matching) == 1:
            return (exact or matching)[0]
        if not matching:
            raise ThreadError(f"There is no thread {text}.", "`keys threads DESK` lists them.")
        raise ThreadError(
            f"{text} may be any of: {', '.join(one.name for one in matching)}.", "Give more of it."
        )


def secrets_of(thread: ThreadFolder, key: bytes) -> Thread:
    """Return what a thread needs to be answered.

    Raises:
        ThreadError: the file is missing, altered, or another desk's.
    """
    try:
        reader = Reader((thread.path / SECRETS).read_bytes())
        reader.magic(MAGIC)
        thread_id = reader.fixed(ID)
        plain = SecretBox(key).decrypt(reader.fixed(_SIZE - 8 - ID))
        reader.done()
    except (OSError, WireError, CryptoError) as error:
        raise ThreadError(
            f"The secrets of {thread.name} cannot be read.",
            f"Put back a copy of {thread.path / SECRETS}; without it nobody can answer there.",
        ) from error
    found = Thread(plain[:32], plain[32:])
    if found.id != thread_id:
        raise ThreadError(f"The secrets of {thread.name} are another thread's.", "Put back a copy.")
    return found


def submission_folder(thread: ThreadFolder, submission: bytes) -> Path:
    """Return the folder of a submission, numbered in the order in which they were opened."""
    found = find_submission(thread, submission)
    if found is not None:
        return found
    firsts = [path.name.split("-")[0] for path in thread.path.iterdir() if path.is_dir()]
    number = max((int(first) for first in firsts if first.isdecimal()), default=0) + 1
    path = thread.path / f"{number:03}-{_tail(submission)}"
    path.mkdir(mode=0o700)
    sync_folder(thread.path)
    return path


def find_submission(thread: ThreadFolder, submission: bytes) -> Path | None:
    """Return the folder of a submission, where there is one."""
    ending = f"-{_tail(submission)}"
    return next(
        (path for path in thread.path.iterdir() if path.name.endswith(ending) and path.is_dir()),
        None,
    )


def _tail(submission: bytes) -> str:
    return submission.hex()[:8]


def _seal(thread: Thread, key: bytes, random: Callable[[int], bytes]) -> bytes:
    plain = thread.capability + thread.reply_key
    sealed = bytes(SecretBox(key).encrypt(plain, random(SecretBox.NONCE_SIZE)))
    return Writer().fixed(MAGIC, 8).fixed(thread.id, ID).fixed(sealed, len(sealed)).done()


def _id_in(secrets: Path) -> bytes | None:
    with secrets.open("rb") as file:
        data = file.read(_SIZE + 1)
    return data[8 : 8 + ID] if len(data) == _SIZE and data.startswith(MAGIC) else None
