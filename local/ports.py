"""Free ports for programs that have to be told which ones to take.

Whoever can, takes port 0 and reads what it was given: nothing comes between then. For all others
there are blocks of neighbouring ports, below those that systems hand out by themselves. The first
port of a block is kept open as a sign that the block is in use, and everybody here heeds it.
"""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from random import SystemRandom

BLOCK = 8
"""Ports, the sign included."""

SIGNS = range(10_000, 15_000, BLOCK)
"""Linux hands out ports from 32768 on, macOS and Windows from 49152."""


@contextmanager
def free_ports(count: int = 1) -> Iterator[int]:
    """Keep neighbouring free ports from others who ask here, until the block ends.

    Yields:
        The first of them.
    """
    with _sign(count) as sign:
        yield sign.getsockname()[1] + 1


def _sign(count: int) -> socket.socket:
    """Return the open sign of a block whose other ports are free."""
    signs = list(SIGNS)
    SystemRandom().shuffle(signs)
    for port in signs:
        with suppress(OSError), ExitStack() as stack:
            sign = stack.enter_context(_listening(port))
            with ExitStack() as tried:
                for neighbour in range(port + 1, port + 1 + count):
                    tried.enter_context(_listening(neighbour))
            stack.pop_all()
            return sign
    raise RuntimeError(f"there are no {count} free neighbouring ports from {SIGNS[0]} on")


def _listening(port: int) -> socket.socket:
    return socket.create_server(("127.0.0.1", port))
