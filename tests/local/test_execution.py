"""Each event has an execution environment to itself, as in Lambda."""

import os
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from local.execution import Environments
from local.gateway import NoResponse
from tests.support.limits import PLENTY

Start = Callable[..., Environments]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts the environments of one of the functions in `tests.support.functions`."""
    with ExitStack() as stack:

        def started(name: str, seconds: float = PLENTY, **more: int) -> Environments:
            environments = Environments(f"tests.support.functions.{name}", seconds, **more)
            stack.callback(environments.close)
            return environments

        yield started


@contextmanager
def meeting(count: int) -> Iterator[int]:
    """Let so many who connect go on together, again and again; yields the port."""

    def serve() -> None:
        while True:
            with ExitStack() as stack:
                there = []
                for _ in range(count):
                    try:
                        there.append(stack.enter_context(server.accept()[0]))
                    except OSError:
                        return
                for connection in there:
                    connection.sendall(b"!")

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


def test_events_at_the_same_time_share_nothing(start: Start) -> None:
    function = start("remember")
    with meeting(3) as port, ThreadPoolExecutor(3) as pool:
        events = [{"name": name, "port": port} for name in "abc"]
        answers = list(pool.map(function.invoke, events))
    assert len({answer["process"] for answer in answers} | {os.getpid()}) == 4
    kept = [(a["events"], a["environment"], a["correlation"]) for a in answers]
    assert kept == [([name], name, name) for name in "abc"]


def test_an_environment_that_is_idle_has_the_next_event(start: Start) -> None:
    function = start("remember")
    answers = [function.invoke({"name": name}) for name in "abc"]
    assert len({answer["process"] for answer in answers}) == 1
    assert answers[-1]["events"] == ["a", "b", "c"]


def test_no_more_are_started_than_there_may_be(start: Start) -> None:
    function = start("remember", most=2)
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(function.invoke, [{"name": str(n)} for n in range(6)]))
    assert len({answer["process"] for answer in answers}) <= 2


def test_an_environment_knows_its_time_limit_and_the_variables_of_its_start(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOLD", "before")
    function = start("limit", seconds=26.0)
    answer = function.invoke({})
    assert 0 < answer["left"] <= 26_000
    monkeypatch.setenv("TOLD", "after")
    assert (answer["told"], function.invoke({})["told"]) == ("before", "before")


@pytest.mark.parametrize("end", ["raise", "exit"])
def test_a_function_that_ends_without_a_response_leaves_nothing_behind(
    start: Start, end: str
) -> None:
    function = start("fail", most=1)
    first = function.invoke({})
    with pytest.raises(NoResponse):
        function.invoke({end: True})
    assert function.invoke({})["process"] != first["process"]


def test_what_is_under_way_is_brought_to_its_end_before_all_end() -> None:
    function = Environments("tests.support.functions.meet", PLENTY)
    idle = function.invoke({})
    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(2) as pool:
        event: Mapping[str, Any] = {"port": server.getsockname()[1]}
        under_way = pool.submit(function.invoke, event)
        connection, _ = server.accept()
        ending = pool.submit(function.close)
        with connection:
            connection.sendall(b"!")
        assert under_way.result()["process"] == idle["process"]
        ending.result()
    with pytest.raises(ProcessLookupError):
        os.kill(idle["process"], 0)
