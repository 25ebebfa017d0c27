"""Nothing is left behind, and nothing is needed that a source does not have."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.newsroom import Server
from tests.newsroom.server import ROOT, environment
from tests.sender.source import Source

#: What is on a server and not on a source's machine.
MISSING = ("flask", "werkzeug", "flask_babel", "gevent", "multipart", "gnupg", "stem", "jinja2")
WITHOUT = f"""
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {MISSING}:
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Missing())
from intake.cli import main
sys.exit(main(sys.argv[1:]))
"""


def everything_below(folder: Path) -> dict[str, tuple[int, ...]]:
    """Return what a file system says of all below a folder: even what was only read is seen."""
    seen = {str(path): path.lstat() for path in [folder, *sorted(folder.rglob("*"))]}
    return {
        path: (one.st_size, one.st_mtime_ns, one.st_ctime_ns, one.st_atime_ns)
        for path, one in seen.items()
    }


@pytest.mark.parametrize("command", ["send", "replies"])
def test_nothing_is_written_anywhere_the_home_and_the_working_folder_least_of_all(
    server: Server, source: Source, leak: Path, tmp_path: Path, command: str
) -> None:
    home, work = tmp_path / "home", tmp_path / "work"
    home.mkdir()
    work.mkdir()
    places = environment(home)
    for path in sorted(tmp_path.rglob("*"), reverse=True):
        if path.is_relative_to(leak) or path.is_relative_to(home):
            # Before the last change: then every reading would be noted.
            os.utime(path, ns=(10**18, 10**18 + 1), follow_symlinks=False)
    before = [everything_below(place) for place in (home, work, leak)]
    arguments = [server.address, str(leak)] if command == "send" else [server.address]
    del places["PYTHONDONTWRITEBYTECODE"]
    done = subprocess.run(
        [sys.executable, "-m", "intake", command, *arguments],
        cwd=work,
        # As where it is installed: the package's own folder cannot be written to.
        env=places | {"PYTHONPYCACHEPREFIX": "/dev/null", "XDG_CACHE_HOME": str(home)},
        input=f"{source.codename}\n",
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert [everything_below(place) for place in (home, work, leak)] == before


def test_it_runs_without_what_servers_have(
    server: Server, source: Source, leak: Path, tmp_path: Path
) -> None:
    for arguments in (["send", server.address, str(leak)], ["replies", server.address]):
        done = subprocess.run(
            [sys.executable, "-c", WITHOUT, *arguments],
            cwd=ROOT,
            env=environment(tmp_path),
            input=f"{source.codename}\n",
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr


def test_no_core_is_dumped_with_the_codename_in_it(
    server: Server, source: Source, leak: Path
) -> None:
    with source.waiting(server.address, leak) as process:
        limits = Path(f"/proc/{process.pid}/limits").read_text()
    [line] = [line for line in limits.splitlines() if line.startswith("Max core file size")]
    assert line.split()[4:6] == ["0", "0"]


def test_help_says_how_to_stay_out_of_the_history(source: Source) -> None:
    said = " ".join(source.run("send", "--help").stdout.split())
    assert "a space before the command keeps it out of the history" in said
