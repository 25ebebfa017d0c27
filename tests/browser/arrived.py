"""What a newsroom's desk finds of a source whose browser sealed it."""

from collections import defaultdict
from dataclasses import dataclass, field

from intake.wire.manifest import Manifest
from intake.wire.pack import Piece, read_pack
from intake.wire.record import Kind
from tests.browser.site import Site


@dataclass
class Arrived:
    """Everything of one source.

    Attributes:
        files: content by path, put together from its pieces.
        packs: how many there are.
    """

    messages: list[str] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    manifests: list[Manifest] = field(default_factory=list)
    packs: int = 0


def arrived(site: Site, codename: str) -> Arrived:
    """Collect, open, and put together."""
    found = Arrived()
    pieces: dict[str, dict[int, bytes]] = defaultdict(dict)
    for one in site.received(codename):
        assert not one.truncated
        if one.header.kind is Kind.MESSAGE:
            found.messages.append(one.content.decode())
        elif one.header.kind is Kind.MANIFEST:
            found.manifests.append(Manifest.parse(one.content))
        else:
            assert one.header.kind is Kind.PACK
            found.packs += 1
            _take_apart(one.content, pieces)
    found.files = {
        path: b"".join(part for _, part in sorted(parts.items())) for path, parts in pieces.items()
    }
    return found


def _take_apart(pack: bytes, pieces: dict[str, dict[int, bytes]]) -> None:
    path, offset = "", 0
    for part in read_pack([pack]):
        if isinstance(part, Piece):
            path, offset = part.path, part.offset
            pieces[path][offset] = b""
        else:
            assert isinstance(part, bytes)
            pieces[path][offset] += part
