"""Ports that nobody else takes while somebody has them."""

import socket
from contextlib import ExitStack

import pytest

from local import ports
from local.ports import free_ports


def test_all_that_are_asked_for_are_free_and_nobody_gets_them_twice() -> None:
    with ExitStack() as stack:
        first = [stack.enter_context(free_ports(5)) for _ in range(20)]
        given = [port + n for port in first for n in range(5)]
        assert len(set(given)) == 100
        for port in given:
            stack.enter_context(socket.create_server(("127.0.0.1", port)))


def test_a_block_with_a_port_in_use_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    with free_ports(6) as sign:
        monkeypatch.setattr(ports, "SIGNS", range(sign, sign + 1))
        with socket.create_server(("127.0.0.1", sign + 5)):
            with pytest.raises(RuntimeError, match="no 5 free"), free_ports(5):
                pass
            with free_ports(4) as first:
                assert first == sign + 1
