"""The script is the same wherever it is made, and is kept only if it is the committed one."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.script import BROWSER, PACKAGES, TREE, find_node
from intake import cli
from intake.script import EXPECTED, PATH, Script, integrity_of

_NEEDED = ("deploy/script.py", "intake/__init__.py", "intake/script.py")


@pytest.fixture
def tree(tmp_path) -> Path:
    """Another tree, in another folder, with the same packages and nothing made."""
    find_node().install()
    for path in (*_NEEDED, EXPECTED.relative_to(TREE)):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(TREE / path, tmp_path / path)
    there = tmp_path / BROWSER.relative_to(TREE)
    shutil.copytree(BROWSER, there, ignore=shutil.ignore_patterns("node_modules"))
    # Hard links cost nothing; through a symbolic one the packages would lie in the first folder.
    subprocess.run(["cp", "-rl", str(PACKAGES), str(there)], check=True)
    (there / "node_modules" / ".made").touch()
    return tmp_path


def make(tree: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(tree / "deploy" / "script.py"), *options]
    return subprocess.run(command, capture_output=True, text=True, cwd="/", check=False)


def in_tree(tree: Path, path: Path) -> Path:
    return tree / path.relative_to(TREE)


def test_another_folder_makes_the_committed_script(tree):
    done = make(tree)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == EXPECTED.read_text()
    made = in_tree(tree, PATH).read_bytes()
    assert integrity_of(made) == done.stdout.strip()
    assert str(tree).encode() not in made


def test_what_is_another_is_not_kept_and_says_so(tree):
    source = in_tree(tree, BROWSER) / "src" / "script.ts"
    source.write_text(source.read_text() + "console.log(1);\n")
    before = in_tree(tree, EXPECTED).read_text()
    done = make(tree)
    assert done.returncode == 1
    assert "is another than intake/static/script.sha384 says" in done.stderr
    assert "hint: " in done.stderr
    assert "make script-hash" in done.stderr
    assert not in_tree(tree, PATH).exists()

    accepted = make(tree, "--accept")
    assert accepted.returncode == 0
    assert before != in_tree(tree, EXPECTED).read_text() == accepted.stdout == done.stdout
    assert make(tree).returncode == 0


def test_a_mistake_in_the_sources_is_shown(tree):
    (in_tree(tree, BROWSER) / "src" / "script.ts").write_text('import "./nowhere.js";\n')
    done = make(tree)
    assert done.returncode == 1
    assert "nowhere.js" in done.stderr
    assert "The script cannot be made." in done.stderr


def test_where_there_is_no_node_it_says_so(tree):
    # Without the environment's packages, and with nothing on the path.
    command = [sys.executable, "-S", str(tree / "deploy" / "script.py")]
    done = subprocess.run(command, capture_output=True, text=True, env={"PATH": ""}, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("There is no node to make the script with.\nhint: ")


def test_it_runs_nothing_that_was_not_there_when_it_was_made():
    made = PATH.read_text()
    for banned in (r"\beval\(", r"new Function\b", r"\bWebAssembly\b", r"\bimport\(", "innerHTML"):
        assert re.search(banned, made) is None, banned


def test_what_opens_envelopes_is_not_in_it():
    made = PATH.read_text()
    assert "src/codename.ts" in made
    assert "src/reading/" not in made


def test_a_server_knows_its_script(tmp_path):
    content = PATH.read_bytes()
    expected = EXPECTED.read_text().strip()
    assert Script(content, expected).is_expected
    assert Script(content, expected).integrity == expected
    assert not Script(content + b" ", expected).is_expected
    assert not Script(None, expected).is_expected
    assert Script(None, expected).integrity is None


@pytest.mark.parametrize(
    ("ours", "said"),
    [
        (Script(b"", integrity_of(b"")), integrity_of(b"")),
        (Script(b"altered", integrity_of(b"")), f"not this version's: {integrity_of(b'altered')}"),
        (Script(None, integrity_of(b"")), "none, so browsers do not seal"),
    ],
    ids=["this version's", "another", "none"],
)
def test_status_says_which_script_is_served(operator, monkeypatch, capsys, ours, said):
    monkeypatch.setattr(cli, "script", lambda: ours)
    assert cli.main(["status", str(operator.home)]) == 0
    assert f"\nscript      {said}\n" in capsys.readouterr().out
