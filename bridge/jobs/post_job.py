"""A post of an outgoing webhook on its way to a ticket, as it is queued. No I/O.

Jobs are versioned JSON, since a deployment meets what the version before has queued, up to 18 days
old. They hold people's words, encrypted at rest, and never a token.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from dataclasses import fields as dataclass_fields
from datetime import datetime
from typing import Any

from bridge.mattermost.outgoing_webhook import Post
from bridge.storage.kinds import Unreadable

POST_VERSION = 1
"""Of the jobs that are posts; the release before reads no other."""


@dataclass(frozen=True)
class PostJob:
    """A post on its way to a ticket.

    Attributes:
        post: what was written.
        received_at: seconds since the epoch when the bridge took it over; retrying ends by its age.
    """

    post: Post
    received_at: float


def dumps(job: PostJob) -> str:
    """Return the queued form of a post."""
    post = asdict(job.post)
    written_at = job.post.written_at
    post["written_at"] = written_at.isoformat() if written_at else None
    queued = {"v": POST_VERSION, "received_at": job.received_at, "post": post}
    return json.dumps(queued, separators=(",", ":"))  # in ASCII: SQS refuses U+FFFE and U+FFFF


def loads(body: str) -> PostJob:
    """Read a queued post of POST_VERSION.

    Raises:
        Unreadable: it is not one.
    """
    try:
        queued = json.loads(body)
        return PostJob(_post(queued["post"]), float(queued["received_at"]))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Unreadable(f"not a message of the bridge ({type(error).__name__})") from None


def _post(fields: Mapping[str, Any]) -> Post:
    written_at = fields["written_at"]
    known = {field.name for field in dataclass_fields(Post)}
    return Post(
        **{
            **{name: value for name, value in fields.items() if name in known},
            "written_at": datetime.fromisoformat(written_at) if written_at else None,
            "file_ids": tuple(fields["file_ids"]),
            "odd_fields": tuple(fields["odd_fields"]),
        }
    )
