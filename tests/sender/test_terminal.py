"""The whole of it at a terminal, and what is left there to be seen."""

import os
import pty
import re
import subprocess
import sys
import threading
from pathlib import Path

from intake.wire.codename import derive_thread, passes, split
from tests.newsroom import Desk, Operator, Server
from tests.newsroom.server import ROOT, environment
from tests.newsroom.source import new_codename
from tests.sender.arrived import arrived
from tests.sender.conftest import write
from tests.sender.proxy import Proxy

ASIDE, BACK, CLEAR = "\x1b[?1049h", "\x1b[?1049l", "\x1b[2J\x1b[H"


class Person:
    """Somebody who reads what ``intake`` shows, and types what it asks for."""

    def __init__(self, folder: Path, *arguments: str | Path) -> None:
        self.shown = ""
        self._news = threading.Condition()
        self._at = 0
        self._person, terminal = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "intake", *map(str, arguments)],
            cwd=ROOT,
            env=environment(folder) | {"TERM": "xterm"},
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
        )
        os.close(terminal)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> "Person":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        self._reader.join(10)
        os.close(self._person)

    def reads(self, text: str) -> str:
        """Wait for a text; return what was shown since the last one."""
        with self._news:
            assert self._news.wait_for(lambda: text in self.shown[self._at :], 60), self.shown
            end = self.shown.index(text, self._at) + len(text)
            since, self._at = self.shown[self._at : end], end
            return since

    def types(self, *lines: str) -> None:
        for line in lines:
            os.write(self._person, f"{line}\n".encode())

    def ends(self) -> int:
        """Return the exit code, when all was read."""
        code = self.process.wait(60)
        self._reader.join(10)
        return code

    def _read(self) -> None:
        while True:
            try:
                piece = os.read(self._person, 4_096)
            except OSError:
                return
            with self._news:
                self.shown += piece.decode("utf-8", "replace")
                self._news.notify_all()


def left_to_be_seen(shown: str) -> str:
    """Return what is still on the screen, or can be scrolled back, when all is over."""
    return re.sub(f"{re.escape(ASIDE)}.*?{re.escape(BACK)}", "", shown, flags=re.DOTALL)


def test_somebody_new_sends_a_message_and_a_folder_and_leaves_nothing_to_be_seen(
    desk: Desk, operator: Operator, server: Server, tmp_path: Path
) -> None:
    write(tmp_path / "leak" / "a", 10_000_000)
    with Proxy(server.address) as proxy:
        with Person(tmp_path, "send", "--message") as person:
            person.reads("which ends with .onion: ")
            person.types(proxy.address)
            person.reads("Codename: ")
            person.types("")
            told = person.reads("Press Enter when it is written down. ")
            codename = " ".join(told.partition("Your codename:")[2].partition("Write")[0].split())
            assert passes(split(codename))
            person.types("")
            assert person.reads("Now type it from the paper: ").startswith("\r\n" + CLEAR)
            person.types(codename)
            person.reads("Your message.")
            person.types("Look at this.", ".")
            assert person.ends() == 0
        assert "Your message is safe with the newsroom." in person.shown
        with Person(tmp_path, "send", proxy.address) as another:
            another.reads("Path: ")
            another.types(str(tmp_path / "leak"), "")
            another.reads("Codename: ")
            another.types(codename)
            assert another.ends() == 0
    assert "1 file, 10.0 MB: all of it is safe with the newsroom." in another.shown
    for seen in (left_to_be_seen(person.shown), left_to_be_seen(another.shown)):
        assert not any(word in seen for word in codename.split())
        assert "Look at this." not in seen
        assert str(tmp_path / "leak") not in seen
        assert proxy.address not in seen
    found = arrived(desk, operator, tmp_path)
    assert (found.messages, found.files) == (["Look at this."], {"leak/a": 10_000_000})


def test_with_a_new_codename_nothing_is_asked_for_that_cannot_be_there(
    server: Server, tmp_path: Path
) -> None:
    write(tmp_path / "leak", 20_000_000)
    with (
        Proxy(server.address) as proxy,
        Person(tmp_path, "send", proxy.address, tmp_path / "leak") as person,
    ):
        person.reads("Codename: ")
        person.types("")
        told = person.reads("Press Enter when it is written down. ")
        person.types("")
        person.reads("from the paper: ")
        person.types(told.partition("Your codename:")[2].partition("Write")[0])
        assert person.ends() == 0
    assert [request.split()[0] for request in proxy.requests] == ["GET", *["PATCH"] * 4]


def test_replies_are_deleted_as_they_are_chosen(
    desk: Desk, operator: Operator, server: Server, tmp_path: Path
) -> None:
    codename = new_codename()
    thread = derive_thread(split(codename), desk.salt)
    replies = [desk.reply(thread, f"Reply {n}.", number=n, day=20_000) for n in (1, 2, 3)]
    assert operator.deliver(desk.dispatch(replies=replies)).returncode == 0
    for typed, left in (("7", []), ("", ["3", "2", "1"]), ("1, 3", ["2"]), ("all", [])):
        with Person(tmp_path, "replies", server.address) as person:
            person.reads("Codename: ")
            person.types(codename)
            person.reads("or all? ")
            person.types(typed)
            if typed == "7":
                # There is none of that number, so it is asked again.
                person.reads("or all? ")
                person.types("")
            assert person.ends() == 0
        if typed not in ("7", ""):
            with Person(tmp_path, "replies", server.address) as person:
                person.reads("Codename: ")
                person.types(codename)
                person.reads("or all? " if left else "There are no replies.")
                person.types("")
                person.ends()
            assert re.findall(r"Reply (\d)\.", person.shown) == left
