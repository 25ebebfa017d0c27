"""Requests as nobody should send them, from parts that can be put together in every way."""

import re
from dataclasses import dataclass
from urllib.parse import quote

from werkzeug.routing import Map, Rule

_ARGUMENT = re.compile(r"<(?:[^<>]*:)?\w+>")

METHODS = (
    *("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"),
    *("PROPFIND", "get", "X" * 300, "G\u00cbT", "POST,GET"),
)
#: What is put in the place of a part of a path; beside what a test knows to be there.
SEGMENTS = (
    *("", ".", "..", "../..", "%2e%2e%2f%2e%2e", "%00", "a%00.css", "%0d%0aX: y", "%", "%zz"),
    *("%ff%fe", "\u00fc", "style.css", "en", "a" * 5_000, "-1", "0" * 64 + ".1", "0" * 32),
    *("~root", "{{7*7}}", "${7}", "';--", "<script>", "CON", "all", "\\..\\..", "%2f", ";x=y"),
)
QUERIES = (
    *("", "lang=de", "lang=", "lang=%00", "lang=de&lang=fr", "raw", "have", "&&==&", "%"),
    *("lang=" + "x" * 5_000, "progress=" + "0" * 32, "progress=../x", "a[]=1&a[b]=2", "\u00fc=1"),
)
#: Whole request targets that are no path of ours, or hardly.
TARGETS = (
    *("//", "//[", "//[::1/?lang=de", "//x@y:z/", "/..", "/%2e%2e/%2e%2e/etc/passwd", "/%00", "*"),
    *(
        "http://newsroom.onion/",
        "http://[/",
        "newsroom.onion:80",
        "/" + "a/" * 2_000,
        "/?" + "&" * 9_000,
    ),
    # As addresses of another place, once they are unescaped.
    *("/%5Cevil.example/", "/%09/evil.example/", "/%0A/evil.example", "/%2F%2Fevil.example/"),
    *("/javascript:x", "/%20//evil.example/", "/.//evil.example", "//evil.example/x"),
    *("/static/../app.py", "/static/style.css/..", "/submit/", "/submit;x", "/SUBMIT", "/\\", "/#"),
)
HEADERS = (
    "",
    "Accept: text/html",
    "Accept: " + "," * 3_000,
    "Accept-Language: " + "de;q=0." + "1" * 2_000,
    "Accept-Language: \u00fc;q=nan, *;q=-1, ar",
    "Authorization: Bearer",
    "Authorization: Bearer " + "0" * 64,
    "Authorization: Basic " + "=" * 50,
    "Cookie: session=" + "x" * 3_000,
    "Expect: 100-continue",
    "Host: ",
    "Host: x\r\nHost: y",
    "Host: [",
    "If-Match: *",
    "If-None-Match: *",
    "If-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT",
    'If-Range: "x"',
    "Origin: null",
    "Range: bytes=0-",
    "Range: bytes=-1, 5-4, " + "1-1," * 500,
    "Range: bytes=99999999999999999999-",
    "Tus-Resumable: 1.0.0",
    "Tus-Resumable: 1.0.0\r\nUpload-Length: 69632",
    "Tus-Resumable: 1.0.0\r\nUpload-Length: 9223372036854775807",
    "Tus-Resumable: 1.0.0\r\nUpload-Length: -1\r\nUpload-Offset: \u00b2",
    "Tus-Resumable: 1.0.0\r\nUpload-Offset: 0",
    "Tus-Resumable: 1.0.0\r\nUpload-Concat: final;/uploads/x http://[",
    "Tus-Resumable: 1.0.0\r\nUpload-Concat: partial\r\nUpload-Length: 5",
    "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQAAP__",
    "X-Forwarded-For: 127.0.0.1",
    "X-HTTP-Method-Override: DELETE\r\nTus-Resumable: 1.0.0",
    "X-HTTP-Method-Override: \u00fc",
    "X: y\r\n folded",
    "No colon here",
    "\u00fc: \u00fc",
    "X-Long: " + "x" * 7_000,
)
FORMS = ("multipart/form-data; boundary=b", "application/x-www-form-urlencoded")
TYPES = (
    *(
        "",
        "text/plain",
        "application/json",
        "application/octet-stream",
        "application/x-www-form-urlencoded",
    ),
    *("multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=b"),
    *(
        "multipart/form-data; boundary=" + "b" * 3_000,
        "multipart/mixed; boundary=b",
        '\u00fc/\u00fc; charset="',
    ),
    *("application/offset+octet-stream", "application/x-www-form-urlencoded; charset=utf-7"),
)


def bodies(codename: str, capability: bytes, envelope: bytes, dispatch: bytes) -> list[bytes]:
    """Return bodies of every kind that some route takes, whole and damaged.

    Args:
        codename, capability: of the one who asks.
    """
    known = f"codename={quote(codename)}".encode()
    typed = _part("codename", codename.encode())
    return [
        b"",
        b"\0",
        b"{}",
        known,
        known + b"&reply=all",
        known + b"&reply=../../x&reply=%00",
        known + b"&message=%ff%00&" + b"x=y&" * 2_000,
        b"codename=" + b"a " * 300,
        b"codename=anchor+basket+candle+dolphin+engine+feather+gardn",
        b"codename=%00%ff%f0%9f&codename[]=x",
        typed + _part("message", b"Hello.") + b"--b--\r\n",
        typed + _part('files"; filename="../../x', b"content") + b"--b--\r\n",
        typed + _part("files", b"no name") + b"--b",
        typed + _part("message", codename.encode()) + b"--b--\r\n",
        _part('files"; filename="first', b"before the codename") + typed + b"--b--\r\n",
        _part("codename", b"\xff" * 5_000) + b"--b--\r\n",
        b"".join(_part(f"f{n}", b"") for n in range(1_200)) + b"--b--\r\n",
        b"--b\r\n" + b"X: y\r\n" * 50 + b"\r\n--b--\r\n",
        b'--b\r\nContent-Disposition: form-data; name="' + b"n" * 40_000,
        b"--b\nContent-Disposition: form-data\n\n\n--b--\n",
        capability,
        capability[:-1],
        capability + bytes(31),
        capability + bytes(32 * 5_000),
        envelope,
        envelope[:5_000],
        dispatch,
        dispatch[:-1] + b"\0",
        bytes(1 << 20),
    ]


def _part(name: str, content: bytes) -> bytes:
    head = f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'
    return head.encode() + content + b"\r\n"


@dataclass(frozen=True)
class Framing:
    """How a body is said to be delimited.

    Attributes:
        headers: with ``{}`` for the true length.
        chunks: whether it is written in chunks; ``damage`` comes in the place of the last.
    """

    headers: str
    chunks: bool = False
    damage: bytes = b"0\r\n\r\n"

    def of(self, body: bytes) -> tuple[str, bytes]:
        """Return headers, and the body as it is sent."""
        headers = self.headers.replace("{}", str(len(body)))
        if not self.chunks:
            return headers, body
        sent = [
            b"%x\r\n" % len(body[at : at + 4_096]) + body[at : at + 4_096] + b"\r\n"
            for at in range(0, len(body), 4_096)
        ]
        return headers, b"".join(sent) + self.damage


FRAMINGS = (
    Framing("Content-Length: {}"),
    Framing(""),
    Framing("Content-Length: 9{}"),
    Framing("Content-Length: 0"),
    Framing("Content-Length: 1"),
    Framing("Content-Length: -1"),
    Framing("Content-Length: +{}"),
    Framing("Content-Length: \u0661"),
    Framing("Content-Length: 1e3"),
    Framing("Content-Length: " + "9" * 40),
    Framing("Content-Length: " + "9" * 5_000),
    Framing("Content-Length: {}\r\nContent-Length: 3"),
    Framing("Content-Length: {}, {}"),
    Framing("Transfer-Encoding: chunked", chunks=True),
    Framing("Transfer-Encoding: chunked", chunks=True, damage=b""),
    Framing("Transfer-Encoding: chunked", chunks=True, damage=b"-5\r\nx"),
    Framing("Transfer-Encoding: chunked", chunks=True, damage=b"xyz\r\n"),
    Framing("Transfer-Encoding: chunked", chunks=True, damage=b"f" * 300 + b"\r\n"),
    Framing(
        "Transfer-Encoding: chunked", chunks=True, damage=b"5;" + b"e" * 9_000 + b"\r\nabcde\r\n"
    ),
    Framing("Transfer-Encoding: chunked", chunks=True, damage=b"2\r\nabcd\r\n0\r\n\r\n"),
    Framing("Transfer-Encoding: chunked\r\nContent-Length: {}", chunks=True),
    Framing("Transfer-Encoding: gzip, chunked", chunks=True),
    Framing("Transfer-Encoding: identity"),
    Framing("Transfer-Encoding: chunked"),
)
VERSIONS = ("HTTP/1.1", "HTTP/1.0", "HTTP/0.9", "HTTP/2.0", "HTTP/1.1 x", "", "http/1.1")


@dataclass(frozen=True)
class Request:
    """A request; ``headers`` are lines, without the last line end."""

    method: str
    target: str
    headers: str = ""
    kind: str = ""
    body: bytes = b""
    framing: Framing = FRAMINGS[0]
    version: str = "HTTP/1.1"

    def __repr__(self) -> str:
        return f"<Request {self.data()[:1_000]!r}>"

    def data(self) -> bytes:
        """Return it as it is sent: Latin-1 where that can be, as servers take headers."""
        framed, sent = self.framing.of(self.body)
        lines = [f"{self.method} {self.target} {self.version}".rstrip()]
        if "Host:" not in self.headers:
            lines.append("Host: newsroom.onion")
        kind = self.kind and f"Content-Type: {self.kind}"
        lines += [line for line in (self.headers, kind, framed) if line]
        return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + sent


@dataclass(frozen=True)
class Route:
    """A route of an application, and request targets that lead to it or past it."""

    methods: frozenset[str]
    targets: tuple[str, ...]


def routes(rules: Map, known: dict[str, list[str]]) -> dict[str, Route]:
    """Return the routes of an application by their rules.

    Args:
        known: for an argument of a rule, values that are there.
    """
    found: dict[str, Route] = {}
    for rule in rules.iter_rules():
        before = found.get(rule.rule, Route(frozenset(), ()))
        methods = before.methods | frozenset(rule.methods or ())
        found[rule.rule] = Route(methods, tuple(_targets(rule, known)))
    return found


def _targets(rule: Rule, known: dict[str, list[str]]) -> list[str]:
    if not rule.arguments:
        return [rule.rule]
    values = [value for name in rule.arguments for value in known.get(name, [])]
    around = _ARGUMENT.split(rule.rule)
    return [value.join(around) for value in (*values, *SEGMENTS)]
