"""A whole newsroom to test with: sources, an operator with a real server, a desk with keys.

Nothing in it is a mock. The server is a process of its own that is spoken to over sockets, and
what it stored is opened with ``intake.wire``, as the offline side would.
"""

from tests.newsroom.desk import Desk, Opened
from tests.newsroom.gpghome import GnupgHome
from tests.newsroom.http import Answer, File, Upload, request
from tests.newsroom.operator import Operator
from tests.newsroom.server import Server
from tests.newsroom.source import Source

__all__ = [
    "Answer",
    "Desk",
    "File",
    "GnupgHome",
    "Opened",
    "Operator",
    "Server",
    "Source",
    "Upload",
    "request",
]
