"""Functions for `local.execution`, each to be run in environments of its own."""

import os
import socket
from collections.abc import Mapping
from typing import Any

from bridge.logs import logger
from tests.support.limits import PLENTY

Event = Mapping[str, Any]

_events: list[str] = []


def remember(event: Event, _: object) -> Mapping[str, object]:
    """Answer with all that this process keeps of events, after one has met the others."""
    meet(event, _)
    _events.append(event["name"])
    os.environ["LAST_EVENT"] = ",".join(_events)
    logger.set_correlation_id(event["name"])
    meet(event, _)
    return {
        "process": os.getpid(),
        "events": _events,
        "environment": os.environ["LAST_EVENT"],
        "correlation": logger.get_correlation_id(),
    }


def meet(event: Event, _: object) -> Mapping[str, object]:
    """Go on when whoever listens on a port lets it."""
    if "port" in event:
        with socket.create_connection(("127.0.0.1", event["port"]), PLENTY) as connection:
            assert connection.recv(1) == b"!"
    return {"process": os.getpid()}


def limit(_: Event, context: Any) -> Mapping[str, object]:
    """Answer with the milliseconds that are left, and with an environment variable."""
    return {"left": context.get_remaining_time_in_millis(), "told": os.environ.get("TOLD")}


def fail(event: Event, _: object) -> Mapping[str, object]:
    """End without a response, if that is asked for."""
    if event.get("exit"):
        os._exit(1)
    if event.get("raise"):
        raise ValueError
    return {"process": os.getpid()}
