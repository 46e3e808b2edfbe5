"""The gateway's other side in the process of a test, which has patched what it is about."""

import threading
from collections.abc import Callable, Mapping
from typing import Any

from local.gateway import Context, Invoke


def in_process(handler: Callable[[Mapping[str, Any], Any], Mapping[str, Any]]) -> Invoke:
    """Return what has a handler called here: once at a time, since here is one environment."""
    one_at_a_time = threading.Lock()

    def invoke(event: Mapping[str, Any]) -> Mapping[str, Any]:
        with one_at_a_time:
            return handler(event, Context())

    return invoke
