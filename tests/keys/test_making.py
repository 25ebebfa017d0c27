"""`keys new`, `public`, `root`, `keyring`, `passphrase`: what they make, and what they refuse."""

import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from intake.wire.envelope import Identity
from intake.wire.keyring import Editor, Keyring, SuiteName
from keys.desk import unlock
from keys.vault import Passphrase
from tests.keys.newsroom import PASSPHRASE, ROOT, Newsroom, keys, light

TODAY = int(time.time()) // 86_400
COMMANDS = [
    "new", "renew", "public", "root", "keyring", "open", "threads", "reply", "dispatch", "sign",
    "passphrase",
]  # fmt: skip


def publics(newsroom: Newsroom, *names: str) -> list[Path]:
    files = []
    for name in names:
        desk = newsroom.folder / name.lower()
        if not desk.exists():
            newsroom.new(desk, name)
        file = newsroom.folder / f"{name}.public"
        file.write_text(keys("public", desk).out)
        files.append(file)
    return files


def keyring(newsroom: Newsroom, root: Path, *options: object) -> Keyring:
    out = newsroom.folder / "keyring"
    ran = newsroom.keys("keyring", out, "--root", root, *options)
    assert ran.code == 0, ran.err
    return Keyring.parse(out.read_bytes())


def test_a_desk_has_keys_for_a_year_from_today(newsroom: Newsroom) -> None:
    editor = newsroom.editor
    assert editor.name == "Edda"
    assert editor.openpgp == b""
    assert [epoch.first_day for epoch in editor.epochs] == [TODAY + 28 * i for i in range(14)]
    private = unlock(newsroom.desk, Passphrase(PASSPHRASE))
    assert [Identity(epoch.private).public() for epoch in private.epochs] == [
        epoch.public for epoch in editor.epochs
    ]


def test_the_public_half_is_printed_without_a_passphrase(newsroom: Newsroom) -> None:
    ran = keys("public", newsroom.desk)
    assert ran.code == 0
    assert ran.err == ""
    assert Editor.parse(ran.out) == newsroom.editor


def test_a_desk_is_never_made_over_anything(newsroom: Newsroom) -> None:
    before = (newsroom.desk / "vault").read_bytes()
    ran = newsroom.keys("new", newsroom.desk, "--editor", "Max", *light())
    assert ran.code == 1
    assert "exists already" in ran.err
    assert (newsroom.desk / "vault").read_bytes() == before
    file = newsroom.folder / "file"
    file.touch()
    assert newsroom.keys("new", file, "--editor", "Max", *light()).code == 1
    empty = newsroom.folder / "empty"
    empty.mkdir()
    assert newsroom.keys("new", empty, "--editor", "Max", *light()).code == 0


def test_a_desk_that_cannot_be_made_leaves_nothing(newsroom: Newsroom) -> None:
    ran = newsroom.keys("new", newsroom.folder / ("x" * 300), "--editor", "Max", *light())
    assert ran.code == 1
    assert {path.name for path in newsroom.folder.iterdir()} == {"edda", "stick", "passphrase"}


def test_a_desk_is_made_in_a_folder_that_there_is(newsroom: Newsroom) -> None:
    ran = newsroom.keys("new", newsroom.folder / "no" / "x", "--editor", "Max", *light())
    assert ran.code == 1
    assert f"keys: {newsroom.folder / 'no'} is no folder.\nhint: " in ran.err
    assert not (newsroom.folder / "no").exists()


def test_the_memory_of_a_command_is_in_no_core_file_and_no_other_programs() -> None:
    look = (
        "import ctypes, resource\nfrom keys.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "print(ctypes.CDLL(None).prctl(3), resource.getrlimit(resource.RLIMIT_CORE))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", look], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert ran.stdout.endswith("\n0 (0, 0)\n")


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("frobnicate",),
        ("new",),
        ("new", "desk"),
        ("new", "desk", "--editor", ""),
        ("new", "desk", "--editor", "a\nb"),
        ("new", "desk", "--editor", "x" * 65),
        ("new", "desk", "--editor", "A", "--epochs", "0"),
        ("new", "desk", "--editor", "A", "--epochs", "1"),
        ("new", "desk", "--editor", "A", "--epochs", "129"),
        ("new", "desk", "--editor", "A", "--epoch-days", "x"),
        ("new", "desk", "--editor", "A", "--openpgp", "abc"),
        ("new", "desk", "--editor", "A", "--openpgp", "A" * 40, "--no-openpgp"),
        ("new", "desk", "--editor", "A", "--gnupg-home", "/tmp"),
        ("new", "desk", "--editor", "A", "--strength", "none"),
        ("keyring", "out", "--root", "root"),
        ("keyring", "out", "--editor", "a"),
        ("keyring", "out", "--root", "root", "--editor", "a", "--suite", "pgp"),
        ("open", "desk"),
        ("reply", "desk", "thread"),
        ("dispatch", "desk"),
    ],
)
def test_wrong_usage_exits_with_2(arguments: tuple[str, ...]) -> None:
    ran = keys(*arguments)
    assert ran.code == 2
    assert "usage: keys" in ran.err
    assert ran.out == ""


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example_and_takes_a_passphrase_file(command: str) -> None:
    ran = keys(command, "--help")
    assert ran.code == 0
    assert f"example:\n  keys {command} " in ran.out
    assert "--passphrase-file F" in ran.out


def test_the_help_of_all_tells_the_journey_and_the_exit_codes() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "keys", "--help"], cwd=ROOT, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    for command in COMMANDS:
        assert f"    {command} " in ran.stdout or f"    {command}\n" in ran.stdout
    assert "0 done, 1 it failed and was told why, 2 wrong usage" in ran.stdout
    assert ran.stderr == ""


@pytest.mark.parametrize(
    "command", ["open", "renew", "reply", "dispatch", "sign", "threads", "public"]
)
def test_what_is_no_desk_is_told(newsroom: Newsroom, command: str) -> None:
    rest: dict[str, list[object]] = {
        "open": ["x"], "reply": ["x", "--message-file", newsroom.passphrase], "dispatch": ["x"],
        "sign": ["x"], "threads": [], "public": [], "renew": [],
    }  # fmt: skip
    ran = newsroom.keys(command, newsroom.stick, *rest[command])
    assert ran.code == 1
    assert "is not a desk" in ran.err
    assert list(newsroom.stick.iterdir()) == []


def test_a_wrong_passphrase_is_told_with_a_hint(newsroom: Newsroom) -> None:
    wrong = newsroom.folder / "wrong"
    wrong.write_text("wrong\n")
    ran = keys("open", newsroom.desk, newsroom.stick, "--passphrase-file", wrong)
    assert ran.code == 1
    assert "The passphrase is not the vault's" in ran.err
    assert "keyboard layout" in ran.err


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"\n", "empty"), (b"", "empty"), (b"\xff\n", "not UTF-8"), (b"x" * 5000, "too long")],
)
def test_a_passphrase_file_without_one_is_told(
    newsroom: Newsroom, content: bytes, says: str
) -> None:
    newsroom.passphrase.write_bytes(content)
    ran = newsroom.open()
    assert ran.code == 1
    assert says in ran.err


def test_only_the_first_line_of_a_passphrase_file_counts(newsroom: Newsroom) -> None:
    newsroom.passphrase.write_bytes(f"{PASSPHRASE}\r\nand a note\n".encode())
    assert newsroom.open().code == 0
    newsroom.passphrase.write_text(PASSPHRASE)
    assert newsroom.open().code == 0


def test_without_a_terminal_the_passphrase_file_is_asked_for(newsroom: Newsroom) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "keys", "open", newsroom.desk, newsroom.stick],
        cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        start_new_session=True,
    )  # fmt: skip
    assert ran.returncode == 1
    assert "Give --passphrase-file" in ran.stderr


def test_a_root_is_never_overwritten(newsroom: Newsroom, root: Path) -> None:
    before = root.read_bytes()
    ran = newsroom.keys("root", root, "--strength", "light")
    assert ran.code == 1
    assert "exists already" in ran.err
    assert root.read_bytes() == before


def test_a_keyring_names_the_editors_and_is_in_force_today(newsroom: Newsroom, root: Path) -> None:
    made = keyring(newsroom, root, "--editor", *publics(newsroom, "Edda", "Max"))
    assert [editor.name for editor in made.editors] == ["Edda", "Max"]
    assert (made.sequence, made.suite, made.threshold) == (1, SuiteName.NACL, 1)
    assert (made.first_day, made.last_day) == (TODAY, TODAY + 365)
    assert len(made.recipients(TODAY)) == 2


def test_editors_can_be_named_one_by_one(newsroom: Newsroom, root: Path) -> None:
    edda, other = publics(newsroom, "Edda", "Max")
    made = keyring(newsroom, root, "--editor", edda, "--editor", other, "--threshold", 2)
    assert [editor.name for editor in made.editors] == ["Edda", "Max"]
    assert made.threshold == 2


def test_each_keyring_has_the_next_sequence_and_may_replace_the_one_before(
    newsroom: Newsroom, root: Path
) -> None:
    editors = publics(newsroom, "Edda")
    first = keyring(newsroom, root, "--editor", *editors)
    second = keyring(newsroom, root, "--editor", *editors)
    assert (first.sequence, second.sequence) == (1, 2)
    assert first.salt == second.salt
    first.check_successor(second)


def test_a_sequence_is_used_up_although_the_keyring_cannot_be_written(
    newsroom: Newsroom, root: Path
) -> None:
    editors = publics(newsroom, "Edda")
    nowhere = newsroom.folder / "nowhere" / "keyring"
    assert newsroom.keys("keyring", nowhere, "--root", root, "--editor", *editors).code == 1
    assert keyring(newsroom, root, "--editor", *editors).sequence == 2


def test_a_keyring_does_not_outlive_the_editors_keys(newsroom: Newsroom, root: Path) -> None:
    made = keyring(newsroom, root, "--editor", *publics(newsroom, "Edda"), "--days", 3000)
    assert made.last_day == TODAY + 14 * 28 - 1
    assert keyring(
        newsroom, root, "--editor", *publics(newsroom, "Edda"), "--days", 7
    ).last_day == (TODAY + 7)


def test_whose_keys_shorten_a_keyring_is_said(newsroom: Newsroom, root: Path) -> None:
    (edda,) = publics(newsroom, "Edda")
    short = newsroom.folder / "max"
    options = ("--epochs", 2, "--epoch-days", 7)
    newsroom.keys("new", short, "--editor", "Max", *options, *light())
    out = newsroom.folder / "keyring"
    ran = newsroom.keys("keyring", out, "--root", root, "--editor", edda, short / "public")
    assert "shorter than --days 365: the keys of Max end" in ran.err
    assert Keyring.parse(out.read_bytes()).last_day == TODAY + 2 * 7 - 1


def test_a_single_key_whose_length_nobody_can_tell_is_in_no_keyring(
    newsroom: Newsroom, root: Path
) -> None:
    keys_of = unlock(newsroom.desk, Passphrase(PASSPHRASE))
    single = newsroom.folder / "single"
    single.write_text(replace(keys_of, epochs=keys_of.epochs[:1]).public(b""))
    out = newsroom.folder / "keyring"
    ran = newsroom.keys("keyring", out, "--root", root, "--editor", single)
    assert ran.code == 1
    assert "Edda has a single key" in ran.err


def test_a_keyring_replaces_nothing_but_its_predecessor(newsroom: Newsroom, root: Path) -> None:
    editors = publics(newsroom, "Edda")
    ran = newsroom.keys("keyring", newsroom.passphrase, "--root", root, "--editor", *editors)
    assert ran.code == 1
    assert "something else already" in ran.err
    keyring(newsroom, root, "--editor", *editors)
    other = newsroom.folder / "other.root"
    newsroom.keys("root", other, "--strength", "light")
    ran = newsroom.keys(
        "keyring", newsroom.folder / "keyring", "--root", other, "--editor", *editors
    )
    assert ran.code == 1
    assert "another newsroom's" in ran.err


def test_what_no_keyring_can_be_made_of_is_told(newsroom: Newsroom, root: Path) -> None:
    (edda,) = publics(newsroom, "Edda")
    newsroom.new(newsroom.folder / "twin", "Edda")
    twin = newsroom.folder / "twin" / "public"
    out = newsroom.folder / "keyring"
    for options, says in (
        (("--editor", edda, edda), "Two editors have one name"),
        (("--editor", edda, twin), "Two editors have one name"),
        (("--editor", newsroom.passphrase), "not an editor's public half"),
        (("--editor", newsroom.folder / "nowhere"), "cannot be read"),
        (("--editor", edda, "--suite", "gpg"), "Edda has no OpenPGP key"),
        (("--editor", edda, "--threshold", "2"), "2 signatures cannot come from 1 editors"),
    ):
        ran = newsroom.keys("keyring", out, "--root", root, *options)
        assert ran.code == 1, options
        assert says in ran.err
    assert not out.exists()
    assert keyring(newsroom, root, "--editor", edda).sequence == 1


def test_a_keyring_for_the_gpg_suite_holds_the_openpgp_keys(gpg_newsroom: Newsroom) -> None:
    root_path = gpg_newsroom.folder / "root"
    gpg_newsroom.keys("root", root_path, "--strength", "light")
    made = keyring(
        gpg_newsroom, root_path, "--editor", gpg_newsroom.desk / "public", "--suite", "gpg"
    )
    assert made.suite is SuiteName.GPG
    assert made.editors[0].openpgp == gpg_newsroom.editor.openpgp != b""


def test_a_desk_is_no_root_and_a_root_no_desk(newsroom: Newsroom, root: Path) -> None:
    out = newsroom.folder / "keyring"
    (edda,) = publics(newsroom, "Edda")
    ran = newsroom.keys("keyring", out, "--root", newsroom.desk / "vault", "--editor", edda)
    assert ran.code == 1
    assert "of another kind" in ran.err


def test_a_changed_passphrase_opens_and_the_old_does_not(newsroom: Newsroom, root: Path) -> None:
    new = newsroom.folder / "new"
    new.write_text("another one that is long enough\n")
    for target in (newsroom.desk, root):
        ran = newsroom.keys(
            "passphrase", target, "--new-passphrase-file", new, "--strength", "light"
        )
        assert ran.code == 0, ran.err
    assert newsroom.open().code == 1
    newsroom.passphrase.write_bytes(new.read_bytes())
    assert newsroom.open().code == 0
    keyring(newsroom, root, "--editor", *publics(newsroom, "Edda"))


def test_a_short_passphrase_is_warned_about(newsroom: Newsroom) -> None:
    newsroom.passphrase.write_text("short\n")
    ran = newsroom.keys("new", newsroom.folder / "max", "--editor", "Max", *light())
    assert ran.code == 0
    assert "has 5 characters" in ran.err


def test_what_is_carried_can_be_read_by_others_and_what_is_kept_cannot(
    newsroom: Newsroom, root: Path
) -> None:
    keyring(newsroom, root, "--editor", *publics(newsroom, "Edda"))
    out = newsroom.folder / "dispatch"
    assert newsroom.keys("dispatch", newsroom.desk, out).code == 0
    assert out.stat().st_mode & 0o777 == 0o644
    assert (newsroom.folder / "keyring").stat().st_mode & 0o777 == 0o644
    assert root.stat().st_mode & 0o777 == 0o600
    assert os.listdir(newsroom.stick) == []


def test_help_of_new_names_the_choices() -> None:
    ran = keys("new", "--help")
    assert "smartcard" in ran.out
    assert "light is 19 MiB" in " ".join(ran.out.split())
