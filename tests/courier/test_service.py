"""The couriers' service: who is let in, what a courier can do, and that deleting is none of it."""

import hmac
import time
from pathlib import Path

import pytest

from intake.courier.ticket import Ticket
from intake.couriers.roll import Courier, Roll, hash_token
from tests.courier.service import CourierService
from tests.newsroom import Desk, Source, request
from tests.newsroom.http import connect, head

ROUTES = [("GET", "/envelopes"), ("GET", f"/envelopes/{'0' * 32}"), ("POST", "/dispatches")]
Pair = tuple[Ticket, Path]


@pytest.mark.parametrize(("method", "path"), [*ROUTES, ("GET", "/"), ("DELETE", "/envelopes")])
@pytest.mark.parametrize(
    "header",
    [None, "", "Bearer", "Bearer ", f"Bearer {'0' * 64}", f"Basic {'0' * 64}", "Bearer \xff"],
)
def test_without_a_courier_token_every_request_is_refused_alike(
    service: CourierService, courier: Pair, method: str, path: str, header: str | None
) -> None:
    headers = {} if header is None else {"Authorization": header}
    answer = request(service.address, method, path, b"", headers)
    assert answer.status == 401
    assert answer.header("WWW-Authenticate") == "Bearer"


def test_a_token_with_anything_before_or_after_it_opens_nothing(
    service: CourierService, courier: Pair
) -> None:
    token = courier[0].token
    for wrong in (token[:-1], token + "0", token.upper(), "0" + token, token * 2):
        assert service.ask("GET", "/envelopes", wrong).status == 401
    assert service.ask("GET", "/envelopes", token).status == 200


def test_the_list_names_what_is_on_the_shelf_sorted(service: CourierService, courier: Pair) -> None:
    service.empty()
    paths = sorted([service.put(4_096), service.put(70_000), service.put(5_000)])
    answer = service.ask("GET", "/envelopes", courier[0].token)
    assert answer.header("Content-Type") == "text/plain; charset=utf-8"
    assert answer.text == "".join(f"{p.name} {p.stat().st_size}\n" for p in paths)


def test_no_answer_tells_the_time_the_server_or_sets_a_cookie(
    service: CourierService, courier: Pair
) -> None:
    path = service.put(4_096)
    for method, where in [("GET", "/envelopes"), ("GET", f"/envelopes/{path.name}")]:
        answer = service.ask(method, where, courier[0].token)
        names = {name.lower() for name, _ in answer.headers}
        assert not names & {"date", "server", "set-cookie", "last-modified", "age", "expires"}
        assert answer.header("Cache-Control") == "no-store"


@pytest.mark.parametrize("name", ["..%2f..%2fconfig.toml", "..", "config.toml", "0" * 32, "%00"])
def test_what_is_no_envelope_is_not_found(
    service: CourierService, courier: Pair, name: str
) -> None:
    assert service.ask("GET", f"/envelopes/{name}", courier[0].token).status == 404


def test_nothing_that_a_courier_can_say_deletes(service: CourierService, courier: Pair) -> None:
    path, token = service.put(4_096), courier[0].token
    for method in ("DELETE", "PUT", "POST", "PATCH", "MOVE"):
        for where in ("/envelopes", f"/envelopes/{path.name}"):
            assert service.ask(method, where, token).status == 405
    assert path.exists()


def test_the_disk_holds_no_token(service: CourierService, courier: Pair) -> None:
    secrets = [courier[0].token.encode(), bytes.fromhex(courier[0].token)]
    secrets += [courier[0].key.secret, courier[0].key.encoded.encode()]
    for path in service.operator.home.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not any(secret in content for secret in secrets), path


def test_every_courier_is_compared_whichever_matches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = [f"{i:064x}" for i in range(5)]
    entries = Roll(tmp_path)
    for i, token in enumerate(tokens):
        entries.add(Courier(f"c{i}", "A" * 52, hash_token(token)))
    compared: list[bytes] = []
    compare = hmac.compare_digest

    def counted(one: bytes, other: bytes) -> bool:
        compared.append(one)
        return compare(one, other)

    monkeypatch.setattr(hmac, "compare_digest", counted)
    for token in (tokens[0], tokens[4], "f" * 64):
        compared.clear()
        entries.holder(token)
        assert len(compared) == 5


def test_a_revoked_courier_is_out_at_once_and_the_other_stays(service: CourierService) -> None:
    (one, _), (other, _) = service.add("one"), service.add("other")
    done = service.operator.run("couriers", "revoke", service.operator.home, "one")
    assert done.returncode == 0, done.stderr
    assert service.ask("GET", "/envelopes", one.token).status == 401
    assert service.ask("GET", "/envelopes", other.token).status == 200


def test_a_courier_who_is_revoked_while_fetching_is_cut_off(service: CourierService) -> None:
    ticket, _ = service.add("cut")
    path = service.put(64 << 20)
    wanted = {"Authorization": f"Bearer {ticket.token}", "Connection": "close"}
    with connect(service.address) as sock:
        sock.sendall(head("GET", f"/envelopes/{path.name}", wanted))
        got = len(sock.recv(1 << 16))
        service.operator.run("couriers", "revoke", service.operator.home, "cut")
        while piece := sock.recv(1 << 20):
            got += len(piece)
    assert got < path.stat().st_size
    path.unlink()


def test_a_dispatch_delivers_replies_and_deletes_on_receipts(
    service: CourierService, courier: Pair, desk: Desk
) -> None:
    service.empty()
    due, other = service.put(4_096), service.put(5_000)
    source = Source(service.sources)
    reply = desk.reply(source.thread(desk.salt), "Thank you.")
    dispatch = desk.dispatch(replies=[reply], receipts=[due])
    answer = service.ask("POST", "/dispatches", courier[0].token, body=dispatch)
    assert answer.status == 200
    assert answer.text == "1 reply delivered.\n1 envelope deleted on a receipt.\n"
    assert not due.exists()
    assert other.exists()
    assert "Thank you." in source.replies().text


def test_a_dispatch_is_delivered_once(service: CourierService, courier: Pair, desk: Desk) -> None:
    first, second = desk.dispatch(), desk.dispatch()
    post = lambda body: service.ask("POST", "/dispatches", courier[0].token, body=body)  # noqa: E731
    assert post(second).status == 200
    assert post(second).status == 409
    assert post(first).status == 422


def test_forged_foreign_and_damaged_dispatches_are_refused(
    service: CourierService, courier: Pair, desk: Desk
) -> None:
    path = service.put(4_096)
    good = desk.dispatch(receipts=[path])
    damaged = bytearray(good)
    damaged[-1] ^= 1
    foreign = Desk().dispatch(receipts=[path])
    cases = [(bytes(damaged), 403), (foreign, 403), (good[:-1], 422), (b"", 422), (b"x", 422)]
    for body, status in cases:
        answer = service.ask("POST", "/dispatches", courier[0].token, body=body)
        assert answer.status == status, answer.text
        assert "refused" in answer.text
    assert path.exists()


def test_a_dispatch_that_is_cut_does_nothing(
    service: CourierService, courier: Pair, desk: Desk
) -> None:
    path = service.put(4_096)
    dispatch = desk.dispatch(receipts=[path])
    headers = {
        "Authorization": f"Bearer {courier[0].token}",
        "Content-Length": str(len(dispatch)),
    }
    with connect(service.address) as sock:
        sock.sendall(head("POST", "/dispatches", headers) + dispatch[:-10])
    time.sleep(0.2)
    assert path.exists()
    assert service.ask("POST", "/dispatches", courier[0].token, body=dispatch).status == 200


def test_a_dispatch_larger_than_any_is_refused_unread(
    service: CourierService, courier: Pair
) -> None:
    headers = {"Authorization": f"Bearer {courier[0].token}", "Content-Length": str(1 << 40)}
    with connect(service.address) as sock:
        sock.sendall(head("POST", "/dispatches", headers))
        assert b" 413 " in sock.recv(64)


def test_posting_does_not_shelve_between_the_ticks(tmp_path: Path, desk: Desk) -> None:
    from tests.newsroom import Operator

    operator = Operator(tmp_path, desk, tick=3_600)
    with CourierService(operator) as service:
        ticket, _ = service.add("hasty")
        assert Source(service.sources).send("A message.").status == 200
        before = service.ask("GET", "/envelopes", ticket.token).text
        service.ask("POST", "/dispatches", ticket.token, body=desk.dispatch())
        service.ask("POST", "/dispatches", ticket.token, body=b"nothing")
        assert service.ask("GET", "/envelopes", ticket.token).text == before == ""
