"""Ids such as Mattermost gives, for posts, people, channels and files that it does not know.

Whoever makes some asks for random ones: the marker of a ticket is a post's id, and a GLPI keeps its
tickets for longer than any run of a program lasts.
"""

import base64
import secrets
from collections.abc import Callable

ALPHABET = "ybndrfg8ejkmcpqxot1uwisza345h769"
"""Mattermost's digits of base 32 (5.37; `NewId` of its package `model`)."""

LENGTH = 26
"""Characters of an id."""

RandomBytes = Callable[[int], bytes]
"""Returns so many random bytes, as `secrets.token_bytes`."""

_RFC_4648 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_OURS = str.maketrans(_RFC_4648, ALPHABET, "=")


def new_id(random_bytes: RandomBytes = secrets.token_bytes) -> str:
    """Return an id that no other call has returned: 16 random bytes in Mattermost's digits."""
    return base64.b32encode(random_bytes(16)).decode().translate(_OURS)
