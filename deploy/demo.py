"""A demonstration newsroom on this machine: made once under ``demo/``, then served on loopback.

Both sides lie in one folder here, with the passphrase beside them, to be looked at. In earnest
the desk is on a machine that has never seen a network.
"""

import fcntl
import os
import secrets
import socket
import subprocess
import sys
from pathlib import Path

DEMO = Path("demo")
PORT = 8080
#: Seconds; in earnest it is an hour.
TICK = 3

_HOW_ON = """
  The demonstration newsroom is at

      {address}

  Send something there, then open it, in another terminal:

      {bin}intake collect {demo}/home {demo}/stick
      {bin}keys open {demo}/desk {demo}/stick --passphrase-file {demo}/passphrase
      {bin}keys threads {demo}/desk --passphrase-file {demo}/passphrase

  The README goes on from there with a reply. Ctrl-C stops the server; everything stays in {demo}/.
"""


def main() -> None:
    """Make the newsroom if there is none, and become its server."""
    if not (DEMO / "home" / "config.toml").exists():
        _make()
    if _is_served():
        sys.exit("The demonstration newsroom is being served already, in another terminal.")
    address = f"127.0.0.1:{_free_port()}"
    prefix = f"{os.path.relpath(Path(sys.executable).parent)}/"
    print(_HOW_ON.format(address=f"http://{address}", bin=prefix, demo=DEMO), flush=True)
    command = [sys.executable, "-m", "intake", "serve", str(DEMO / "home"), "--listen", address]
    os.execv(sys.executable, command)


def _make() -> None:
    print("Making a demonstration newsroom; its keys take a few seconds.", flush=True)
    DEMO.mkdir(mode=0o700, exist_ok=True)
    passphrase = DEMO / "passphrase"
    if not passphrase.exists():
        passphrase.write_text(secrets.token_urlsafe(16) + "\n")
        passphrase.chmod(0o600)
    unlocked = ["--passphrase-file", str(passphrase)]
    desk, root, public, keyring = (str(DEMO / n) for n in ("desk", "root", "public", "keyring"))
    if not Path(desk).exists():
        _run("keys", "new", desk, "--editor", "Demonstration desk", *unlocked)
    if not Path(root).exists():
        _run("keys", "root", root, *unlocked)
    Path(public).write_text(_run("keys", "public", desk, *unlocked))
    _run("keys", "keyring", keyring, "--root", root, "--editor", public, *unlocked)
    name, tick = "The Demonstration", str(TICK)
    # In ticks this short, decoys would be all that there is to see.
    settings = ("--name", name, "--tick", tick, "--decoys", "0")
    _run("intake", "init", str(DEMO / "home"), "--keyring", keyring, *settings)


def _run(module: str, *arguments: str) -> str:
    """Run one of the commands as a visitor would, and say what it said if it fails."""
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.stderr.write(done.stderr)
        sys.exit(f"The demonstration newsroom could not be made: {module} {arguments[0]} failed.")
    return done.stdout


def _is_served() -> bool:
    """Return whether another server holds the demonstration's lock."""
    with (DEMO / "home" / "lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _free_port() -> int:
    """Return the usual port, or a free one if another program has it."""
    wanted = int(os.environ.get("PORT", PORT))
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            found: int = probe.getsockname()[1]
            return found
    sys.exit("No port on 127.0.0.1 is free.")


if __name__ == "__main__":
    main()
