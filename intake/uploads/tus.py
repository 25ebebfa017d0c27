"""What tus 1.0.0 says in URLs and headers. Pure: texts in, values or an error out."""

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import Final
from urllib.parse import urlsplit

from werkzeug.datastructures import Headers

from intake.programs import BadRequest
from intake.store import Unfinished
from intake.uploads.errors import NoSuchUpload, WrongVersion
from intake.wire.resumable import upload_id

VERSION: Final = "1.0.0"
EXTENSIONS: Final = "creation,creation-with-upload,termination,concatenation"
BODY: Final = "application/offset+octet-stream"
PREFIX: Final = "/uploads/"
#: Parts that can be joined at once.
MOST_JOINED: Final = 256

_NAME: Final = re.compile(r"([0-9a-f]{64})\.([1-9][0-9]{0,18})(\.part)?", re.ASCII)
_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
#: The most that a file can be long.
_MOST: Final = (1 << 63) - 1


@dataclass(frozen=True)
class Upload:
    """What an upload's URL says.

    Attributes:
        address: 32 bytes; whoever knows them can add to the upload.
        size: bytes that it will have.
        part: whether it is to be joined with others.
    """

    address: bytes
    size: int
    part: bool = False

    def __repr__(self) -> str:
        return "<Upload>"

    @classmethod
    def parse(cls, untrusted_name: str) -> "Upload":
        """Return the upload of a URL's last segment; raises ``NoSuchUpload``."""
        match = _NAME.fullmatch(untrusted_name)
        if match is None or int(match[2]) > _MOST:
            raise NoSuchUpload
        return cls(bytes.fromhex(match[1]), int(match[2]), part=match[3] is not None)

    @classmethod
    def joined(cls, parts: "tuple[Upload, ...]") -> "Upload":
        """Return what parts become: for the same parts the same, so that one can ask again."""
        names = "\n".join(part.name for part in parts)
        return cls(sha256(names.encode()).digest(), sum(part.size for part in parts))

    @property
    def name(self) -> str:
        """The last segment of its URL."""
        return f"{self.address.hex()}.{self.size}{'.part' if self.part else ''}"

    @property
    def url(self) -> str:
        """Its URL, without the host."""
        return PREFIX + self.name

    @property
    def kept_as(self) -> Unfinished:
        """What a store keeps it under. It does not tell the address."""
        return Unfinished(upload_id(self.address, self.size).hex(), self.size, self.part)

    @property
    def digest(self) -> bytes:
        """32 bytes that it can be known by, and that have nothing in common with ``kept_as``."""
        return sha256(self.address + self.size.to_bytes(8, "big")).digest()


@dataclass(frozen=True)
class Creation:
    """What ``POST /uploads`` asks for: something of ``size`` bytes, or ``parts`` joined."""

    size: int
    part: bool = False
    parts: tuple[Upload, ...] = ()


def check_version(headers: Headers) -> None:
    """Raise ``WrongVersion`` where it is not ours."""
    if headers.get("Tus-Resumable") != VERSION:
        raise WrongVersion(VERSION)


def method(asked: str, headers: Headers) -> str:
    """Return the method that is meant: some clients can send no other than POST."""
    return headers.get("X-HTTP-Method-Override", asked)


def offset(headers: Headers) -> int:
    """Return where the body is to be put; raises ``BadRequest``."""
    return _number(headers, "Upload-Offset")


def creation(headers: Headers) -> Creation:
    """Return what is to be made; raises ``BadRequest``."""
    kind, _, urls = headers.get("Upload-Concat", "").partition(";")
    if kind == "final":
        if "Upload-Length" in headers:
            raise BadRequest("What is joined has the length of its parts.", "Leave out the header.")
        parts = _parts(urls)
        return Creation(sum(part.size for part in parts), parts=parts)
    if headers.get("Upload-Concat", "partial") != "partial":
        raise BadRequest("The header Upload-Concat is none.", "It is partial, or final;URL URL ...")
    return Creation(_number(headers, "Upload-Length"), part="Upload-Concat" in headers)


def _number(headers: Headers, name: str) -> int:
    text = headers.get(name, "")
    if not _NUMBER.fullmatch(text) or int(text) > _MOST:
        raise BadRequest(f"The header {name} is missing, or no number of bytes.")
    return int(text)


def _parts(untrusted_urls: str) -> tuple[Upload, ...]:
    urls = untrusted_urls.split()
    if not 1 <= len(urls) <= MOST_JOINED:
        raise BadRequest(f"There are no parts, or more than {MOST_JOINED}.")
    try:
        parts = tuple(Upload.parse(_last_segment(url)) for url in urls)
    except (NoSuchUpload, ValueError) as error:
        raise BadRequest("One of the parts is no upload of this server.") from error
    if not all(part.part for part in parts) or len(set(parts)) < len(parts):
        raise BadRequest("Each part has to be a partial upload, and none can be there twice.")
    if sum(part.size for part in parts) > _MOST:
        raise BadRequest("That is more than any file has.")
    return parts


def _last_segment(untrusted_url: str) -> str:
    """Return the name in a URL, with or without its host."""
    path = urlsplit(untrusted_url).path
    if not path.startswith(PREFIX):
        raise NoSuchUpload
    return path.removeprefix(PREFIX)
