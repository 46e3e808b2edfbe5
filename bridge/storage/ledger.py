"""What became of each post: the memory that keeps one post from becoming two tickets.

One item per post, without words, written by compare-and-set only; `bridge.storage.entries` says
what it can hold.
"""

from collections.abc import Callable
from dataclasses import replace

from bridge.config import timing
from bridge.storage.entries import NEW, Entry
from bridge.storage.entry_codec import decode, encode
from bridge.storage.store import Item, Store


class Ledger:
    """The ledger. Everything raises AwsError when the table cannot be asked.

    Args:
        store: the table.
        clock: seconds since the epoch.
    """

    def __init__(self, store: Store, clock: Callable[[], float]) -> None:
        self._store = store
        self._clock = clock

    def read(self, ref: str) -> Entry:
        """Return what is known of a post, NEW if nothing."""
        return entry_of(self._store.get(ref))

    def write(self, ref: str, entry: Entry) -> tuple[bool, Entry]:
        """Write an entry if the ledger still holds the version that it was made of.

        Returns:
            True and the entry as written, or False and the entry that is there instead.

        Raises:
            AwsError: the ledger did not answer; the entry may or may not be written.
        """
        expires = self._clock() + timing.LEDGER_AGE_SECONDS
        written, present = self._store.put_if(ref, Item(encode(entry), expires), entry.version)
        if written:
            return True, replace(entry, version=entry.version + 1)
        return False, entry_of(present)


def entry_of(item: Item | None) -> Entry:
    """Return what an item tells of a post, NEW for none.

    What is there counts, however old it is: nothing is done twice since it was to be forgotten.

    Raises:
        AwsError: it is of a version to come.
    """
    return NEW if item is None else decode(item.attributes, item.version)
