"""What every answer carries, what none does, and how long every page is."""

from flask import Flask, Response, request

#: Nothing may be loaded but our own stylesheet, nothing run, nothing framed, no form sent away.
_CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        "style-src 'self'",
        "img-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)
#: Where there is a form that the script takes over: it may run, if its hash is the one in the page,
#: start itself again as a worker, and ask this server. Without it, a frame tells how much of the
#: form has arrived.
_FORMS = ("/submit", "/replies", "/replies/delete")
_FORM_POLICY = "; ".join(
    [
        _CONTENT_SECURITY_POLICY,
        "script-src 'self'",
        "worker-src blob:",
        "connect-src 'self'",
        "frame-src 'self'",
    ]
)
_INTEGRITY_POLICY = "blocked-destinations=(script)"
#: What only that frame shows, and only on our own pages.
_FRAMED = "/progress/"
_FRAMED_HEADERS = {
    "Content-Security-Policy": _CONTENT_SECURITY_POLICY.replace(
        "frame-ancestors 'none'", "frame-ancestors 'self'"
    ),
    "X-Frame-Options": "SAMEORIGIN",
}
_HEADERS = {
    "Content-Security-Policy": _CONTENT_SECURITY_POLICY,
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=()",
}
#: Pages are padded to this many bytes, or this doubled until they fit: no page tells by its
#: length whether a source has replies, up to three of full length. (Quotes and the like take up
#: to five bytes in a page, so of a text that is full of them fewer fit.)
LEAST_PAGE = 64 * 1024
_OPEN, _CLOSE = b"\n<!-- ", b" -->\n"


def init(app: Flask) -> None:
    """Have every answer of the app finished so."""
    app.after_request(_finish)


def _finish(response: Response) -> Response:
    for name, value in _HEADERS.items():
        response.headers[name] = value
    if request.path in _FORMS:
        response.headers["Content-Security-Policy"] = _FORM_POLICY
        response.headers["Integrity-Policy"] = _INTEGRITY_POLICY
    if request.path.startswith(_FRAMED):
        response.headers.update(_FRAMED_HEADERS)
    if response.mimetype == "text/html" and not response.direct_passthrough:
        response.set_data(pad(response.get_data()))
    return response


def pad(page: bytes) -> bytes:
    """Return the page with a comment at its end that brings it to its bucket."""
    size = LEAST_PAGE
    while size < len(page) + len(_OPEN) + len(_CLOSE):
        size *= 2
    return page + _OPEN + b"x" * (size - len(page) - len(_OPEN) - len(_CLOSE)) + _CLOSE
