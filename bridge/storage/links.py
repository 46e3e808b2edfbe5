"""Which ticket a thread belongs to."""

import contextlib

from bridge.net.aws import AwsError
from bridge.storage.ledger import NEW, STEPS, Entry, Ledger, thread


class ThreadLinks:
    """The links from threads to tickets.

    Args:
        ledger: holds them beside the posts.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def entry(self, root: str) -> Entry:
        """Return what is known of the ticket that a thread belongs to.

        Without a link of its own, a thread belongs to the ticket of its root.

        Raises:
            AwsError: the ledger did not answer.
        """
        entry = self._ledger.read(thread(root))
        return entry if entry != NEW else self._ledger.read(root)

    def record(self, root: str, ticket: int) -> bool:
        """Record which ticket a thread belongs to; never raises.

        The newest is the one, whoever comes last.

        Returns:
            Whether that is recorded, as far as is known.
        """
        with contextlib.suppress(AwsError):
            entry, mine = self._ledger.read(thread(root)), False
            while not mine and (entry.ticket is None or entry.ticket < ticket):
                filed = entry.filed(ticket, STEPS)
                mine, entry = self._ledger.write(thread(root), filed, seen=entry)
            return True
        return False
