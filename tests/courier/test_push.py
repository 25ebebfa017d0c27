"""Pushing a dispatch, and what the courier is told of it."""

import socket
import subprocess
import sys
from pathlib import Path

from intake.courier.ticket import Ticket
from tests.courier.proxy import CuttingProxy
from tests.courier.service import CourierService
from tests.newsroom import Desk
from tests.newsroom.server import ROOT, environment

Pair = tuple[Ticket, Path]


def push(address: str, dispatch: Path, token: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """Push, and return how it ended."""
    command = [sys.executable, "-m", "intake", "courier", "push", address, str(dispatch)]
    return subprocess.run(
        [*command, "--token-file", str(token), *more],
        cwd=ROOT,
        env=environment(token.parent),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_dispatch_is_carried_and_the_answer_is_told(
    service: CourierService, courier: Pair, desk: Desk, tmp_path: Path
) -> None:
    envelope = service.put(4_096)
    path = tmp_path / "dispatch"
    path.write_bytes(desk.dispatch(receipts=[envelope]))
    done = push(service.address, path, courier[1])
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "0 replies delivered.\n1 envelope deleted on a receipt.\n"
    assert not envelope.exists()


def test_a_refusal_is_told_in_the_words_of_the_server(
    service: CourierService, courier: Pair, desk: Desk, tmp_path: Path
) -> None:
    path = tmp_path / "dispatch"
    for content in (Desk().dispatch(), b"", desk.dispatch()[:-1]):
        path.write_bytes(content)
        done = push(service.address, path, courier[1])
        assert done.returncode == 1
        assert done.stderr.startswith("intake: The dispatch is refused: ")
        assert "hint: " in done.stderr


def test_an_answer_that_is_lost_after_the_delivery_is_understood(
    service: CourierService, courier: Pair, desk: Desk, tmp_path: Path
) -> None:
    path = tmp_path / "dispatch"
    path.write_bytes(desk.dispatch())
    with LosesFirstAnswer(tmp_path / "p", service.address, lambda _: False) as proxy:
        done = push(proxy.address, path, courier[1])
    assert done.returncode == 0, done.stderr
    assert "answer was lost" in done.stdout
    again = push(service.address, path, courier[1])
    assert again.returncode == 1
    assert "delivered already" in again.stderr


class LosesFirstAnswer(CuttingProxy):
    """Passes the first request on, whole, and cuts before its answer."""

    def _pass_one(self, client, server) -> bool:
        server.sendall(_whole(client))
        answer = _whole(server)
        if not self.cuts:
            self.cuts += 1
            return False
        client.sendall(answer)
        return True


def _whole(sock: socket.socket) -> bytes:
    """Return a message with its body."""
    data, length = b"", None
    while length is None or len(data) < length:
        piece = sock.recv(1 << 16)
        if not piece:
            raise ConnectionError
        data += piece
        head, end, _ = data.partition(b"\r\n\r\n")
        if end and length is None:
            declared = head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0]
            length = len(head) + 4 + int(declared)
    return data


def test_a_dispatch_that_is_not_there_is_told(courier: Pair, tmp_path: Path) -> None:
    done = push(f"unix:{tmp_path / 'nobody'}", tmp_path / "missing", courier[1])
    assert done.returncode == 1
    assert "cannot be read" in done.stderr
