"""What every answer carries, what none does, and how long every page is."""

from flask import Flask, Response

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
    if response.mimetype == "text/html" and not response.direct_passthrough:
        response.set_data(pad(response.get_data()))
    return response


def pad(page: bytes) -> bytes:
    """Return the page with a comment at its end that brings it to its bucket."""
    size = LEAST_PAGE
    while size < len(page) + len(_OPEN) + len(_CLOSE):
        size *= 2
    return page + _OPEN + b"x" * (size - len(page) - len(_OPEN) - len(_CLOSE)) + _CLOSE
