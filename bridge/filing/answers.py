"""What people read: an outcome becomes a sentence. No I/O."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum

from bridge.config.rules import Desk, Rules
from bridge.filing.outlook import FilesOutlook, Outlook
from bridge.filing.threads import ThreadTicket
from bridge.mattermost.notifier import Reach
from bridge.mattermost.outgoing_webhook import answer, mention, neutralise
from bridge.mattermost.submissions import Author, Submission
from bridge.net.errors import CallError, ServerError
from bridge.storage.entries import Kind, Result
from bridge.tickets.content import DELETED, MissingFiles, permalink

_KEYS = {
    Kind.TICKET: ("accepted", "number_follows"),
    Kind.CONTINUATION: ("closed", "closed_follows"),
    Kind.FOLLOWUP: ("followup", "followup_follows"),
    Kind.REOPENING: ("reopened", "reopened_follows"),
}
"""Which of `texts.ANSWERS` says at once, and which later, what a post has become."""

_RESTING = ("resting", "resting_follows")
"""The same of what goes on from a ticket that is not closed, and cannot be opened again."""

Answer = dict[str, str]
"""The JSON that Mattermost gets."""


class Ending(Enum):
    """How trying has ended, by the key of what the author reads."""

    WITHOUT_TICKET = "failed"
    """There is surely no ticket."""

    ON_THE_WAY = "failed_intercepted"
    """Nor is there one, since something on the way refused it each time."""

    UNCLEAR = "failed_unclear"
    """There may be one: GLPI has never answered, and cannot tell."""


@dataclass(frozen=True)
class Outcome:
    """What became of a post while its author waited.

    Attributes:
        event: filed, added, empty, ignored, unknown_desk, duplicate, queued, queued_later,
            refused, intercepted, too_large, not_confirmed or not_saved.
        reply: the JSON that Mattermost gets; empty where silence is right.
        ticket: the number of the ticket, when it is known.
        error: why there is none.
        minor_error: what kept an extra from being done.
        glpi_seconds: how long GLPI was asked, if it was.
    """

    event: str
    reply: Mapping[str, str]
    ticket: int | None = None
    error: CallError | None = None
    minor_error: ServerError | None = None
    glpi_seconds: float | None = None


def _keys(result: Result) -> tuple[str, str]:
    """Return the keys of what is said at once, and later, of what a post has become."""
    if result.kind is Kind.CONTINUATION and result.rests:
        return _RESTING
    return _KEYS[result.kind]


def say(rules: Rules, key: str, **values: str) -> Answer:
    """Return the answer for a key of `texts.ANSWERS`. The values must be neutralised already."""
    return answer(
        rules.answers[key].format(**values),
        in_thread=rules.in_thread,
        username=rules.reply_username,
        icon_url=rules.reply_icon_url,
    )


class Answers:
    """The answers that name a post or a ticket.

    Args:
        rules: bridge.toml.
        mattermost_url: base URL for links to posts, if known.
        ticket_url: tells the address of a ticket's page.

    Attributes:
        rules: as they hold at the desk.
    """

    def __init__(
        self, rules: Rules, mattermost_url: str | None, ticket_url: Callable[[int], str]
    ) -> None:
        self.rules = rules
        self._mattermost_url = mattermost_url
        self._ticket_url = ticket_url

    def say(self, key: str, **values: str) -> Answer:
        """Return the answer for a key of `texts.ANSWERS`; the values must be neutralised."""
        return say(self.rules, key, **values)

    def at(self, desk: Desk) -> "Answers":
        """Return the answers as a desk gives them."""
        return Answers(self.rules.at(desk), self._mattermost_url, self._ticket_url)

    def filed(
        self, submission: Submission, result: Result, trigger: str, outlook: Outlook
    ) -> Answer:
        """Say at once what a post has become.

        Args:
            submission: the message.
            result: what it is in GLPI.
            trigger: the word that it began with.
            outlook: what can be promised.
        """
        at_once, _ = _keys(result)
        reply = self.say(at_once, **self._tickets(result))
        reply["text"] += self._more_of(result)
        is_below = self.rules.in_thread and outlook.reach is Reach.THREAD
        if is_below and result.kind is Kind.TICKET:
            reply["text"] += "\n" + self._text("accepted_bot", trigger=trigger)
        if submission.files and outlook.files is not FilesOutlook.CARRIED:
            reply["text"] += "\n" + self._text(self._of_files(submission, outlook.files))
        return reply

    def _of_files(self, submission: Submission, files: FilesOutlook) -> str:
        """Return the key of what is said of files that nobody carries now."""
        if files is FilesOutlook.WAIT:
            return "accepted_files_wait"
        linked = permalink(submission.place, self._mattermost_url)
        return "accepted_files" if linked else "accepted_files_unlinked"

    def not_filed(self, event: str, submission: Submission, reach: Reach) -> Answer:
        """Say what became of a message without a ticket, and whether its number will be told.

        Args:
            event: as `Outcome` names it.
            submission: the message.
            reach: where the number will surely be told.
        """
        is_apart = reach is Reach.THREAD and not self.rules.in_thread
        where = "reply" if is_apart else reach.value
        follows = self._text(f"follows_{where}", ref=submission.ref)
        return self.say(event, ref=submission.ref, follows=follows)

    def wordless(self, trigger: str, thread: ThreadTicket | None) -> Answer:
        """Ask for the words of a message that has none.

        Args:
            trigger: the word that it consists of.
            thread: what is known of the ticket of its thread, None if there is no telling.
        """
        if thread is None or thread.is_pending:
            return self.say("empty_message", trigger=trigger)
        if thread.ticket is None or not thread.condition.exists:
            return self.say("empty", trigger=trigger)
        key = "empty_resting" if thread.condition.is_resting else "empty_closed"
        if thread.condition.takes_followups:
            key = "empty_reply"
        return self.say(key, trigger=trigger, t=self._link(thread.ticket))

    def later(self, submission: Submission, result: Result) -> str:
        """Tell the author later what a post has become."""
        _, later = _keys(result)
        author = self._author(submission.author)
        return self._text(later, author=author, **self._tickets(result)) + self._more_of(result)

    def files_failed(self, ticket: int, missing: MissingFiles, *, is_linked: bool) -> str:
        """Tell which files did not reach a ticket, and where they are.

        Args:
            ticket: its number.
            missing: the files.
            is_linked: whether the ticket links to their message.
        """
        lines = "\n".join(f"- {file.line(self.rules.ticket, neutralise)}" for file in missing)
        told = self._text("files_failed", t=self._link(ticket), files=lines)
        if any(file.reason == DELETED for file in missing):
            return told
        where = "follows_files" if is_linked else "follows_files_unlinked"
        return f"{told}\n\n{self._text(where)}"

    def failed(self, submission: Submission, hours: int, ending: Ending) -> str:
        """Tell the author later that nothing more will be tried.

        Args:
            submission: the message.
            hours: of trying.
            ending: how it has ended.
        """
        words, url = self.rules.ticket["message"], permalink(submission.place, self._mattermost_url)
        at_once = ending is Ending.WITHOUT_TICKET and not hours
        return self._text(
            "failed_at_once" if at_once else ending.value,
            author=self._author(submission.author),
            message=f"[{words}]({url})" if url else words,
            hours=str(hours),
            ref=submission.ref,
        )

    def _tickets(self, result: Result) -> dict[str, str]:
        """Return the links to the ticket, and to the one that it goes on from."""
        return {"t": self._link(result.ticket), "old": self._link(result.continues)}

    def _more_of(self, result: Result) -> str:
        """Say that two tickets are linked, or that nobody may notice a followup, if that is so."""
        if result.is_linked:
            return " " + self.rules.answers["accepted_linked"]
        still_rests = result.rests and not result.is_new
        return " " + self.rules.answers["accepted_resting"] if still_rests else ""

    def _text(self, key: str, **values: str) -> str:
        return self.rules.answers[key].format(**values)

    def _author(self, author: Author) -> str:
        return mention(author.name) if author.name else self.rules.ticket["author"]

    def _link(self, ticket: int | None) -> str:
        if ticket is None:
            return ""
        number = self.rules.ticket["number"].format(number=ticket)
        return f"[{number}]({self._ticket_url(ticket)})"
