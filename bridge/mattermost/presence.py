"""Where the bot is a member: only there can it answer, and read files (Mattermost 5.37).

Likewise, where the incoming webhook can.
"""

from collections.abc import Callable

from cachetools import TTLCache

from bridge.config import timing
from bridge.mattermost.api import Denied, MattermostApi, MattermostError
from bridge.net.deadline import Deadline

KEPT = 500
"""Channels that a container remembers."""


_HOOK = "incoming webhook "
"""Begins what is remembered of a channel by its name; no id begins so."""


class Presence:
    """Knows where the bot can speak, and the webhook, as far as this container has learnt lately.

    Args:
        api: Mattermost.
        clock: seconds since the epoch.
        joins: whether the bot may join public channels of its teams by itself.

    Attributes:
        joins: likewise.
    """

    def __init__(self, api: MattermostApi, clock: Callable[[], float], *, joins: bool) -> None:
        self.joins = joins
        self._api = api
        self._inside: TTLCache[str, bool] = TTLCache(KEPT, timing.MEMBER_AGE_SECONDS, clock)
        self._outside: TTLCache[str, bool] = TTLCache(KEPT, timing.OUTSIDE_AGE_SECONDS, clock)
        self._refused: TTLCache[str, bool] = TTLCache(KEPT, timing.OUTSIDE_AGE_SECONDS, clock)

    def learn(self, channel: str, *, is_member: bool) -> None:
        """Take in what a call has shown."""
        known, other = self._inside, self._outside
        if not is_member:
            known, other = other, known
        known[channel] = True
        other.pop(channel, None)

    def learn_from(self, channel: str | None, error: MattermostError) -> None:
        """Take in what a refusal has shown, if it has shown anything of a channel."""
        if channel and error.is_outside:
            self.learn(channel, is_member=False)

    def is_member(self, channel: str, deadline: Deadline) -> bool | None:
        """Say whether the bot is in a channel, None if there is no telling; asks once in a while.

        Args:
            channel: its id.
            deadline: for asking Mattermost.
        """
        return self._known(channel, lambda: self._api.is_member(channel, deadline))

    def webhook_works(self, channel: str, deadline: Deadline) -> bool | None:
        """Say whether the incoming webhook may write into a channel, likewise.

        Args:
            channel: its name in addresses.
            deadline: for asking Mattermost.
        """
        return self._known(_HOOK + channel, lambda: self._api.may_announce(channel, deadline))

    def _known(self, name: str, ask: Callable[[], bool]) -> bool | None:
        if name in self._inside:
            return True
        if name in self._outside:
            return False
        try:
            found = ask()
        except MattermostError:
            return None
        self.learn(name, is_member=found)
        return found

    def enter(self, channel: str, deadline: Deadline, *, is_needed: bool = False) -> None:
        """Let the bot join a channel unless it is there, or may not.

        Never raises for Mattermost's failures: what needs the bot there will meet them itself.

        Args:
            channel: its id.
            deadline: for everything that is asked of Mattermost.
            is_needed: whether something is about to be done there: then it is asked anew, since
                somebody may have removed it.
        """
        if is_needed:
            self._inside.pop(channel, None)
        if not self.joins or channel in self._refused:
            return
        if self.is_member(channel, deadline) is not False:
            return
        try:
            self._api.join(channel, deadline)
        except Denied:
            self._refused[channel] = True
        except MattermostError:
            return
        else:
            self.learn(channel, is_member=True)
