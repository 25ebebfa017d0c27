"""``intake replies``."""

import argparse
from typing import Final

from intake.days import date_of
from intake.sender.asking import Terminal, ask_known_codename
from intake.sender.cli.session import Session
from intake.sender.mailbox import Opened, read_mailbox
from intake.sender.words import count, safe
from intake.wire.codename import derive_thread

_KEEP: Final = "Enter keeps them. Delete which: a number, several, or all? "


def replies(options: argparse.Namespace) -> None:
    """Show the replies, and delete those that are not wanted any more."""
    session = Session(options)
    place, newsroom = session.reach(session.address(options.address))
    with session.terminal.aside():
        codename = ask_known_codename(session.terminal)
    thread = derive_thread(codename, newsroom.salt)
    link = session.link(place)
    try:
        opened, closed = read_mailbox(
            session.patiently(lambda: link.mailbox(thread.capability)), thread
        )
        _show(opened, closed)
        unwanted = opened if options.delete else _unwanted(session.terminal, opened)
        if unwanted:
            names = [one.name for one in unwanted]
            session.patiently(lambda: link.delete(thread.capability, names))
            print(f"{count(len(names), 'reply', 'replies')} deleted.")
    finally:
        link.close()


def _show(opened: list[Opened], closed: int) -> None:
    if not opened:
        print("There are no replies.")
    for number, one in enumerate(opened, 1):
        print(f"{number}.  {date_of(one.reply.day)}\n")
        for line in one.reply.text.splitlines():
            print(f"    {safe(line)}")
        print()
    if closed:
        them = count(closed, "reply", "replies")
        print(f"{them} cannot be opened: altered, or put there by somebody without your codename.")


def _unwanted(terminal: Terminal, opened: list[Opened]) -> list[Opened]:
    """Return what a person wants to have deleted."""
    while opened and terminal.is_person:
        typed = (terminal.ask(_KEEP) or "").replace(",", " ").split()
        if typed == ["all"]:
            return opened
        chosen = [int(word) for word in typed if word.isascii() and word.isdigit()]
        if len(chosen) == len(typed) and all(1 <= number <= len(opened) for number in chosen):
            return [opened[number - 1] for number in sorted(set(chosen))]
    return []
