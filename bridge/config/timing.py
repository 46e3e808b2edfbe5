"""Every limit, pause and age of the bridge, in seconds. `docs/architecture.md` explains them."""

from dataclasses import dataclass

# ---- One call, all in all

GLPI_SECONDS = 10.0
"""For everything that GLPI is asked while a person waits, logins and slow bodies included."""

WORKER_SECONDS = 60.0
"""The same while nobody waits."""

RESERVE_SECONDS = 3.0
"""Kept back from the function's own time limit, so that the person gets an answer."""

LOOK_UP_SECONDS = 3.0
"""For finding out the ticket of a thread and who asks; the new ticket gets the rest."""

PLACE_SECONDS = 2.0
"""For asking Mattermost where a post stands, or whether the bot is in its channel."""

USER_SECONDS = 2.0
"""For asking Mattermost who somebody is."""

REPLY_SECONDS = 3.0
"""For answering a reply at once, whose thread only a bot can write into."""

NOTICE_SECONDS = 10.0
"""For telling an author something later."""

SECRET_SECONDS = 2.0
"""For reading the secret."""

QUEUE_SECONDS = 2.0
"""For a call of the queue."""

LEDGER_SECONDS = 1.0
"""For a call of the ledger."""

PROBE_SECONDS = 2.0
"""For asking GLPI whether it is there again; a person waits for that."""

LOG_OUT_SECONDS = 1.0
"""For ending a session in GLPI: a courtesy must not use up the time for the ticket."""

# ---- Pauses

CIRCUIT_SECONDS = 30.0
"""Nobody waits so long for a GLPI that is surely down; then it is asked whether it is there."""

MATTERMOST_PAUSE_SECONDS = 300.0
"""Nobody waits so long for a Mattermost that failed several times in a row."""

RETRY_AFTER_SECONDS = 600.0
"""A proxy of Mattermost's that asks for a longer pause is not obeyed."""

SECRET_PAUSE_SECONDS = 10.0
"""Before a secret that could not be read is tried again: strangers must not drive that."""

STRANGER_PAUSE_SECONDS = 60.0
"""Between two reads caused by an unknown webhook token: strangers must not drive them."""

MAX_DELAY_SECONDS = 900
"""SQS delays a new message no longer."""

MAX_HIDDEN_SECONDS = 43_200
"""SQS hides a received message no longer."""

# ---- Ages

IDLE_SECONDS = 4.0
"""A connection that idled longer is not reused. Below Apache's default KeepAliveTimeout of 5 s: a
frozen Lambda container misses the server's FIN, and a POST written to such a connection would be a
needless unknown outcome."""

SECRET_AGE_SECONDS = 900.0
"""After that the secret is read again."""

REQUESTER_AGE_SECONDS = 3600.0
"""A container remembers so long who is who."""

MEMBER_AGE_SECONDS = 60.0
"""A container relies so long on the bot's being in a channel; what another one has met since, such
as the worker, it does not know."""

OUTSIDE_AGE_SECONDS = 60.0
"""So long a channel that it is not in is not asked for again: somebody may be letting it in."""

LATE_SECONDS = 300.0
"""Filed later than that, a ticket says when its message was written."""

THREAD_UNKNOWN_SECONDS = 600.0
"""After that a ticket of its own is better than waiting to learn a post's thread."""

THREAD_TICKET_SECONDS = 24 * 3600.0
"""After that it is better than waiting for the thread's own ticket to be filed."""

ABANDONED_SECONDS = 1200.0
"""After the settling of a claim; by then a worker has come to its message."""

FORGOTTEN_SECONDS = 3600.0
"""After that a post that the ledger does not know may have been forgotten by it."""

LEDGER_AGE_SECONDS = 40 * 24 * 3600.0
"""After that a post is forgotten: a message lives shorter in queue and dead letter queue."""

LINK_AGE_SECONDS = 400 * 24 * 3600.0
"""So long after the last reply a thread and its ticket know each other."""


@dataclass(frozen=True)
class Timing:
    """How long the bridge waits for what while it brings a post into GLPI; rehearsals are shorter.

    Attributes:
        first_delay: before the worker looks at a message: the fast path needs less.
        longest_pause: between two attempts at most, while GLPI or a setting is at fault.
        settle: after an attempt of unknown outcome, GLPI has so long to finish or drop the request:
            above PHP's and common proxies' limits. Before, finding nothing proves nothing.
        fast_lease: by then a request of the fast path has left: the function is ended after 26.
        worker_lease: the same for the worker, which is ended after 90.
        max_age: after that a message goes to the dead letter queue.
        unknown_pause: between two looks at a job that only a newer bridge knows.
        answered_pause: between two attempts to learn, with a bot that may not ask, whether the post
            that was answered is a reply, and who its author is.
    """

    first_delay: float = 15.0
    longest_pause: float = 600.0
    settle: float = 300.0
    fast_lease: float = 30.0
    worker_lease: float = 95.0
    max_age: float = 4 * 24 * 3600.0
    unknown_pause: float = 900.0
    answered_pause: float = 3600.0


TIMINGS = {
    "normal": Timing(),
    "short": Timing(
        2.0,
        longest_pause=4.0,
        settle=4.0,
        fast_lease=27.0,
        unknown_pause=4.0,
        answered_pause=4.0,
    ),
}
"""By the setting PAUSES; the short one is for rehearsals, where an outage is to be watched."""
