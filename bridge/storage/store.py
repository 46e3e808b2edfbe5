"""What the bridge remembers: one table of items, each a thing of its own, and five verbs for them.

Whoever implements `Store` passes `tests/storage/test_store.py`. An item is written by
compare-and-set on its version, so that of any number of containers that have read the same, one
writes. Nothing is told by an item's age here: `expires` says from when on it *may* be gone, and
whoever reads it compares the time.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

Value = str | float | bool | None | frozenset[str] | Sequence["Value"] | Mapping[str, "Value"]
"""What an attribute holds. A set is never empty: what holds nothing is left out.

What only a later release writes comes back as it was, of whatever type it is: whoever renews an
item must not change what others keep in it.
"""

OPEN, SEEN, STATUS = "open", "seen", "status"
"""The attributes of the index of what is open: its key, and what it tells beside."""


@dataclass(frozen=True)
class Item:
    """A thing that is remembered; it never holds people's words.

    Attributes:
        attributes: by their names.
        expires: seconds since the epoch; from then on it may be gone. Infinity: never.
        version: counts the writes; 0 for what has not been written.
    """

    attributes: Mapping[str, Value]
    expires: float
    version: int = 0


@dataclass(frozen=True)
class Row:
    """An open thing, as the index tells of it: a little later than what was written.

    Attributes:
        key: the item's.
        seen: its attribute of that name, None if it has none.
        status: likewise.
    """

    key: str
    seen: Value | None = None
    status: Value | None = None


@dataclass(frozen=True)
class Page:
    """Some of the open things.

    Attributes:
        rows: in an order of the store's own.
        last: where the next page goes on, "" when there is none.
    """

    rows: tuple[Row, ...]
    last: str = ""


class Store(Protocol):
    """The table as the bridge uses it. Every verb raises AwsError when it cannot be asked now."""

    def get(self, key: str) -> Item | None:
        """Return an item as it is now, None when there is none."""

    def get_many(self, keys: Collection[str]) -> Mapping[str, Item]:
        """Return those items of so many keys that there are, each as it is now."""

    def put_if(self, key: str, item: Item, seen: int) -> tuple[bool, Item | None]:
        """Write an item if its version is still the one that was seen, 0 for none.

        What the SDK writes twice since it was not answered counts as written once.

        Args:
            key: the item's.
            item: what it is to hold instead of all that it holds; its version does not count.
            seen: the version.

        Returns:
            True and the item as written, or False and the item that is there instead.
        """

    def add(self, key: str, attribute: str, amount: int, expires: float) -> int:
        """Add to a number, from 0 where there is none, and return what it is then.

        When it raises, the amount may have been added.

        Args:
            key: the item's.
            attribute: that holds the number.
            amount: that is added.
            expires: of the item from now on, seconds since the epoch.
        """

    def open_after(self, kind: str, last: str = "", limit: int = 1000) -> Page:
        """List what is open: the items whose attribute `open` is a kind.

        An index that is missing or still being filled cannot be asked now: it never says that
        nothing is open.

        Args:
            kind: of things.
            last: where the page before ended, "" for the first.
            limit: rows of a page at most.
        """
