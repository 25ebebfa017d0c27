"""A disk that is filled on purpose: what it costs those who mean well."""

import os
from contextlib import suppress
from pathlib import Path

import pytest

from intake.wire.errors import Truncated
from tests.newsroom import Desk, File, GnupgHome, Opened, Operator, Source
from tests.newsroom.disks import small_disk
from tests.newsroom.source import Page
from tests.uploads.program import Program, seal


def opened(operator: Operator) -> list[Opened]:
    """Return what the desk gets, but for that of which the disk took no more than a header."""
    found = []
    for path in operator.collect().iterdir():
        with suppress(Truncated):
            found.append(operator.desk.open(path))
    return found


@pytest.mark.slow
def test_files_fill_the_disk_but_not_the_reserve_and_messages_do_not_end_replies(
    tmp_path: Path,
) -> None:
    with small_disk(tmp_path, 32) as disk:
        operator = Operator(tmp_path, Desk(), "--reserve", "8M", home=disk / "HOME")
        desk, flood = operator.desk, Source("")
        with operator.serve() as server:
            flood.address = server.address
            program, source = Program(server.address), Source(server.address)
            assert source.send("Before.").status == 200
            # Of every sort that there is, until there is no room for any.
            for size in (3_000_000, 200_000, 1):
                while flood.send(files=[File("ballast", os.urandom(size))]).status == 200:
                    pass
            sealed = seal(desk, 100_000)
            assert program.patch(sealed.url, 0, sealed.envelope).status == 507
            assert [source.send(f"Message {n}.").status for n in range(20)] == [200] * 20
            while flood.send("One of very many.").status == 200:
                pass
            told = Page(source.send("No room.").text).text
            assert "cannot take anything more" in told
            assert source.codename in told
            status = operator.run("status", operator.home).stdout
            assert "none for files" in status
            assert "Collect the envelopes" in status
            reply = desk.reply(source.thread(desk.salt), "We read it.")
            assert operator.deliver(desk.dispatch(replies=[reply])).returncode == 0
            assert "We read it." in source.replies().text
            assert "We read it." not in source.delete("all").text
            collected = opened(operator)
            capability = source.thread(desk.salt).capability
            assert sum(one.header.capability == capability for one in collected) == 21
            receipts = desk.dispatch(receipts=[one.path for one in collected])
            assert operator.deliver(receipts).returncode == 0
            assert source.send("After.", [File("after", os.urandom(1_000_000))]).status == 200
            assert server.stderr() == ""


def test_the_limit_is_told_under_the_gpg_suite_as_well(tmp_path: Path, gnupg: GnupgHome) -> None:
    operator = Operator(tmp_path, Desk(gnupg=gnupg), "--max-upload", "1M")
    with operator.serve() as server:
        source = Source(server.address)
        answer = source.send(files=[File("x", bytes(2_000_000))])
        assert (answer.status, "up to 1 MB in one go" in answer.text) == (413, True)
        assert source.send("Short.", [File("x", bytes(500_000))]).status == 200
