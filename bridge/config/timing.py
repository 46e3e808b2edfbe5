"""How long the bridge waits for what while it brings a post into GLPI."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Patience:
    """How long the bridge waits for what, in seconds.

    Attributes:
        first_delay: before the worker looks at a message: the fast path needs less.
        longest_pause: between two attempts at most, while GLPI or a setting is at fault.
        settle: after an attempt of unknown outcome, GLPI has so long to finish or drop the request:
            above PHP's and common proxies' limits. Before, finding nothing proves nothing.
        fast_lease: by then a request of the fast path has left: the function is ended after 26.
        worker_lease: the same for the worker, which is ended after 90.
        max_age: after that a message goes to the dead letter queue.
    """

    first_delay: float = 15.0
    longest_pause: float = 600.0
    settle: float = 300.0
    fast_lease: float = 30.0
    worker_lease: float = 95.0
    max_age: float = 4 * 24 * 3600.0


PATIENCE = {
    "normal": Patience(),
    "short": Patience(2.0, longest_pause=4.0, settle=4.0, fast_lease=27.0),
}
"""By the setting PAUSES; the short one is for rehearsals, where an outage is to be watched."""
