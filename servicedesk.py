"""The domain: a post becomes a ticket while its author waits, and they read what became of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from answers import Answers, say
from aws import AwsError
from desks import Routed, find, triggers_for
from filing import Filing, Progress
from glpi import GlpiError, OutcomeUnknown
from ledger import TOLD
from mattermost import Post, neutralise
from mattermost_api import MattermostError
from outbox import Message, Outbox
from planning import Plan, Planner, ThreadWaitsError
from rules import Rules
from transport import Deadline, ServerError
from way_back import Way, WayBack
from worker import setting_at_fault

_WORD_LIMIT = 40  # characters of an unknown trigger that are repeated in the thread

ANSWER_SECONDS = 3.0
"""All in all for answering a reply, whose thread only a bot can write into."""


@dataclass(frozen=True)
class Outcome:
    """What became of a post.

    Attributes:
        event: filed, added, empty, ignored, unknown_desk, duplicate, queued, queued_later,
            refused, not_confirmed or not_saved.
        reply: the JSON that Mattermost gets; empty where silence is right.
        ticket: the number of the ticket, when it is known.
        error: why there is none.
        aside: what kept an extra from being done.
        glpi_seconds: how long GLPI was asked, if it was.
    """

    event: str
    reply: Mapping[str, str]
    ticket: int | None = None
    error: ServerError | AwsError | None = None
    aside: ServerError | None = None
    glpi_seconds: float | None = None


class ServiceDesk:
    """Files tickets for posts.

    Args:
        rules: bridge.toml.
        answers: what people read.
        planner: knows what should become of a post.
        filing: brings posts into GLPI.
        outbox: where messages are safe.
        way_back: tells authors something later.
        clock: seconds since the epoch.
    """

    def __init__(
        self,
        rules: Rules,
        answers: Answers,
        planner: Planner,
        filing: Filing,
        outbox: Outbox,
        way_back: WayBack,
        clock: Callable[[], float],
    ) -> None:
        self._rules = rules
        self._answers = answers
        self._planner = planner
        self._filing = filing
        self._outbox = outbox
        self._way_back = way_back
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
            rules = self._rules.at(routed.desk)
            return Outcome("empty", say(rules, "empty", trigger=routed.trigger))
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
        answers = self._answers.at(routed.desk)

        def not_filed(event: str, error: ServerError | AwsError | None) -> Outcome:
            reply = answers.not_filed(event, post, self._way_back.of(post).value)
            return Outcome(event, reply, error=error)

        down = self._filing.why_down() if saved else None
        if down:
            return not_filed(_event(down, saved=True, in_doubt=False), down)
        started = self._clock()
        try:
            plan = self._planner.plan(post, routed, deadline, 0.0 if saved else None)
        except GlpiError as error:
            self._filing.learn(error)
            return not_filed(_event(error, saved=saved, in_doubt=in_doubt), error)
        except (AwsError, MattermostError) as error:
            return not_filed("queued_later", error)
        except ThreadWaitsError:
            return not_filed("queued_later", None)
        done = plan.done if self._is_reply(plan) else plan.done | {TOLD}
        try:
            progress = self._filing.first_attempt(post.ref, plan.wish, deadline, done)
        except AwsError as error:
            event = "queued_later" if saved else "not_confirmed" if in_doubt else "not_saved"
            return self._answer(post, plan, not_filed(event, error))
        if progress is None:
            return Outcome("duplicate", {})  # another hook's request is answered already
        if progress.ticket is None:
            outcome = not_filed(
                _event(progress.error, saved=saved, in_doubt=in_doubt), progress.error
            )
        else:
            outcome = self._filed(post, routed, plan, progress, answers)
        timed = replace(outcome, glpi_seconds=self._clock() - started)
        return self._answer(post, plan, timed)

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

    def _filed(
        self, post: Post, routed: Routed, plan: Plan, progress: Progress, answers: Answers
    ) -> Outcome:
        """Say what the post has become, and keep the thread to its ticket."""
        wish, ticket = plan.wish, progress.ticket or 0
        new = wish.how in ("accepted", "closed")
        if plan.home.root and new:
            self._filing.take_thread(plan.home.root, ticket)
        by_bot = self._way_back.of(post) is Way.THREAD
        reply = answers.filed(post, ticket, wish, routed.trigger, by_bot=by_bot)
        event = "filed" if new else "added"
        return Outcome(event, reply, ticket=ticket, aside=plan.home.trouble)

    def _is_reply(self, plan: Plan) -> bool:
        """Say whether the answer would be dropped: Mattermost's comments hang on roots only."""
        return plan.home.root is not None and self._rules.in_thread

    def _answer(self, post: Post, plan: Plan, outcome: Outcome) -> Outcome:
        """Answer a reply as the bot; if that fails, the worker tells what there is to tell."""
        if not self._is_reply(plan) or not outcome.reply:
            return outcome
        try:
            self._way_back.tell(post, outcome.reply, Deadline(ANSWER_SECONDS), plan.home.place)
        except MattermostError as error:
            return replace(outcome, reply={}, aside=error)
        if outcome.ticket:
            self._filing.note_done(post.ref, TOLD)
        return replace(outcome, reply={})


def _event(error: GlpiError | None, *, saved: bool, in_doubt: bool) -> str:
    """Name what became of a message without a ticket."""
    if not saved:
        unclear = in_doubt or isinstance(error, OutcomeUnknown)
        return "not_confirmed" if unclear else "not_saved"
    return "refused" if setting_at_fault(error) else "queued"
