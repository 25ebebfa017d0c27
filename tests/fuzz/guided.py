"""One target under atheris: `python -m tests.fuzz.guided TARGET [libFuzzer's arguments]`.

In a process of its own, since what is fuzzed has to be imported under atheris's eyes, and since
libFuzzer ends the process.
"""

import sys

import atheris

from tests.fuzz.target import Target, load

#: What is watched for new paths: our own code, and the one parser that is somebody else's.
WATCHED = ["intake", "keys", "multipart"]


def main(name: str, arguments: list[str]) -> None:
    with atheris.instrument_imports(include=WATCHED):
        target: Target = load(name)
    atheris.Setup([name, f"-max_len={target.longest}", *arguments], target.one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
