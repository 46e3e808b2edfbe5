"""The domain: a post becomes a ticket, and its author reads what became of it."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from aws import AwsError
from desks import Routed, find, triggers_for
from filing import Filing, Patience, Progress
from glpi import SETTING_AT_FAULT, TOO_LARGE, GlpiError, OutcomeUnknown, Refused
from mattermost import Post, answer, neutralise
from outbox import Message, Outbox
from rules import Rules
from ticket import compose, marker, permalink
from transport import Deadline

_WORD_LIMIT = 40  # characters of an unknown trigger that are repeated in the thread


@dataclass(frozen=True)
class Verdict:
    """What the worker should do with a message.

    Attributes:
        event: done (it was filed before), filed, waiting or buried.
        wait: seconds until the message should come again, when waiting.
        reason: why it goes to the dead letter queue, when buried.
        ticket: its number, when filed.
        twins: other tickets of the same post, which should not exist.
        error: what went wrong last.
        age: seconds since the bridge took the message over.
    """

    event: str
    wait: float = 0.0
    reason: str = ""
    ticket: int | None = None
    twins: tuple[int, ...] = ()
    error: GlpiError | AwsError | None = None
    age: float = 0.0


@dataclass(frozen=True)
class Outcome:
    """What became of a post.

    Attributes:
        event: filed, empty, ignored, unknown_desk, duplicate, queued, queued_later, refused,
            not_confirmed or not_saved.
        reply: the JSON that Mattermost gets; empty where silence is right.
        ticket: the number of the ticket, when it is known.
        error: why there is none.
        glpi_seconds: how long GLPI was asked, if it was.
    """

    event: str
    reply: Mapping[str, str]
    ticket: int | None = None
    error: GlpiError | AwsError | None = None
    glpi_seconds: float | None = None


class ServiceDesk:
    """Files tickets for posts.

    Args:
        rules: bridge.toml.
        mattermost_url: base URL for links to posts, if known.
        ticket_url: tells the address of a ticket's page.
        filing: brings posts to tickets.
        outbox: where messages are safe.
        clock: seconds since the epoch.
    """

    def __init__(
        self,
        rules: Rules,
        mattermost_url: str | None,
        ticket_url: Callable[[int], str],
        filing: Filing,
        outbox: Outbox,
        clock: Callable[[], float],
    ) -> None:
        self._rules = rules
        self._mattermost_url = mattermost_url
        self._ticket_url = ticket_url
        self._filing = filing
        self._outbox = outbox
        self._clock = clock

    def handle(self, post: Post, deadline: Deadline) -> Outcome:
        """Do what an authenticated post asks for. Never raises for GLPI's failures.

        Args:
            post: the message.
            deadline: for everything that is asked of GLPI.

        Raises:
            SettingsError: the secret can no longer be read.
        """
        if post.user_name in self._rules.ignore_users:
            return Outcome("ignored", {})
        routed = find(self._rules.desks, post)
        if routed is None:
            return self._unknown_desk(post)
        if not routed.words and not post.file_ids:
            return Outcome("empty", self._say("empty", trigger=routed.trigger))
        return self._file(post, routed, deadline)

    def _unknown_desk(self, post: Post) -> Outcome:
        """Name the desks, unless the hook has no trigger words and so sends everything."""
        if not post.trigger_word:
            return Outcome("ignored", {})
        word = neutralise((post.text.split(maxsplit=1) or [post.trigger_word])[0][:_WORD_LIMIT])
        triggers = triggers_for(self._rules.desks, post)
        if not triggers:
            return Outcome("unknown_desk", self._say("no_desk_here", word=word))
        names = ", ".join(f"`{trigger}`" for trigger in triggers)
        return Outcome("unknown_desk", self._say("unknown_desk", word=word, triggers=names))

    def _file(self, post: Post, routed: Routed, deadline: Deadline) -> Outcome:
        """Make the message safe, then try once; say what is true."""
        saved, in_doubt = self._save(post)
        fields = compose(post, routed, self._rules, self._mattermost_url)
        started = self._clock()
        try:
            progress = self._filing.first_attempt(post.ref, fields, deadline, may_skip=saved)
        except AwsError as error:
            event = "queued_later" if saved else "not_confirmed" if in_doubt else "not_saved"
            return Outcome(event, self._say(event, ref=post.ref), error=error)
        seconds = self._clock() - started
        if progress is None:
            return Outcome("duplicate", {})  # another hook's request is answered already
        if progress.ticket is None:
            event = _event(progress.error, saved=saved, in_doubt=in_doubt)
            reply = self._say(event, ref=post.ref)
            asked = None if progress.skipped else seconds
            return Outcome(event, reply, error=progress.error, glpi_seconds=asked)
        number = self._rules.ticket["number"].format(number=progress.ticket)
        reply = self._say("accepted", t=f"[{number}]({self._ticket_url(progress.ticket)})")
        if post.file_ids:
            linked = permalink(post, self._mattermost_url)
            key = "accepted_files" if linked else "accepted_files_unlinked"
            reply["text"] += "\n" + self._rules.answers[key]
        return Outcome("filed", reply, ticket=progress.ticket, glpi_seconds=seconds)

    def _save(self, post: Post) -> tuple[bool, bool]:
        """Put a message into the queue; from then on it is safe.

        Returns:
            Whether it is safe, and if not, whether it may be there all the same.
        """
        try:
            self._outbox.send(Message(post, self._clock()), self._filing.patience.first_delay)
        except AwsError as error:
            return False, not error.refused
        return True, False

    def converge(
        self, message: Message, receives: int, queued_at: float, deadline: Deadline
    ) -> Verdict:
        """Bring a queued message one step nearer to its ticket.

        Args:
            message: what was queued.
            receives: how often the queue has handed it out, this time included.
            queued_at: when it was put there, seconds since the epoch; a replay is young again.
            deadline: for everything that is asked of GLPI.
        """
        post = message.post
        age = self._clock() - queued_at
        routed = find(self._rules.desks, post)
        try:
            if routed is None:
                if self._filing.is_filed(post.ref):
                    return Verdict("done", age=age)
                return Verdict("buried", reason="bridge.toml has no desk for it any more", age=age)
            fields = compose(post, routed, self._rules, self._mattermost_url)
            progress = self._filing.converge(
                post.ref, marker(post), fields, message.received_at, deadline
            )
        except AwsError as error:
            return self._wait(Progress(), receives, age, error)
        if progress.ticket is not None:
            event = "done" if progress.known else "filed"
            return Verdict(event, ticket=progress.ticket, twins=progress.twins, age=age)
        return self._wait(progress, receives, age, progress.error)

    def _wait(
        self, progress: Progress, receives: int, age: float, error: GlpiError | AwsError | None
    ) -> Verdict:
        why = error.code if error else "another attempt may still be under way"
        too_large = isinstance(error, Refused) and error.status == TOO_LARGE
        if too_large or progress.hopeless:
            return Verdict("buried", reason=why, error=error, age=age)
        settling = error is None or isinstance(error, OutcomeUnknown)
        if age > self._filing.patience.max_age and not settling:
            return Verdict("buried", reason=f"too old; last: {why}", error=error, age=age)
        wait = max(progress.wait, _pause(error, receives, self._filing.patience))
        return Verdict("waiting", wait=wait, error=error, age=age)

    def _say(self, key: str, **values: str) -> dict[str, str]:
        return say(self._rules, key, **values)


def _event(error: GlpiError | None, *, saved: bool, in_doubt: bool) -> str:
    """Name what became of a message without a ticket."""
    if not saved:
        unclear = in_doubt or isinstance(error, OutcomeUnknown)
        return "not_confirmed" if unclear else "not_saved"
    return "refused" if isinstance(error, SETTING_AT_FAULT) else "queued"


def _pause(error: GlpiError | AwsError | None, receives: int, patience: Patience) -> float:
    """Return the seconds before the next attempt: doubling, capped, and spread by chance."""
    longest = patience.longest_pause
    if not isinstance(error, SETTING_AT_FAULT):
        longest = min(longest, patience.first_delay * 2.0 ** min(receives - 1, 10))
    # Chance spreads the load here; it guards nothing.
    return longest * random.uniform(0.75, 1.0)  # noqa: S311  # nosec B311


def say(rules: Rules, key: str, **values: str) -> dict[str, str]:
    """Return the answer for a key of `texts.ANSWERS`. The values must be neutralised already."""
    return answer(
        rules.answers[key].format(**values),
        in_thread=rules.in_thread,
        username=rules.reply_username,
        icon_url=rules.reply_icon_url,
    )
