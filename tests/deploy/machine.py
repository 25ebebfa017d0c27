"""A Debian to install on and to boot: this machine's own files, with all that is written apart.

An overlay costs a fraction of a second and downloads nothing. ``Root.run`` is a chroot without an
init; ``Root.boot`` starts a real systemd in namespaces of its own, with no network interface.
"""

import os
import secrets
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

TREE = Path(__file__).resolve().parents[2]
#: Where the tree lies in every root.
SOURCE = "/srv/intake"
_PARTS = ("intake", "deploy", "requirements", "pyproject.toml", "LICENSE", "README.md")
_PATIENCE = 60.0
#: A chroot with what programs expect to be there.
_INTO = """
mount --rbind /dev "$0/dev" && mount -t proc proc "$0/proc" &&
mount -t tmpfs -o mode=0755 intake-test "$0/run" && exec chroot "$0" "$@"
"""


class Failed(Exception):
    """A command in the root failed."""


def refusal() -> str:
    """Return why no root can be made here, or nothing."""
    if os.geteuid() != 0:
        return "needs root, for mounts and namespaces"
    if "ID=debian\n" not in Path("/etc/os-release").read_text():
        return "needs Debian's own files"
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", "mount -t tmpfs none /mnt"], capture_output=True
    )
    return "" if done.returncode == 0 else "may not mount here"


def copy_tree(target: Path) -> None:
    """Copy what is released, as it is now."""
    target.mkdir(parents=True)
    hidden = shutil.ignore_patterns("__pycache__", "*.pyc", "*.mo", "node_modules", "script.js")
    for part in _PARTS:
        if (TREE / part).is_dir():
            shutil.copytree(TREE / part, target / part, ignore=hidden)
        elif (TREE / part).exists():
            shutil.copy(TREE / part, target / part)


class Root:
    """The root folder of a Debian.

    Attributes:
        path: where it lies on this machine.
        written: the folder with what was written to it, for another root to stand on.
    """

    def __init__(self, path: Path, written: Path | None = None) -> None:
        self.path = path
        self.written = written

    def at(self, path: str) -> Path:
        """Return where a path of this root lies on this machine."""
        return self.path / path.lstrip("/")

    def begin(self, *command: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run a command in it, without an init, and return how it ended."""
        into = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", _INTO]
        return _run([*into, str(self.path), *command], more)

    def run(self, *command: str, **more: str) -> str:
        """Run a command in it, and return what it printed.

        Raises:
            Failed: with its exit code and all that it said.
        """
        return _output(self.begin(*command, **more))

    @contextmanager
    def boot(self) -> Iterator["Booted"]:
        """Start it until the end of the ``with``; it is shut down in order."""
        name = f"intake-{secrets.token_hex(4)}"
        command = ["systemd-nspawn", "--quiet", f"--directory={self.path}", f"--machine={name}"]
        command += ["--private-network", "--console=pipe", "--register=no"]
        environment = dict(os.environ)
        groups: list[Path] = []
        if not Path("/run/systemd/system").exists():
            # No systemd here that would make a control group: it gets one that can be removed.
            groups = _own_groups(name)
            joined = " ".join(f"echo $$ >{group}/cgroup.procs;" for group in groups)
            command = ["sh", "-c", f'{joined} exec "$@"', "sh", *command, "--keep-unit"]
            environment["UNIFIED_CGROUP_HIERARCHY"] = "1"
        command += ["/lib/systemd/systemd", "--unit=basic.target"]
        process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            booted = Booted(_init_of(process), self)
            booted.wait_until_up()
            yield booted
        finally:
            process.terminate()
            try:
                process.wait(_PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            for group in groups:
                _remove_group(group)


class Booted:
    """A running machine.

    Attributes:
        init: its first process, by the number that it has here.
    """

    def __init__(self, init: int, root: Root) -> None:
        self.init = init
        self.root = root

    def begin(self, *command: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run a command in it, and return how it ended."""
        into = ["nsenter", f"--target={self.init}", "--mount", "--uts", "--ipc", "--net", "--pid"]
        return _run([*into, "--cgroup", *command], more)

    def run(self, *command: str, **more: str) -> str:
        """Run a command in it, and return what it printed; raises as ``Root.run``."""
        return _output(self.begin(*command, **more))

    def at(self, path: str) -> Path:
        """Return where a path of the running machine can be reached from here."""
        return Path(f"/proc/{self.init}/root") / path.lstrip("/")

    def until(self, *command: str) -> str:
        """Run a command until it succeeds; raises as ``run`` when it never does."""
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                return self.run(*command)
            except Failed:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)

    def wait_until_up(self) -> None:
        """Return when its basic target is reached."""
        self.until("systemctl", "is-active", "basic.target")


@contextmanager
def overlay(folder: Path, below: Sequence[Path] = ()) -> Iterator[Root]:
    """Make a root of this machine's files.

    Args:
        folder: empty; all that is written lies there, in memory.
        below: ``written`` of other roots, which this one stands on; they must not change meanwhile.
    """
    with ExitStack() as stack:
        _mount(stack, "-t", "tmpfs", "-o", "mode=0755", "intake-test", str(folder))
        upper, work, path = (folder / name for name in ("written", "work", "root"))
        for part in (upper, work, path):
            part.mkdir()
        lower = ":".join([*map(str, below), "/"])
        options = f"lowerdir={lower},upperdir={upper},workdir={work}"
        _mount(stack, "-t", "overlay", "-o", options, "intake-test", str(path))
        root = Root(path, upper)
        root.at("/etc/machine-id").unlink(missing_ok=True)
        yield root


def _mount(stack: ExitStack, *arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True)
    stack.callback(subprocess.run, ["umount", "--lazy", arguments[-1]], check=True)


def _run(command: Sequence[str], more: dict[str, str]) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    environment = {"PATH": path, "LC_ALL": "C.UTF-8", "HOME": "/root", **kept, **more}
    return subprocess.run(
        command,
        cwd="/",
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def _output(done: subprocess.CompletedProcess[str]) -> str:
    if done.returncode != 0:
        raise Failed(f"{done.args[-3:]} ended with {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def _own_groups(name: str) -> list[Path]:
    """Make a control group in each hierarchy that systemd looks at."""
    groups = []
    for line in Path("/proc/self/mounts").read_text().splitlines():
        _, where, kind, options, *_ = line.split()
        if kind == "cgroup2" or (kind == "cgroup" and "name=systemd" in options):
            group = Path(where) / name
            group.mkdir()
            groups.append(group)
    return groups


def _remove_group(group: Path) -> None:
    for folder, _, _ in os.walk(group, topdown=False):
        # The last process may still be leaving.
        for _ in range(50):
            with suppress(OSError):
                os.rmdir(folder)
                break
            time.sleep(0.1)


def _init_of(process: "subprocess.Popen[bytes]") -> int:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        for task in Path(f"/proc/{process.pid}/task").glob("*/children"):
            for child in task.read_text().split():
                with suppress(OSError):
                    if Path(f"/proc/{child}/comm").read_text() == "systemd\n":
                        return int(child)
        time.sleep(0.05)
    raise Failed("systemd does not start in a container here")
