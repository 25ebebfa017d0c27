"""How much of a form has arrived, shown beside it while it is being sent, without a script.

When a form begins to leave its page, Firefox stops all that the page is loading: a frame that
streams stands still, and one that refreshes itself does so no more. Nor does it read an answer
before the form is sent. But what is begun after that lives until the answer comes. So pressing Send
makes a link appear, and the link opens the frame. Until somebody follows it there is no connection:
nothing leaves a computer while one still writes.

The form and its frame share a name that is drawn anew with each page and is good for nothing else.

Whoever watches the source's line sees that much is being sent; that a frame is open beside it tells
them no more. Each thing that is told fits into one cell of Tor's, among the cells that acknowledge
the upload, and they come on a clock of their own. So the frame is not padded as pages are.
"""

from collections.abc import Iterator
from functools import partial

import gevent
from flask import Blueprint, Response, current_app, g, render_template, request, stream_with_context

from intake.arriving import Arrivals, Arriving
from intake.body import Body
from intake.course import State, watch
from intake.newsroom import Newsroom
from intake.problems import Interrupted, Problem

progress = Blueprint("progress", __name__)

#: Bytes of what is told at one moment, filled up with blanks. A cell of Tor's takes 498, and what
#: HTTP puts around a chunk is in it as well.
CELL = 480
#: Stands in the frame where it tells.
_HERE = "\0"


def new_name() -> str:
    """Return a name for a form that is about to be shown. Nothing is kept of it."""
    newsroom: Newsroom = current_app.extensions["newsroom"]
    return newsroom.chance.token(16).hex()


def begin(body: Body) -> None:
    """Let whoever knows the name of this request's form see how much of it has arrived."""
    name = request.args.get("progress", "")
    # The end of the request is not that of its answer: what a browser still sends of a form that
    # was refused is waited for. Only our own server says when it is.
    at_end = request.environ.get("intake.at_end")
    if at_end is not None and (arriving := _arrivals().begin(name, body)):
        g.arriving = arriving
        at_end.append(partial(_arrivals().end, name, arriving))


def refused(error: Problem) -> None:
    """Say what is wrong with this request's form to those who watch it.

    The browser shows the page that says so when it has sent everything, which may take hours.
    """
    arriving: Arriving | None = g.get("arriving")
    # What was cut is seen to be over.
    if arriving is not None and not isinstance(error, Interrupted):
        arriving.refused = (error.title, error.message)


@progress.get("/progress/<name>")
def frame(name: str) -> Response:
    """Tell how much has arrived, as a page that grows while it is being looked at."""
    newsroom: Newsroom = current_app.extensions["newsroom"]
    states = watch(partial(_arrivals().find, name), newsroom.now, gevent.sleep)
    response = Response(stream_with_context(_told(states)), mimetype="text/html")
    response.direct_passthrough = True
    return response


def _told(states: Iterator[State]) -> Iterator[bytes]:
    before, _, after = render_template("progress.html", told=_HERE).partition(_HERE)
    yield before.encode()
    yield from map(cell, states)
    yield after.encode()


def cell(state: State) -> bytes:
    """Return what is sent of a state; more than a cell where it cannot be told shorter."""
    # Without all that a page is given: there may be many frames, and each tells something often.
    words = current_app.jinja_env.get_template("_told.html").render(state=state).strip().encode()
    return words.ljust(-(-len(words) // CELL) * CELL)


def _arrivals() -> Arrivals:
    arrivals: Arrivals = current_app.extensions["arrivals"]
    return arrivals
