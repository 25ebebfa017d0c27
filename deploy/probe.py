"""Asks the running server what ``check`` wants to know: a page over its socket, and tor.

``probe.py page SOCKET`` prints the status of the first page. ``probe.py tor [ADDRESS ...]`` prints
a line each of name and value, as tor's control socket answers. It stands alone: it must also work
where the program itself is broken.
"""

import http.client
import socket
import sys
from pathlib import Path

CONTROL = Path("/run/tor/control")
COOKIE = Path("/run/tor/control.authcookie")
_PATIENCE = 10.0


def main() -> int:
    """Run one question; 1 where there is no answer."""
    match sys.argv[1:]:
        case ["page", path]:
            ask: list[str] = [_page(path)]
        case ["tor", *addresses]:
            ask = _tor(addresses)
        case _:
            print("usage: probe.py page SOCKET | tor [ADDRESS ...]", file=sys.stderr)
            return 2
    print("\n".join(ask))
    return 0


def _connect(path: str) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(_PATIENCE)
    connection.connect(path)
    return connection


def _page(path: str) -> str:
    with _connect(path) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: check\r\nConnection: close\r\n\r\n")
        response = http.client.HTTPResponse(connection)
        response.begin()
        return str(response.status)


def _tor(addresses: list[str]) -> list[str]:
    """Return ``name value`` lines: whether it is connected, its time, what it publishes."""
    lines = []
    with _connect(str(CONTROL)) as connection, connection.makefile("rw", newline="\r\n") as stream:

        def ask(line: str) -> list[str]:
            stream.write(line + "\n")
            stream.flush()
            answer = [stream.readline().rstrip("\r\n")]
            while answer[-1][3:4] != " ":
                answer.append(stream.readline().rstrip("\r\n"))
                if not answer[-1]:
                    break
            return answer

        if not ask(f"AUTHENTICATE {COOKIE.read_bytes().hex()}")[0].startswith("250"):
            return ["refused cookie"]
        for name in (
            "version",
            "status/circuit-established",
            "consensus/valid-after",
            "consensus/valid-until",
        ):
            first = ask(f"GETINFO {name}")[0]
            if first.startswith("250"):
                lines.append(f"{name} {first.partition('=')[2]}")
        for address in addresses:
            there = ask(f"GETINFO hs/service/desc/id/{address.removesuffix('.onion')}")[0]
            lines.append(f"onion {address} {'yes' if there.startswith('250') else 'no'}")
    return lines


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (OSError, http.client.HTTPException) as error:
        print(error.strerror if isinstance(error, OSError) else error, file=sys.stderr)
        sys.exit(1)
