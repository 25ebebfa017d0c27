"""A newsroom to test with: real desks, made and used by the real commands."""

import contextlib
import io
import json
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from intake.wire.codename import Thread
from intake.wire.dispatch import SignedDispatch
from intake.wire.envelope import Recipient, Sealer, envelope_id
from intake.wire.keyring import Editor
from intake.wire.record import Ending, Header, Kind, RecordWriter
from intake.wire.reply import is_for, open_reply
from keys.cli import main
from keys.edge import Edge

ROOT = Path(__file__).parents[2]
#: The outside, on some day, for what is called without a command.
QUIET = Edge(20_000, secrets.token_bytes, lambda _: None)
PASSPHRASE = "seven words that nobody has put in a row"


@dataclass(frozen=True)
class Ran:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def objects(self) -> list[dict[str, object]]:
        """What it printed with --json."""
        return [json.loads(line) for line in self.out.splitlines()]


def keys(*arguments: object) -> Ran:
    """Run a command in this process."""
    out, err = io.StringIO(), io.StringIO()
    before = os.umask(0o022)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                code = main([str(argument) for argument in arguments])
            except SystemExit as exit_:
                code = int(str(exit_.code))
    finally:
        os.umask(before)
    return Ran(code, out.getvalue(), err.getvalue())


@dataclass
class Newsroom:
    """A desk, and sources who send to it.

    Attributes:
        folder: for everything, the stick included.
    """

    folder: Path
    openpgp: bool = False
    #: OpenPGP keys of editors who come before this desk in what is sealed by gpg.
    colleagues: tuple[bytes, ...] = ()
    sources: list["Source"] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.stick.mkdir(parents=True)
        self.passphrase.write_text(f"{PASSPHRASE}\n")
        self.new(self.desk, "Edda", openpgp=self.openpgp)

    @property
    def desk(self) -> Path:
        return self.folder / "edda"

    @property
    def stick(self) -> Path:
        return self.folder / "stick"

    @property
    def passphrase(self) -> Path:
        return self.folder / "passphrase"

    @property
    def editor(self) -> Editor:
        return Editor.parse((self.desk / "public").read_text())

    def new(self, desk: Path, name: str, *, openpgp: bool = False) -> None:
        made = self.keys("new", desk, "--editor", name, *light(openpgp))
        assert made.code == 0, made.err

    def keys(self, command: str, *arguments: object) -> Ran:
        return keys(command, "--passphrase-file", self.passphrase, *arguments)

    def open(self, *options: str) -> Ran:
        return self.keys("open", self.desk, self.stick, "--json", *options)

    def source(self) -> "Source":
        return Source(self)

    def opened_files(self) -> dict[str, bytes]:
        """All that a person sees under threads/, by its path there."""
        threads = self.desk / "threads"
        return {
            path.relative_to(threads).as_posix(): path.read_bytes()
            for path in sorted(threads.rglob("*"))
            if path.is_file() and not path.name.startswith(".")
        }


class Answering:
    """A newsroom to which one source has written."""

    def __init__(self, newsroom: Newsroom) -> None:
        self.newsroom = newsroom
        self.source: Source = newsroom.source()
        self.envelope = self.source.send(b"hello")
        self.thread = str(one(newsroom.open().objects)["thread"])
        self._count = 0

    def reply(self, text: str | bytes, thread: str = "") -> Ran:
        file = self.newsroom.folder / "answer.txt"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return self.newsroom.keys(
            "reply", self.newsroom.desk, thread or self.thread, "--message-file", file
        )

    def dispatch(self, *options: object) -> SignedDispatch:
        self._count += 1
        out = self.newsroom.folder / f"dispatch-{self._count}"
        ran = self.newsroom.keys("dispatch", self.newsroom.desk, out, "--decoys", 0, *options)
        assert ran.code == 0, ran.err
        self.said = ran.err
        return SignedDispatch.parse(out.read_bytes())

    def received(self, dispatch: SignedDispatch) -> list[tuple[int, str]]:
        """What the source reads, with its codename."""
        thread = self.source.thread
        replies = [
            open_reply(reply.sealed, thread.reply_key)
            for reply in dispatch.dispatch.replies
            if is_for(reply.name, thread.capability)
        ]
        return sorted((reply.number, reply.text) for reply in replies)


def light(openpgp: bool = False) -> list[str]:
    return ["--strength", "light", *([] if openpgp else ["--no-openpgp"])]


class Source:
    """Somebody with a codename."""

    def __init__(self, newsroom: Newsroom) -> None:
        self._newsroom = newsroom
        self.thread = Thread(secrets.token_bytes(32), secrets.token_bytes(32))
        self.submission = secrets.token_bytes(16)

    def header(self, kind: Kind, name: str, position: int = 0) -> Header:
        thread = self.thread
        return Header(
            kind, self.submission, thread.capability, thread.reply_key, position, name, "text/plain"
        )

    def send(
        self,
        content: bytes,
        name: str = "",
        *,
        kind: Kind | None = None,
        ending: Ending = Ending.COMPLETE,
        recipients: Sequence[bytes] | None = None,
    ) -> Path:
        """Put an envelope on the stick, under the NaCl suite."""
        kind = kind or (Kind.FILE if name else Kind.MESSAGE)
        publics = recipients or [self._newsroom.editor.epochs[0].public]
        data = sealed(self.header(kind, name), content, publics, ending)
        return put(self._newsroom.stick, data)

    def send_by_gpg(
        self,
        content: bytes,
        name: str = "",
        *,
        kind: Kind | None = None,
        ending: Ending = Ending.COMPLETE,
        openpgp: bytes | None = None,
        options: Sequence[str] = (),
    ) -> Path:
        """Put an envelope on the stick, under the GPG suite."""
        kind = kind or (Kind.FILE if name else Kind.MESSAGE)
        blocks = b"".join(record(self.header(kind, name), content, ending))
        publics = [*self._newsroom.colleagues, openpgp or self._newsroom.editor.openpgp]
        data = gpg_encrypted(publics, blocks, *options)
        return put(self._newsroom.stick, data)


def sealed(
    header: Header, content: bytes, publics: Sequence[bytes], ending: Ending = Ending.COMPLETE
) -> bytes:
    recipients = [Recipient(public) for public in publics]
    sealer = Sealer(header, recipients, file_key=secrets.token_bytes(32))
    return b"".join([sealer.begin(), *sealer.write(content), *sealer.finish(ending)])


def record(header: Header, content: bytes, ending: Ending) -> Iterator[bytes]:
    writer = RecordWriter(header)
    yield from writer.write(content)
    yield from (block for block, _ in writer.finish(ending))


def put(folder: Path, data: bytes) -> Path:
    path = folder / envelope_id(data[:4096]).hex()
    path.write_bytes(data)
    return path


def gpg_encrypted(publics: bytes | Sequence[bytes], plain: bytes, *options: str) -> bytes:
    """Encrypt with gpg itself to keys in their order, as a server does."""
    publics = [publics] if isinstance(publics, bytes) else publics
    if shutil.which("gpg") is None:
        raise AssertionError("gpg is missing: install gnupg, since these tests run it for real")
    home = Path("/dev/shm") / f"test-{secrets.token_hex(4)}"
    home.mkdir(mode=0o700)
    gpg = ["gpg", "--homedir", str(home), "--batch", "--quiet", "--trust-model", "always"]
    try:
        recipients: list[str] = []
        for number, public in enumerate(publics):
            file = home / f"{number}.public"
            file.write_bytes(public)
            recipients += ["--recipient-file", str(file)]
        options = options or ("--throw-keyids", "-z", "0", "--cipher-algo", "AES256")
        return subprocess.run(
            [*gpg, *options, *recipients, "--encrypt"],
            input=plain,
            check=True,
            capture_output=True,
        ).stdout
    finally:
        subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "all"], check=False)
        shutil.rmtree(home, ignore_errors=True)


def by_passphrase(content: bytes, *options: str) -> bytes:
    home = Path("/dev/shm") / f"test-{secrets.token_hex(4)}"
    home.mkdir(mode=0o700)
    gpg = ["gpg", "--homedir", str(home), "--batch", "--quiet", "--pinentry-mode", "loopback"]
    try:
        return subprocess.run(
            [*gpg, "--passphrase", "theirs", *options, "--symmetric"],
            input=content, check=True, capture_output=True,
        ).stdout  # fmt: skip
    finally:
        subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "all"], check=False)
        shutil.rmtree(home, ignore_errors=True)


def keys_process(*arguments: object) -> "subprocess.Popen[bytes]":
    """Start a command in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "keys", *map(str, arguments)],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def one(items: Iterable[dict[str, object]]) -> dict[str, object]:
    (item,) = items
    return item
