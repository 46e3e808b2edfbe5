"""Containers reach the ports of `make run` on Docker's bridge; nobody else does by that way."""

import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from ipaddress import IPv4Interface
from pathlib import Path
from typing import Any

import pytest

from bridge.config.settings import SettingsError
from local.__main__ import start
from local.containers import door, reachable
from local.engine import Engine, NoEngine, engine
from local.ports import free_ports
from tests.conftest import kept_environment
from tests.support.docker import docker_engine
from tests.support.limits import PLENTY

ON_LINUX = sys.platform.startswith("linux")
on_linux = pytest.mark.skipif(not ON_LINUX, reason="only Linux has all of 127.0.0.0/8 by itself")
second_address = pytest.mark.allow_hosts(["127.0.0.1", "127.0.0.2"])
SECOND = "127.0.0.2"


# --- What the engine says


def bridge(*configs: dict[str, str]) -> dict[str, Any]:
    return {"IPAM": {"Config": list(configs)}}


@pytest.mark.enable_socket
@pytest.mark.parametrize(
    ("answer", "address"),
    [
        (bridge({"Subnet": "172.17.0.0/16", "Gateway": "172.17.0.5"}), "172.17.0.5/16"),
        (bridge({"Subnet": "172.17.0.0/16"}), "172.17.0.1/16"),  # as 20.10 has it
        (bridge({"Subnet": "fd00::/64"}, {"Subnet": "10.9.0.0/24"}), "10.9.0.1/24"),
        (bridge(), None),
        ({"IPAM": {"Config": None}}, None),
        ({}, None),
        (None, None),
    ],
)
def test_the_address_on_the_bridge_is_what_the_engine_says(
    answer: dict[str, Any] | None, address: str | None
) -> None:
    with docker_engine(answer) as docker:
        found = engine({"DOCKER_HOST": docker.host}).bridge()
    assert found == (IPv4Interface(address) if address else None)


@pytest.mark.enable_socket
def test_an_engine_tells_its_version_and_its_images() -> None:
    with docker_engine() as docker:
        found = engine({"DOCKER_HOST": docker.host})
        assert found.version() == "20.10.24"
        assert found.has_image("public.ecr.aws/lambda/python:3.13-arm64")
        assert not found.has_image("debian:12")


@pytest.mark.enable_socket
def test_an_engine_that_is_not_there_is_named_by_its_socket(tmp_path: Path) -> None:
    with pytest.raises(NoEngine, match=r"/none: No such file"):
        Engine(f"{tmp_path}/none").bridge()


@pytest.mark.enable_socket
@pytest.mark.parametrize(
    "spoken", [b"", b"\x00\x01\n\n", b"HTTP/1.1 500 x\r\n\r\n", b"HTTP/1.1 200 x\r\n\r\n<"]
)
def test_whatever_else_is_at_the_socket_is_no_engine(tmp_path: Path, spoken: bytes) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s"))
        listener.listen()

        def serve() -> None:
            with closing(listener.accept()[0]) as connection:
                connection.recv(1000)
                connection.sendall(spoken)

        thread = threading.Thread(target=serve)
        thread.start()
        with pytest.raises(NoEngine, match=str(tmp_path)):
            Engine(str(tmp_path / "s")).bridge()
        thread.join()


def test_an_engine_elsewhere_is_not_asked() -> None:
    with pytest.raises(NoEngine, match=r"tcp://10\.0\.0\.1:2375"):
        engine({"DOCKER_HOST": "tcp://10.0.0.1:2375"})


# --- Which address it becomes


def test_bind_names_an_address_and_who_is_let_in() -> None:
    named, everybody = door({"BIND": " 172.18.0.1/16 "}), door({"BIND": "172.18.0.1"})
    assert named
    assert (named.address, str(named.network)) == ("172.18.0.1", "172.18.0.0/16")
    assert everybody
    assert (everybody.address, str(everybody.network)) == ("172.18.0.1", "0.0.0.0/0")


def test_bind_can_say_that_there_is_none_besides() -> None:
    assert door({"BIND": "127.0.0.1", "DOCKER_HOST": "unix:///nowhere"}) is None


@pytest.mark.parametrize("value", ["0.0.0.0", "0.0.0.0/0", "docker0", "::1", "224.0.0.1", "1.2.3"])
def test_what_cannot_be_bound_to_is_one_sentence_with_a_way_out(value: str) -> None:
    with pytest.raises(SettingsError, match=r"^BIND: is '.*such as 172\.17\.0\.1/16, or 127"):
        door({"BIND": value})


@pytest.mark.enable_socket
@pytest.mark.parametrize("host", ["unix:///nowhere", "tcp://10.0.0.1:2375"])
def test_where_no_engine_is_there_is_no_second_address(host: str) -> None:
    assert door({"DOCKER_HOST": host}) is None


# --- The way through it


@contextmanager
def echo() -> Iterator[int]:
    """A port of 127.0.0.1 that sends back what it gets, in capitals, and then closes."""
    with free_ports() as port, socket.create_server(("127.0.0.1", port)) as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    connection.sendall(connection.recv(1000).upper())

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield port
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def said(address: str, port: int, words: bytes = b"hello") -> bytes:
    """Return all that is sent back, b"" from a port that lets nobody in."""
    answer = b""
    with socket.create_connection((address, port), PLENTY) as connection:
        try:
            connection.sendall(words)
            while more := connection.recv(1000):
                answer += more
        except ConnectionError:
            pass
    return answer


@on_linux
@second_address
def test_bytes_are_passed_on_both_ways() -> None:
    with echo() as port, reachable({"BIND": f"{SECOND}/8"}, [port]) as address:
        assert address == SECOND
        assert said(SECOND, port) == b"HELLO"
        assert said(SECOND, port) == b"HELLO"


@on_linux
@second_address
def test_nobody_is_let_in_from_another_network() -> None:
    with echo() as port, reachable({"BIND": f"{SECOND}/32"}, [port]):
        assert said(SECOND, port) == b""


@on_linux
@second_address
def test_a_port_where_nobody_listens_closes_the_connection() -> None:
    with free_ports() as port, reachable({"BIND": SECOND}, [port]):
        assert said(SECOND, port) == b""


@on_linux
@second_address
def test_the_end_cuts_connections_that_are_open() -> None:
    with free_ports() as port, socket.create_server(("127.0.0.1", port)) as silent:
        with reachable({"BIND": SECOND}, [port]):
            outer = socket.create_connection((SECOND, port), PLENTY)
            inner, _ = silent.accept()
        with outer, inner:
            assert outer.recv(1) == b""
            assert inner.recv(1) == b""
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((SECOND, port), PLENTY).close()


@on_linux
def test_a_port_that_is_taken_there_is_said_and_nothing_stays_open() -> None:
    with free_ports(2) as port, socket.create_server((SECOND, port + 1)):
        with pytest.raises(OSError, match="in use"), reachable({"BIND": SECOND}, [port, port + 1]):
            pass
        socket.create_server((SECOND, port)).close()


NOT_OURS = "192.0.2.1"
"""Set aside for documentation (RFC 5737)."""


def test_an_address_of_another_machine_is_one_sentence() -> None:
    with (
        free_ports() as port,
        pytest.raises(SettingsError, match=r"^BIND: is '192\.0\.2\.1', which is no address"),
        reachable({"BIND": NOT_OURS}, [port]),
    ):
        pass


@on_linux
@pytest.mark.enable_socket
def test_a_bridge_in_a_virtual_machine_is_passed_over() -> None:
    elsewhere = bridge({"Subnet": "192.0.2.0/24"})
    with (
        docker_engine(elsewhere) as docker,
        free_ports() as port,
        reachable({"DOCKER_HOST": docker.host}, [port]) as address,
    ):
        assert address == ""


@on_linux
@pytest.mark.enable_socket
def test_make_run_finds_the_bridge_by_itself_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with (
        kept_environment(),
        docker_engine() as docker,
        free_ports(5) as port,
        ExitStack() as stack,
    ):
        greeting = start(stack, {"PORT": str(port), "DOCKER_HOST": docker.host})
        assert f"http://host.docker.internal:{port} and so on  (on {SECOND})" in greeting
        for reached in (port, port + 1, port + 3, port + 4):
            socket.create_connection((SECOND, reached), PLENTY).close()
        with pytest.raises(ConnectionRefusedError):  # GLPI's control is for this machine only
            socket.create_connection((SECOND, port + 2), PLENTY).close()


def test_without_an_engine_the_greeting_says_nothing_of_containers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with kept_environment(), free_ports(5) as port, ExitStack() as stack:
        assert "containers" not in start(stack, {"PORT": str(port), "BIND": "127.0.0.1"})
