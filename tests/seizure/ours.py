"""The month on this server: ``intake serve`` as it is, desks with vaults, a stick in between."""

import shutil
from pathlib import Path

from intake.home import Home
from tests.keys.newsroom import Newsroom, keys, light
from tests.newsroom import Server, Source
from tests.newsroom.operator import intake, python_m_intake
from tests.seizure import told_by_ours
from tests.seizure.disk import Disk
from tests.seizure.ext4 import Ext4
from tests.seizure.image import Image, marks_of_pages
from tests.seizure.month import by_the_form
from tests.seizure.plan import EDITORS, Day, Letter
from tests.seizure.statement import Statement
from tests.seizure.truth import Answered, Truth, spanning
from tests.sender.source import Source as Program


class Ours:
    """A server of ours, from the beginning of a ``with`` to its end.

    Args:
        disk: HOME and all other usual places of its processes are on it.
        folder: outside of what is seized: the desks, the stick, the sources' machines.
    """

    def __init__(self, disk: Disk, folder: Path, *, tick: int, openpgp: bool = False) -> None:
        self.disk = disk
        self.home = disk.place / "HOME"
        self._folder = folder
        self._openpgp = openpgp
        self._desk = Newsroom(folder / "newsroom", openpgp=openpgp)
        self._desks = [self._desk.desk, folder / "newsroom" / "max"]
        self._desk.new(self._desks[1], EDITORS[1], openpgp=openpgp)
        done = intake(
            *("init", self.home, "--keyring", self._keyring("gpg" if openpgp else "nacl")),
            *("--name", "The Gazette", "--tick", str(tick), "--reserve", "32M"),
        )
        assert done.returncode == 0, done.stderr
        self.salt: bytes | None = Home(self.home).keyring.salt
        self._editors = [editor.verify_key for editor in Home(self.home).keyring.editors]
        self._carried = 0
        self._start()

    def __enter__(self) -> "Ours":
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()

    def send(self, source: Source, letter: Letter) -> None:
        # Under the GPG suite it is the server alone that seals.
        if self._openpgp or not letter.by_program:
            by_the_form(source, letter)
            return
        machine = self._folder / f"machine-{letter.number}"
        machine.mkdir()
        (machine / letter.name).write_bytes(letter.content)
        program = Program(machine)
        program.codename = source.codename
        arguments = (machine / letter.name, "--message")
        done = program.send(source.address, *arguments, message=letter.message)
        assert done.returncode == 0, done.stderr
        shutil.rmtree(machine)

    def sit_down(self, day: Day, truth: Truth) -> None:
        assert day.desk is not None
        desk, stick = self._desks[day.desk], self._folder / f"stick-{self._carried}"
        self._carried += 1
        self._intake("collect", self.home, stick)
        ran = self._desk.keys("open", desk, stick, "--json")
        # It is 1 where one was cut off in its first chunk, as the server was killed.
        assert ran.code in (0, 1), ran.err
        threads = _learn(ran.objects, truth)
        if day.delivers:
            self._deliver(day, desk, threads, truth)
            held = {path.name for path in (self.home / "store" / "shelf").iterdir()}
            for path in stick.iterdir():
                if path.name not in held:
                    truth.deleted[path.name] = marks_of_pages(path.read_bytes())
        shutil.rmtree(stick)

    def crash(self) -> None:
        self._server.kill()
        self._start()

    def state(self, raw: Ext4, image: Image, tick: int) -> Statement:
        return told_by_ours.statement(self.home, raw, image, self._editors, tick)

    def pids(self) -> list[int]:
        return self._server.family()

    def _start(self) -> None:
        listen = f"unix:{self.disk.place / 'socket'}"
        self._server = Server(self.home, listen, self.disk.place)
        self.address = self._server.address

    def _deliver(self, day: Day, desk: Path, threads: dict[int, str], truth: Truth) -> None:
        assert day.desk is not None
        for answer in day.answers:
            self._reply(desk, threads[answer.source], answer.text)
        dispatch = self._folder / f"dispatch-{self._carried}"
        ran = self._desk.keys("dispatch", desk, dispatch)
        assert ran.code == 0, ran.err
        with spanning() as span:
            self._intake("deliver", self.home, dispatch)
        truth.answered += [Answered(answer, span) for answer in day.answers]
        truth.dispatches[day.desk] = truth.dispatches.get(day.desk, 0) + 1

    def _intake(self, *arguments: str | Path) -> None:
        done = python_m_intake(*arguments, folder=self.disk.place)
        assert done.returncode == 0, done.stderr

    def _reply(self, desk: Path, thread: str, text: str) -> None:
        file = self._folder / "answer"
        file.write_text(text)
        ran = self._desk.keys("reply", desk, thread, "--message-file", file)
        assert ran.code == 0, ran.err

    def _keyring(self, suite: str) -> Path:
        root, keyring = self._folder / "root", self._folder / "keyring"
        publics = []
        for desk, name in zip(self._desks, EDITORS, strict=True):
            publics.append(self._folder / f"{name}.public")
            publics[-1].write_text(keys("public", desk).out)
        for arguments in (
            ("root", root, *light()[:2]),
            ("keyring", keyring, "--root", root, "--suite", suite, "--editor", *publics),
        ):
            ran = self._desk.keys(*map(str, arguments))
            assert ran.code == 0, ran.err
        return keyring


def _learn(objects: list[dict[str, object]], truth: Truth) -> dict[int, str]:
    """Note what each envelope is of; return the threads by their sources."""
    letters = {letter.message.strip(): letter for letter in truth.plan.letters}
    submissions, threads = {}, {}
    for one in objects:
        text = Path(str(one["path"])).read_text() if one["kind"] == "message" else ""
        if letter := letters.get(text.strip()):
            submissions[one["submission"]] = letter
            threads[letter.source] = str(one["thread"])
    for one in objects:
        if (letter := submissions.get(one["submission"])) and one["kind"] != "decoy":
            size = len(letter.message if one["kind"] == "message" else letter.content)
            truth.things[str(one["envelope"])] = (letter.number, size)
    return threads
