"""Whatever is asked, the server answers as it should: never a mistake, never another's secret.

Routes are read from the applications, so that a new one is walked without being listed here.
"""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.hostile import asking
from tests.hostile.answers import ask, check
from tests.hostile.asking import Request, Route
from tests.hostile.newsroom import Loopback, Scene, rules
from tests.newsroom import Operator

#: The disk has no room for what is announced.
_NO_ROOM = 507
_WITH_BODIES = {"POST", "PUT", "PATCH"}


class Service:
    """One of the two services, and all that it is asked.

    Attributes:
        headers: what lets the asker in.
    """

    def __init__(self, address: str, routes: dict[str, Route], scene: Scene, headers: str) -> None:
        self.address = address
        self.routes = routes
        self.headers = headers
        self._scene = scene
        self.bodies = asking.bodies(
            scene.asker.codename, scene.thread.capability, scene.upload.data, scene.dispatch
        )
        #: The status of every answer that came.
        self.seen: set[int] = set()

    def ask(self, request: Request) -> None:
        """Ask, and check every answer."""
        data = request.data()
        answers = ask(self.address, data, is_head=request.method == "HEAD")
        check(answers, secrets=self._scene.hidden_from(data), allowed={_NO_ROOM})
        self.seen |= {answer.status for answer in answers}


@pytest.fixture(scope="module")
def service(operator: Operator) -> Iterator[Loopback]:
    running = Loopback(operator)
    with running:
        yield running
    # Nothing was said of what was asked, and nothing failed.
    assert running.errors.read_text() == ""


@pytest.fixture(scope="module")
def both(service: Loopback, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Service]:
    scene = Scene(service)
    sources, couriers = rules(tmp_path_factory.mktemp("routes"), service)
    upload = scene.upload.name
    known = {"untrusted_name": [upload, f"{upload}.part", *scene.envelopes]}
    token = f"Authorization: Bearer {scene.token}"
    return {
        "sources": Service(service.sources, asking.routes(sources, known), scene, ""),
        "couriers": Service(service.address, asking.routes(couriers, known), scene, token),
    }


@pytest.fixture(params=["sources", "couriers"])
def asked(both: dict[str, Service], request: pytest.FixtureRequest) -> Service:
    return both[request.param]


def test_every_route_is_walked(both: dict[str, Service]) -> None:
    assert {"/", "/submit", "/replies", "/replies/delete", "/keyring"} <= set(
        both["sources"].routes
    )
    assert {"/envelopes", "/dispatches"} <= set(both["couriers"].routes)


@pytest.mark.slow
def test_every_route_by_every_method(asked: Service) -> None:
    for route in asked.routes.values():
        for method in asking.METHODS:
            for target in route.targets if method in route.methods else route.targets[:2]:
                asked.ask(Request(method, target, asked.headers))
                asked.ask(Request(method, target))


@pytest.mark.slow
def test_every_route_with_every_body_however_delimited(asked: Service) -> None:
    for route in asked.routes.values():
        for method in sorted(route.methods & _WITH_BODIES) or ["POST"]:
            for number, body in enumerate(asked.bodies):
                for kind in asking.TYPES[number % 5 :: 5]:
                    asked.ask(Request(method, route.targets[0], asked.headers, kind, body))
            for number, framing in enumerate(asking.FRAMINGS):
                body = asked.bodies[number % len(asked.bodies)]
                for kind in asking.FORMS:
                    request = Request(method, route.targets[0], asked.headers, kind, body, framing)
                    asked.ask(request)
    # It did not all end at the door.
    assert asked.seen >= {200, 400, 405, 413}


@pytest.mark.slow
def test_every_header_query_and_target(asked: Service) -> None:
    for route in asked.routes.values():
        for method in route.methods & {"GET", "PATCH"} or {"POST"}:
            for header in asking.HEADERS:
                asked.ask(Request(method, route.targets[0], _lines(asked.headers, header)))
            for query in asking.QUERIES:
                asked.ask(Request(method, f"{route.targets[0]}?{query}", asked.headers))
    for target in ("/", *asking.TARGETS):
        for method in ("GET", "POST", "OPTIONS"):
            asked.ask(Request(method, target, asked.headers))
        for version in asking.VERSIONS:
            asked.ask(Request("GET", f"{target}?lang=de", asked.headers, version=version))


@pytest.mark.slow
def test_any_of_it_together(asked: Service) -> None:
    @settings(max_examples=500, deadline=None, database=None)
    @given(st.data())
    def any_of_it(data: st.DataObject) -> None:
        asked.ask(data.draw(_requests(asked)))

    any_of_it()


@st.composite
def _requests(draw: st.DrawFn, asked: Service) -> Request:
    every = [target for route in asked.routes.values() for target in route.targets]
    target = draw(st.sampled_from([*every, *asking.TARGETS]) | st.text(max_size=30))
    query = draw(st.sampled_from(asking.QUERIES) | st.text(max_size=30))
    header = st.sampled_from([asked.headers, *asking.HEADERS]) | st.text(max_size=40)
    return Request(
        draw(st.sampled_from(asking.METHODS) | st.text(max_size=10)),
        f"{target}?{query}" if query else target,
        _lines(*draw(st.lists(header, max_size=3))),
        draw(st.sampled_from(asking.TYPES) | st.text(max_size=40)),
        draw(st.sampled_from(asked.bodies) | st.binary(max_size=200)),
        draw(st.sampled_from(asking.FRAMINGS)),
    )


def _lines(*headers: str) -> str:
    return "\r\n".join(filter(None, headers))
