"""The domain: a post becomes a ticket, and its author reads what became of it."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from answers import Answers, say
from aws import AwsError
from desks import Routed, find, triggers_for
from filing import Filing, Patience, Progress
from glpi import SETTING_AT_FAULT, TOO_LARGE, GlpiError, OutcomeUnknown, Refused
from mattermost import Post, neutralise
from mattermost_api import Denied, Gone, MattermostError, Unreachable
from outbox import Message, Outbox
from rules import Rules
from ticket import compose, marker
from transport import Deadline, ServerError
from way_back import Way, WayBack

_WORD_LIMIT = 40  # characters of an unknown trigger that are repeated in the thread

NOTICE_SECONDS = 10.0
"""All in all for telling an author something later."""


@dataclass(frozen=True)
class Verdict:
    """What the worker should do with a message.

    Attributes:
        event: done (it was filed before), filed, waiting or buried.
        wait: seconds until the message should come again, 0 if it need not: for its ticket, or
            for its author to be told.
        reason: why it goes to the dead letter queue, when buried.
        ticket: its number, when filed.
        told: whether the author knows the number, as far as is known.
        twins: other tickets of the same post, which should not exist.
        error: what went wrong last.
        age: seconds since the message was queued.
    """

    event: str
    wait: float = 0.0
    reason: str = ""
    ticket: int | None = None
    told: bool = False
    twins: tuple[int, ...] = ()
    error: ServerError | AwsError | None = None
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
        way_back: tells authors something later.
        clock: seconds since the epoch.
    """

    def __init__(
        self,
        rules: Rules,
        mattermost_url: str | None,
        ticket_url: Callable[[int], str],
        filing: Filing,
        outbox: Outbox,
        way_back: WayBack,
        clock: Callable[[], float],
    ) -> None:
        self._rules = rules
        self._mattermost_url = mattermost_url
        self._answers = Answers(rules, mattermost_url, ticket_url)
        self._way_back = way_back
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
            return Outcome("empty", say(self._rules, "empty", trigger=routed.trigger))
        return self._file(post, routed, deadline)

    def _unknown_desk(self, post: Post) -> Outcome:
        """Name the desks, unless the hook has no trigger words and so sends everything."""
        if not post.trigger_word:
            return Outcome("ignored", {})
        word = neutralise((post.text.split(maxsplit=1) or [post.trigger_word])[0][:_WORD_LIMIT])
        triggers = triggers_for(self._rules.desks, post)
        if not triggers:
            return Outcome("unknown_desk", say(self._rules, "no_desk_here", word=word))
        names = ", ".join(f"`{trigger}`" for trigger in triggers)
        reply = say(self._rules, "unknown_desk", word=word, triggers=names)
        return Outcome("unknown_desk", reply)

    def _file(self, post: Post, routed: Routed, deadline: Deadline) -> Outcome:
        """Make the message safe, then try once; say what is true."""
        saved, in_doubt = self._save(post)
        fields = compose(post, routed, self._rules, self._mattermost_url)
        started = self._clock()
        try:
            progress = self._filing.first_attempt(post.ref, fields, deadline, may_skip=saved)
        except AwsError as error:
            event = "queued_later" if saved else "not_confirmed" if in_doubt else "not_saved"
            return Outcome(event, self._not_filed(event, post), error=error)
        seconds = self._clock() - started
        if progress is None:
            return Outcome("duplicate", {})  # another hook's request is answered already
        if progress.ticket is None:
            event = _event(progress.error, saved=saved, in_doubt=in_doubt)
            reply = self._not_filed(event, post)
            asked = None if progress.skipped else seconds
            return Outcome(event, reply, error=progress.error, glpi_seconds=asked)
        reply = self._answers.filed(post, progress.ticket)
        return Outcome("filed", reply, ticket=progress.ticket, glpi_seconds=seconds)

    def _not_filed(self, event: str, post: Post) -> Mapping[str, str]:
        return self._answers.not_filed(event, post, self._way_back.of(post).value)

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
        """Bring a queued message one step nearer to its ticket, and its author to the news.

        Args:
            message: what was queued.
            receives: how often the queue has handed it out, this time included.
            queued_at: when it was put there, seconds since the epoch; a replay is young again.
            deadline: for everything that is asked of GLPI.
        """
        verdict = self._file_late(message, receives, queued_at, deadline)
        if verdict.event == "buried":
            return self._tell_failure(message, verdict)
        if verdict.ticket is not None and not verdict.told:
            return self._tell_number(message.post, receives, verdict.ticket, verdict)
        return verdict

    def _file_late(
        self, message: Message, receives: int, queued_at: float, deadline: Deadline
    ) -> Verdict:
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
            return Verdict(
                event, ticket=progress.ticket, told=progress.told, twins=progress.twins, age=age
            )
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

    def _tell_number(self, post: Post, receives: int, ticket: int, verdict: Verdict) -> Verdict:
        """Tell the author the number; if that fails, the message stays for it, up to its age.

        Whoever is ended between telling and noting it tells twice: better than not at all.
        """
        if self._way_back.of(post) is Way.NONE:
            return verdict
        try:
            reply = self._answers.number(post, ticket)
            self._way_back.tell(post, reply, Deadline(NOTICE_SECONDS))
        except Gone:
            return replace(verdict, told=True)  # there is nobody to tell
        except MattermostError as error:
            if verdict.age > self._filing.patience.max_age:
                return replace(verdict, error=error)
            asked = error.wait if isinstance(error, Unreachable) else 0.0
            wait = max(asked, _pause(error, receives, self._filing.patience))
            return replace(verdict, wait=wait, error=error)
        self._filing.note_told(post.ref)
        return replace(verdict, told=True)

    def _tell_failure(self, message: Message, verdict: Verdict) -> Verdict:
        """Tell the author that there will be no ticket; the reason says whether that worked."""
        post = message.post
        if self._way_back.of(post) is Way.NONE:
            return verdict
        hours = round((self._clock() - message.received_at) / 3600)
        try:
            reply = self._answers.failed(post, hours)
            self._way_back.tell(post, reply, Deadline(NOTICE_SECONDS))
        except MattermostError as error:
            reason = f"{verdict.reason}; the author could not be told ({error.code})"
            return replace(verdict, reason=reason)
        return replace(verdict, reason=f"{verdict.reason}; the author was told")


def _event(error: GlpiError | None, *, saved: bool, in_doubt: bool) -> str:
    """Name what became of a message without a ticket."""
    if not saved:
        unclear = in_doubt or isinstance(error, OutcomeUnknown)
        return "not_confirmed" if unclear else "not_saved"
    return "refused" if setting_at_fault(error) else "queued"


def setting_at_fault(error: ServerError | AwsError | None) -> bool:
    """Say whether an error stays until somebody changes a setting or a right."""
    return isinstance(error, (*SETTING_AT_FAULT, Denied))


def _pause(error: ServerError | AwsError | None, receives: int, patience: Patience) -> float:
    """Return the seconds before the next attempt: doubling, capped, and spread by chance."""
    longest = patience.longest_pause
    if not setting_at_fault(error):
        longest = min(longest, patience.first_delay * 2.0 ** min(receives - 1, 10))
    # Chance spreads the load here; it guards nothing.
    return longest * random.uniform(0.75, 1.0)  # noqa: S311  # nosec B311
