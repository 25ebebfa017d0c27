"""``intake send``."""

import argparse
import calendar
import os
import secrets
import sys
import time
from typing import Final

from intake.reach.patience import Patience
from intake.reach.place import Place
from intake.sender.asking import Words, ask_codename, ask_message, ask_paths
from intake.sender.cli.session import Session
from intake.sender.errors import LeftOut, NothingToSend
from intake.sender.newsroom import Newsroom
from intake.sender.outbox import Outbox
from intake.sender.pacing import Clock, Pace, usual
from intake.sender.planning import Survey, Tree
from intake.sender.sending import Progress, Sender, Sent
from intake.sender.walking import Skipped, roots_of
from intake.sender.words import count, duration, human, safe
from intake.wire.codename import derive_source, draw
from intake.wordlists import words

#: Seconds of the longest pause between two tries.
_LONGEST_PAUSE: Final = 60.0
#: Bytes a second that several circuits of Tor's often come to, to reckon with.
_TOR: Final = 1_000_000
#: Things that are named at the end.
_NAMED: Final = 10_000
_GO_ON: Final = "What has arrived stays. To go on, give the same command and the same codename."


def send(options: argparse.Namespace) -> None:
    """Send what was named, and say what was not sent."""
    sending = _Send(options)
    address, paths = sending.what()
    tree = Tree(roots_of(paths), sending.left_out.add)
    survey = sending.survey(tree) if paths else None
    if options.dry_run:
        print(_rehearsal(options, survey))
    else:
        sending.run(address, tree, survey)
    sending.left_out.check()


class _LeftOut:
    """What was not sent, or not as it should be: each thing once, by its name."""

    def __init__(self) -> None:
        self._why: dict[str, str] = {}
        self._more = False

    def add(self, skipped: Skipped) -> None:
        """Note one thing."""
        if len(self._why) < _NAMED or skipped.name in self._why:
            self._why.setdefault(skipped.name, skipped.why)
        else:
            self._more = True

    def tell(self) -> None:
        """Name all of it."""
        for name, why in self._why.items():
            print(f"{safe(name)} {why}.", file=sys.stderr)

    def check(self) -> None:
        """Name all of it and raise ``LeftOut``; return if there is nothing."""
        if not self._why:
            return
        self.tell()
        number = f"{count(len(self._why), 'thing')}{' and more' if self._more else ''}"
        raise LeftOut(f"Left out, or not whole: {number}, named above.", "All else is complete.")


class _Send:
    """One run of the command."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.left_out = _LeftOut()
        self._options = options
        self._session = Session(options)
        clock = Clock(time.monotonic, _wall_clock, self._session.stop.wait, secrets.randbelow)
        self._pace = Pace(clock, rate=options.rate, hours=options.hours)

    def what(self) -> tuple[str, list[str]]:
        """Return address and paths, asked for where they were not given."""
        terminal, options, paths = self._session.terminal, self._options, self._options.paths
        address = self._session.address(options.address)
        if not (paths or options.message) and terminal.is_person:
            with terminal.aside():
                paths = ask_paths(terminal)
        if not (paths or options.message):
            raise NothingToSend("There is nothing to send.", "Name files or folders, or --message.")
        return address, paths

    def survey(self, tree: Tree) -> Survey:
        """Count what there is."""
        bar = self._session.bar
        try:
            return tree.survey(lambda files: bar.count(f"Counting: {count(files, 'file')} ..."))
        except NothingToSend:
            self.left_out.tell()
            raise
        finally:
            bar.count("")

    def run(self, address: str, tree: Tree, survey: Survey | None) -> None:
        """Send it all, and say when it is safe."""
        place, newsroom = self._session.reach(address)
        newsroom.check_open()
        codename, fresh, message = self._ask()
        if not (survey or message):
            raise NothingToSend("There is nothing to send.", "Name files, or write a message.")
        sender = self._sender(place, newsroom, codename, fresh=fresh)
        try:
            if message:
                sender.send_message(message, os.urandom)
                print("Your message is safe with the newsroom.", flush=True)
            if survey is not None:
                self._session.bar.count("Looking for what is there already ...")
                sent = sender.send_files(tree, survey, self._draw)
                self._session.bar.end()
                _say(sent)
        except BaseException:
            self._session.bar.end()
            print(_GO_ON, file=sys.stderr)
            raise
        finally:
            sender.close()
        print("To read what the editors answer: intake replies, with the same codename.")

    def _ask(self) -> tuple[Words, bool, bytes]:
        """Return the codename, whether it is a new one, and the message, if there is one."""
        terminal = self._session.terminal
        with terminal.aside():
            codename, fresh = ask_codename(terminal, lambda: draw(words("en"), secrets.randbelow))
            if not self._options.message:
                return codename, fresh, b""
            terminal.clear()
            return codename, fresh, ask_message(terminal, codename)

    def _sender(self, place: Place, newsroom: Newsroom, codename: Words, *, fresh: bool) -> Sender:
        session, options = self._session, self._options
        patience = Patience(options.give_up_after, session.stop, longest=_LONGEST_PAUSE)

        def outbox() -> Outbox:
            link, trouble = session.link(place), session.trouble
            return Outbox(link, newsroom, self._pace, patience, trouble=trouble, stop=session.stop)

        return Sender(
            derive_source(codename, newsroom.salt),
            outbox,
            circuits=options.circuits,
            fresh=fresh,
            stop=session.stop,
            note=self.left_out.add,
        )

    def _draw(self, progress: Progress) -> None:
        self._session.bar.draw(progress, self._pace.until_open())


def _say(sent: Sent) -> None:
    what = f"{count(sent.files, 'file')}, {human(sent.size)}"
    print(f"{what}: all of it is safe with the newsroom.", flush=True)


def _rehearsal(options: argparse.Namespace, survey: Survey | None) -> str:
    """Return what would be sent, and how long it may take."""
    if survey is None:
        return "Only a message would be sent."
    what = f"{count(survey.files, 'file')} and {count(survey.folders, 'folder')}"
    packs = f"{count(survey.packs, 'pack')} of 8.4 MB at most"
    seconds = survey.size / usual(options.rate, options.hours, _TOR)
    how = f"about {duration(max(60, seconds))}, if Tor gives {human(_TOR)}/s"
    return f"{what}, {human(survey.size)}, in {packs}.\nThat takes {how}, as it often does."


def _wall_clock() -> float:
    """Return the seconds since 1970-01-01 as they are where this machine's clock says it is."""
    return float(calendar.timegm(time.localtime()))
