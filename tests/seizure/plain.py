"""The control: a submission server as an ordinary team writes it on a good day.

It knows no codename, only its hash; it serves nothing that it should not. It keeps a folder for
each source, files under their own names, a table of who wrote, answered and read, and a log.
``python -m tests.seizure.plain FOLDER PORT``
"""

import hashlib
import sqlite3
import sys
import time
from pathlib import Path

from flask import Flask, Response, abort, current_app, jsonify, request
from werkzeug.serving import make_server
from werkzeug.utils import secure_filename

TABLES = """
create table if not exists source (id integer primary key, hash unique, since, last);
create table if not exists item
    (id integer primary key, source, kind, name, size, at, path, fetched_by, fetched_at);
create table if not exists reply (id integer primary key, source, editor, text, at, read, deleted);
"""


def create_app(folder: Path) -> Flask:
    """Return the application, with all that it keeps in a folder."""
    app = Flask(__name__)
    app.config["FOLDER"] = folder
    with _database(folder) as database:
        database.executescript(TABLES)
    for path, method, view in (
        ("/static/style.css", "GET", style),
        ("/submit", "POST", submit),
        ("/replies", "POST", replies),
        ("/replies/delete", "POST", delete),
        ("/desk/items", "GET", items),
        ("/desk/reply", "POST", reply),
    ):
        app.add_url_rule(path, view_func=view, methods=[method])
    return app


def style() -> Response:
    """Say that the server is there."""
    return Response("body { max-width: 40rem }", mimetype="text/css")


def submit() -> str:
    """Take a message and files."""
    source = _source(request.form["codename"])
    message = request.form.get("message", "")
    _keep(source, "message", f"message-{time.time_ns()}.txt", message.encode())
    for file in request.files.getlist("files"):
        _keep(source, "file", secure_filename(file.filename or "file"), file.read())
    return "Received."


def replies() -> str:
    """Show a source what was answered."""
    source = _source(request.form["codename"])
    with _database(_folder()) as database:
        database.execute(
            "update reply set read = ? where source = ? and read is null", (time.time(), source)
        )
        shown = "select text from reply where source = ? and deleted is null"
        return "\n".join(text for (text,) in database.execute(shown, (source,)))


def delete() -> str:
    """Delete a source's replies, from its own point of view."""
    with _database(_folder()) as database:
        database.execute(
            "update reply set deleted = ? where source = ?",
            (time.time(), _source(request.form["codename"])),
        )
    return "Deleted."


def items() -> Response:
    """Give an editor all that was not fetched yet."""
    with _database(_folder()) as database:
        new = "select id, source, kind, size, path from item where fetched_at is null"
        rows = database.execute(new).fetchall()
        database.execute(
            "update item set fetched_by = ?, fetched_at = ? where fetched_at is null",
            (request.args["editor"], time.time()),
        )
    return jsonify([[*row, Path(row[4]).read_bytes()[:40].decode()] for row in rows])


def reply() -> str:
    """Take an editor's answer to a source."""
    form = request.form
    with _database(_folder()) as database:
        database.execute(
            "insert into reply (source, editor, text, at) values (?, ?, ?, ?)",
            (int(form["source"]), form["editor"], form["text"], time.time()),
        )
    return "Answered."


def _source(codename: str) -> int:
    """Return a source's number; whoever is new gets one."""
    if len(codename.split()) < 7:
        abort(400)
    now, digest = time.time(), hashlib.sha256(codename.encode()).hexdigest()
    with _database(_folder()) as database:
        database.execute(
            "insert into source (hash, since, last) values (?, ?, ?)"
            " on conflict (hash) do update set last = excluded.last",
            (digest, now, now),
        )
        (number,) = database.execute("select id from source where hash = ?", (digest,)).fetchone()
    return int(number)


def _keep(source: int, kind: str, name: str, content: bytes) -> None:
    path = _folder() / f"source-{source}" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    with _database(_folder()) as database:
        database.execute(
            "insert into item (source, kind, name, size, at, path) values (?, ?, ?, ?, ?, ?)",
            (source, kind, name, len(content), time.time(), str(path)),
        )


def _folder() -> Path:
    folder: Path = current_app.config["FOLDER"]
    return folder


def _database(folder: Path) -> sqlite3.Connection:
    return sqlite3.connect(folder / "newsroom.sqlite", timeout=30)


if __name__ == "__main__":
    home, port = Path(sys.argv[1]), int(sys.argv[2])
    home.mkdir(exist_ok=True)
    make_server("127.0.0.1", port, create_app(home), threaded=True).serve_forever()
