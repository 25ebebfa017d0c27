"""Each side stands on its own: copied alone to an empty place, with its own lock, it runs.

The packages of a lock are linked into an empty folder, and Python is started with that folder and
the copied side on its path and nothing else (-S: no site-packages, and so no editable install whose
import hook would find the project anyway). What a side must not have is not forbidden there: it is
missing, as it is on the machine that the side is made for.
"""

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# What bytes in, values out needs. Whoever adds a line here asks: could this read a clock, draw
# chance, or touch anything but its arguments?
PURE = {
    *("argon2", "cryptography", "nacl"),
    *("__future__", "abc", "base64", "binascii", "collections", "dataclasses", "enum", "functools"),
    *("hashlib", "hmac", "itertools", "math", "operator", "re", "string", "struct", "types"),
    *("typing", "unicodedata"),
}

_LEFT_OUT = shutil.ignore_patterns("__pycache__", "node_modules")

IMPORT_EVERYTHING = """
import importlib, pkgutil, sys
side = importlib.import_module(sys.argv[1])
for module in pkgutil.walk_packages(side.__path__, side.__name__ + "."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
        print(module.name)
"""


@dataclass(frozen=True)
class Place:
    """An empty place with one side of the project and what its lock installs."""

    code: Path
    packages: Path

    def python(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-S", "-s", "-P", *arguments],
            cwd=self.code.parent,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(self.code.parent),
                "PYTHONPATH": f"{self.code}{os.pathsep}{self.packages}",
                "PYTHONWARNINGS": "error",
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def succeeds(self, *arguments: str | Path) -> str:
        done = self.python(*arguments)
        assert done.returncode == 0, f"{arguments}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def can_import(self, module: str) -> bool:
        done = self.python("-c", f"import {module}")
        assert done.returncode == 0 or "ModuleNotFoundError" in done.stderr, done.stderr
        return done.returncode == 0


def link_lock(lock: Path, packages: Path) -> None:
    for name in re.findall(r"^([a-z0-9-]+)==", lock.read_text("utf-8"), re.MULTILINE):
        installed = distribution(name)
        tops = {file.parts[0] for file in installed.files or ()} - {"..", "__pycache__"}
        assert tops, f"{name} is in the lock but not installed"
        for top in tops:
            link = packages / top
            if not link.exists():
                link.symlink_to(Path(str(installed.locate_file(top))))


def place(root: Path, side: str, *also: str) -> Place:
    code, packages = root / "code", root / "packages"
    packages.mkdir(parents=True)
    for path in (side, *also):
        target = code / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / path).is_dir():
            shutil.copytree(ROOT / path, target, ignore=_LEFT_OUT)
        else:
            shutil.copy(ROOT / path, target)
    link_lock(ROOT / "requirements" / f"{side}.txt", packages)
    return Place(code, packages)


@pytest.fixture(scope="module")
def online(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return place(tmp_path_factory.mktemp("online"), "intake")


@pytest.fixture(scope="module")
def offline(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return place(tmp_path_factory.mktemp("offline"), "keys", "intake/__init__.py", "intake/wire")


def modules_under(folder: Path) -> set[str]:
    """The names of all modules in a folder of the project, as they are imported."""
    return {
        ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for file in folder.rglob("*.py")
        if file.name != "__main__.py"
    }


def imported_by(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: a relative import"
            if node.module == "intake":
                yield from (f"intake.{alias.name}" for alias in node.names)
            else:
                yield node.module or ""


def test_the_import_contracts_hold() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-logo", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_format_imports_only_what_is_pure() -> None:
    for file in (ROOT / "intake" / "wire").rglob("*.py"):
        for module in imported_by(file):
            inside = f"{module}.".startswith("intake.wire.")
            assert inside or module.partition(".")[0] in PURE, f"{file}: {module}"


def test_the_packages_import_nothing_of_their_own_when_they_are_imported() -> None:
    """`import intake.wire` runs intake/__init__.py too, on a machine that has no more of intake."""
    assert list(imported_by(ROOT / "intake" / "__init__.py")) == []


def test_the_online_side_runs_alone(online: Place) -> None:
    assert "usage" in online.succeeds("-m", "intake", "--help").lower()


def test_every_module_of_the_online_side_is_imported_alone(online: Place) -> None:
    imported = online.succeeds("-c", IMPORT_EVERYTHING, "intake").split()
    assert {"intake", *imported} == modules_under(ROOT / "intake")


def test_the_online_side_has_no_way_to_the_offline_side(online: Place) -> None:
    assert online.can_import("intake")
    assert not online.can_import("keys")


def test_the_offline_side_runs_alone(offline: Place) -> None:
    assert "usage" in offline.succeeds("-m", "keys", "--help").lower()


def test_every_module_of_the_offline_side_is_imported_alone(offline: Place) -> None:
    imported = offline.succeeds("-c", IMPORT_EVERYTHING, "keys").split()
    assert {"keys", *imported} == modules_under(ROOT / "keys")


@pytest.mark.parametrize("module", ["flask", "werkzeug", "gevent", "multipart", "intake.store"])
def test_the_offline_side_is_without(offline: Place, module: str) -> None:
    assert offline.can_import("intake.wire")
    assert not offline.can_import(module)


def test_a_desk_is_made_and_read_by_the_offline_side_alone(offline: Place, tmp_path: Path) -> None:
    desk, passphrase = tmp_path / "desk", tmp_path / "passphrase"
    passphrase.write_text("seven words that nobody else has ever put in a row\n", "utf-8")
    offline.succeeds(
        *("-m", "keys", "new", desk, "--editor", "Edda", "--passphrase-file", passphrase)
    )
    public = offline.succeeds("-m", "keys", "public", desk, "--passphrase-file", passphrase)
    again = offline.succeeds("-m", "keys", "public", desk, "--passphrase-file", passphrase)
    assert public.strip()
    assert public == again
