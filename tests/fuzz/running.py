"""One target fuzzed in a process of its own, and what came of it."""

import importlib.util
import re
import resource
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from tests.fuzz.blind import PATIENCE
from tests.fuzz.corpus import kept
from tests.fuzz.target import Target

#: Megabytes that a process may come to have, more than the one that started it had at most: for
#: that is where the system begins to count.
_MEMORY = 700
_ROOT = Path(__file__).resolve().parents[2]
_EXECUTED = re.compile(r"stat::number_of_executed_units: (\d+)")
_DONE = re.compile(r"^#(\d+)\t", re.MULTILINE)


@dataclass(frozen=True)
class Fuzzed:
    """What came of one run.

    Attributes:
        executions: inputs that were read.
        found: inputs that led somewhere new.
        finding: the input that was read wrongly, if there is one.
        said: the end of what was printed.
    """

    name: str
    executions: int
    found: list[bytes]
    finding: bytes | None
    said: str


def is_guided() -> bool:
    """Return whether atheris is there; it has no wheels but for x86-64."""
    return importlib.util.find_spec("atheris") is not None


def fuzz(
    target: Target,
    *,
    seed: int,
    runs: int = 0,
    seconds: int = 0,
    guided: bool | None = None,
) -> Fuzzed:
    """Fuzz a target for so many inputs, or seconds, and return what came of it.

    Args:
        guided: by coverage; by default where atheris is there.
    """
    with tempfile.TemporaryDirectory(prefix=f"fuzz-{target.name}-") as name:
        folder = Path(name)
        corpus = folder / "corpus"
        corpus.mkdir()
        given = {sha256(one).hexdigest(): one for one in (*target.seeds(), *kept(target.name))}
        for digest, one in given.items():
            (corpus / digest).write_bytes(one)
        if is_guided() if guided is None else guided:
            done = _guided(target, folder, seed, runs, seconds)
        else:
            done = _blind(target, folder, seed, runs or seconds * target.rate)
        findings = [path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()]
        if done.returncode and not findings:
            raise RuntimeError(f"fuzzing {target.name} failed:\n{done.stdout[-4_000:]}")
        new = [path.read_bytes() for path in corpus.iterdir() if path.name not in given]
        return Fuzzed(
            target.name,
            _executions(done.stdout),
            new,
            findings[0] if findings else None,
            done.stdout[-4_000:],
        )


def _guided(
    target: Target, folder: Path, seed: int, runs: int, seconds: int
) -> subprocess.CompletedProcess[str]:
    limit = _MEMORY + resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1_024
    arguments = [f"-seed={seed}", f"-timeout={PATIENCE}", f"-rss_limit_mb={limit}"]
    arguments += [f"-runs={runs}"] if runs else [f"-max_total_time={seconds}"]
    arguments += ["-print_final_stats=1", f"-artifact_prefix={folder}/", str(folder / "corpus")]
    return _python(folder, "tests.fuzz.guided", target.name, *arguments)


def _blind(target: Target, folder: Path, seed: int, runs: int) -> subprocess.CompletedProcess[str]:
    return _python(folder, "tests.fuzz.blind", target.name, str(runs), str(seed))


def _python(folder: Path, module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(_ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )


def _executions(said: str) -> int:
    """Return how many inputs were read, of a run that came to its end or of one that did not."""
    whole = _EXECUTED.findall(said)
    return int((whole or _DONE.findall(said) or ["0"])[-1])
