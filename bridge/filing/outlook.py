"""What can be promised to an author: nothing but what is known to be possible now."""

from dataclasses import dataclass
from enum import Enum

from bridge.config import timing
from bridge.filing.threads import Located
from bridge.mattermost.api import Denied, MattermostApi
from bridge.mattermost.notifier import Notifier, Reach
from bridge.mattermost.presence import Presence
from bridge.mattermost.submissions import Place
from bridge.net.deadline import Deadline


class FilesOutlook(Enum):
    """What becomes of a message's files."""

    CARRIED = "carried"
    """The bot carries them, as far as is known: nothing need be said of them."""

    WAIT = "wait"
    """The bot cannot read them until somebody lets it."""

    STAY = "stay"
    """There is no bot."""


@dataclass(frozen=True)
class Outlook:
    """What can be promised.

    Attributes:
        reach: where the author will surely be told something later; NONE while that is not known.
        files: what becomes of the files.
    """

    reach: Reach
    files: FilesOutlook


NO_PROMISE = Outlook(Reach.NONE, FilesOutlook.CARRIED)


class Outlooks:
    """Knows what can be promised.

    Args:
        api: Mattermost.
        notifier: tells authors.
        presence: knows where the bot is.
    """

    def __init__(self, api: MattermostApi, notifier: Notifier, presence: Presence) -> None:
        self._api = api
        self._notifier = notifier
        self._presence = presence

    def number_follows(self, place: Place, located: Located) -> Reach:
        """Say where the author will surely be told the number of a ticket to come, likewise.

        Raises:
            SettingsError: the secret cannot be read.
        """
        reach = self.of(place, located).reach
        if reach is not Reach.CHANNEL:
            return reach
        deadline = Deadline(timing.PLACE_SECONDS)
        works = self._presence.webhook_works(place.channel_name or "", deadline)
        return reach if works else Reach.NONE

    def of(self, place: Place, located: Located) -> Outlook:
        """Say what can be promised; asks Mattermost now and then, and never raises for it.

        Args:
            place: where the post was written.
            located: where it stands.

        Raises:
            SettingsError: the secret cannot be read.
        """
        reach = self._notifier.reach(place)
        if reach is not Reach.THREAD:
            has_bot = self._api.has_bot()
            return Outlook(reach, FilesOutlook.CARRIED if has_bot else FilesOutlook.STAY)
        if located.position is None:
            if located.error:
                self._presence.learn_from(place.channel_id, located.error)
            is_refused = isinstance(located.error, Denied)
            return Outlook(Reach.NONE, FilesOutlook.WAIT if is_refused else FilesOutlook.CARRIED)
        deadline = Deadline(timing.PLACE_SECONDS)
        is_member = self._presence.is_member(located.position.channel, deadline)
        if is_member:
            return Outlook(Reach.THREAD, FilesOutlook.CARRIED)
        is_outside = is_member is False and not self._presence.joins
        return Outlook(Reach.NONE, FilesOutlook.WAIT if is_outside else FilesOutlook.CARRIED)
