"""Kinds and versions of queued jobs, and the queue that each kind travels through. No I/O.

A job is a JSON object with its version `v` and, from version 2 on, its `kind`; without one it is a
post. During a deployment and after a rollback an older worker meets jobs of a newer bridge: they
are not unreadable, but not known *here*.
"""

import json
import re
from dataclasses import dataclass
from enum import Enum

POST = "post"


class Queue(Enum):
    """The queues that the worker is fed from, by what waits in them."""

    PEOPLE = "people"
    """What somebody waits for."""

    LOOKS = "looks"
    """Hints, which can be made again."""

    ALERTS = "alerts"
    """What may be the only copy of a monitor's message."""


_QUEUES = {"look": Queue.LOOKS, "poll": Queue.LOOKS, "listen": Queue.LOOKS, "alert": Queue.ALERTS}
_KIND = re.compile("[a-z][a-z_]{0,31}")


class Unreadable(Exception):
    """A queued body is none of the bridge's jobs."""


@dataclass(frozen=True)
class Kind:
    """What kind of job a queued body is, and of which version."""

    name: str
    version: int

    def __str__(self) -> str:
        return f"{self.name} of version {self.version}"

    @property
    def queue(self) -> Queue:
        """The queue that it travels through; what is not known travels with people's messages."""
        return _QUEUES.get(self.name, Queue.PEOPLE)


def kind_of(body: str) -> Kind:
    """Return the kind of a queued body, known here or not.

    Raises:
        Unreadable: it is no job of the bridge, of no version.
    """
    try:
        job = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"not a message of the bridge ({type(error).__name__})") from None
    version = job.get("v") if isinstance(job, dict) else None
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise Unreadable("not a message of the bridge (it has no version)")
    name = job.get("kind", POST)
    if not isinstance(name, str) or not _KIND.fullmatch(name):
        raise Unreadable("not a message of the bridge (its kind is no name)")
    return Kind(name, version)
