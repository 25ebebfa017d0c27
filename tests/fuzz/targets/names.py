"""File names at the desk: whatever a source called a file, it gets a harmless name."""

from collections.abc import Iterator

from keys.names import MAX_BYTES, MAX_DEPTH, MAX_PATH_BYTES, components, harmless, marked, readable

LONGEST = 1_024
RATE = 500


def one_input(data: bytes) -> None:
    name = data.decode("utf-8", "replace")
    parts = components(name)
    assert 1 <= len(parts) <= MAX_DEPTH
    assert len(parts) == 1 or sum(len(part.encode()) + 1 for part in parts) <= MAX_PATH_BYTES
    for part in [*parts, marked(parts[-1], "incomplete")]:
        assert 1 <= len(part.encode()) <= MAX_BYTES
        assert not set(part) & set('/\\<>:"|?*\0\n\r\x1b\u202e')
        assert part[0] not in ".-"
        assert part[-1] != "." and not part[-1].isspace()
        # A harmless name is left as it is.
        assert harmless(part) == part
        assert readable(part) == part


def seeds() -> Iterator[bytes]:
    for name in (
        "report.pdf",
        "../../etc/passwd",
        "folder/of/a/source/.hidden",
        "-rf",
        "con.txt",
        "LPT¹",
        "a" * 300 + ".tar.gz",
        "trailing. . ",
        "\u202efdp.exe",
        "e\u0301 \ud7ff \U0001f5de",
        "a/" * 20,
        "x\ty\u00a0\u2028",
        ".a.b",
    ):
        yield name.encode()
