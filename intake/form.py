"""The form's body, read part by part as it streams in, and handed to a submission."""

import re
from urllib.parse import parse_qsl, unquote

from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header

from intake.body import Body
from intake.errors import CutOff
from intake.i18n import human_size
from intake.problems import BadForm, Interrupted, MessageTooLong
from intake.submission import Submission
from intake.wire.codename import MAX_CODENAME
from intake.wire.record import Ending

#: Bytes of a message; what is longer is better sent as a file.
MAX_MESSAGE = 256 * 1024
#: Files and fields of one form.
MAX_PARTS = 1_000
_MAX_PART_HEADER = 32 * 1024
_EXTENDED_NAME = re.compile(r";\s*filename\*=utf-8'[^']*'([^;\s]+)", re.IGNORECASE)
_LIMITS = {"codename": 4 * MAX_CODENAME, "message": MAX_MESSAGE}


def receive(body: Body, content_type: str, submission: Submission) -> None:
    """Read a form into a submission.

    Raises:
        BadForm: not a form, or damaged on the way.
        Interrupted: the connection ended first. What had arrived is kept, also in both other cases.
        Problem: as ``Submission`` has it.
    """
    kind, options = parse_options_header(content_type)
    if kind == "multipart/form-data":
        _receive_multipart(body, options.get("boundary", ""), submission)
    elif kind == "application/x-www-form-urlencoded":
        _receive_fields(body, submission)
    else:
        raise BadForm


def _receive_multipart(body: Body, boundary: str, submission: Submission) -> None:
    part = _Part("", submission)
    try:
        # Not its strict mode: that takes a line break after the last boundary for an error if it
        # comes in a packet of its own.
        parser = PushMultipartParser(
            boundary, max_header_size=_MAX_PART_HEADER, max_segment_count=MAX_PARTS
        )
        while piece := body.receive():
            for event in parser.parse(piece):
                if isinstance(event, MultipartSegment):
                    part = _begin(event, submission)
                elif event is None:
                    part.end()
                    # A cut that follows is not this part's.
                    part = _Part("", submission)
                else:
                    part.write(event)
        parser.close()
    except CutOff as error:
        part.cut()
        raise Interrupted from error
    except MultipartError as error:
        part.cut()
        raise BadForm from error


def _receive_fields(body: Body, submission: Submission) -> None:
    """Read the form of somebody who sends no files."""
    data = bytearray()
    while piece := _whole(body):
        data += piece
        # Every byte may have been written as three.
        if len(data) > 3 * sum(_LIMITS.values()):
            raise MessageTooLong(human_size(MAX_MESSAGE))
    try:
        fields = parse_qsl(data.decode("utf-8", "replace"), max_num_fields=MAX_PARTS)
    except ValueError as error:
        raise BadForm from error
    for name, value in fields:
        part = _Field(name, submission) if name in _LIMITS else _Part(name, submission)
        part.write(value.encode())
        part.end()


def _whole(body: Body) -> bytes:
    """Return the next piece of a form that is worth nothing until it is whole."""
    try:
        return body.receive()
    except CutOff as error:
        raise Interrupted from error


class _Part:
    """A part that the form does not have: it is passed over."""

    def __init__(self, name: str, submission: Submission) -> None:
        self._name = name
        self._submission = submission

    def write(self, _data: bytes | bytearray) -> None:
        """Take content of the part."""

    def end(self) -> None:
        """The part has ended."""

    def cut(self) -> None:
        """Nothing more will come, although the part has not ended."""


class _Field(_Part):
    """The codename or the message: short, and needed whole."""

    def __init__(self, name: str, submission: Submission) -> None:
        super().__init__(name, submission)
        self._value = bytearray()

    def write(self, data: bytes | bytearray) -> None:
        self._value += data
        if len(self._value) > _LIMITS[self._name]:
            raise MessageTooLong(human_size(MAX_MESSAGE)) if self._name == "message" else BadForm()

    def end(self) -> None:
        if self._name == "codename":
            self._submission.codename(self._value.decode("utf-8", "replace"))
        else:
            self._submission.message(bytes(self._value))

    def cut(self) -> None:
        if self._name == "message":
            self._submission.message(bytes(self._value), Ending.CUT)


class _File(_Part):
    """A file. A browser sends one without name and content where none was chosen."""

    def __init__(self, segment: MultipartSegment, submission: Submission) -> None:
        super().__init__("files", submission)
        self._file_name = _file_name(segment)
        self._type = segment.header("Content-Type", "")
        self._begun = False

    def write(self, data: bytes | bytearray) -> None:
        self._begin()
        self._submission.write(data)

    def end(self) -> None:
        if self._file_name:
            self._begin()
        if self._begun:
            self._submission.end_file()

    def cut(self) -> None:
        if self._begun:
            self._submission.end_file(Ending.CUT)

    def _begin(self) -> None:
        if not self._begun:
            self._begun = True
            self._submission.begin_file(self._file_name, self._type)


def _file_name(segment: MultipartSegment) -> str:
    """Return the name as it was given; some programs, but no browsers, write it by RFC 5987."""
    if segment.filename is not None:
        return str(segment.filename)
    extended = _EXTENDED_NAME.search(segment.header("Content-Disposition", ""))
    return unquote(extended[1], errors="replace") if extended else ""


def _begin(segment: MultipartSegment, submission: Submission) -> _Part:
    if segment.name == "files":
        return _File(segment, submission)
    if segment.name in _LIMITS:
        return _Field(segment.name, submission)
    return _Part(segment.name, submission)
