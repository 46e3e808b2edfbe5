"""The domain: a post becomes a ticket while its author waits, and they read what became of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from functools import cache

from bridge.config.rules import Rules
from bridge.filing.answers import Answers, say
from bridge.filing.filing import Became, Filing
from bridge.filing.planning import Plan, Planner, ThreadWaitsError
from bridge.filing.threads import Spot
from bridge.mattermost.api import MattermostError
from bridge.mattermost.notifier import Way, WayBack
from bridge.mattermost.outgoing_webhook import Post, neutralise
from bridge.net.aws import AwsError
from bridge.net.http import Deadline, ServerError
from bridge.storage.ledger import TOLD
from bridge.storage.outbox import Message, Outbox
from bridge.tickets.desks import Routed, find, triggers_for
from glpi import GlpiError, OutcomeUnknown, TooLarge

_WORD_LIMIT = 40  # characters of an unknown trigger that are repeated in the thread

ANSWER_SECONDS = 3.0
"""All in all for answering a reply, whose thread only a bot can write into."""


@dataclass(frozen=True)
class Outcome:
    """What became of a post.

    Attributes:
        event: filed, added, empty, ignored, unknown_desk, duplicate, queued, queued_later,
            refused, too_large, not_confirmed or not_saved.
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


class Safe(Enum):
    """Whether the queue has a message."""

    YES = "yes"
    NO = "no"
    UNCLEAR = "unclear"


@dataclass(frozen=True)
class _Case:
    """A message that asks for something.

    Attributes:
        safe: waits until it is known whether the message is safe.
    """

    post: Post
    routed: Routed
    answers: Answers
    spot: Spot
    safe: Callable[[], Safe]

    @property
    def saved(self) -> bool:
        """Whether the message is safe, for sure."""
        return self.safe() is Safe.YES

    def event(self, error: GlpiError | None) -> str:
        """Name what became of a message without a ticket."""
        if not self.saved:
            unclear = self.safe() is Safe.UNCLEAR or isinstance(error, OutcomeUnknown)
            return "not_confirmed" if unclear else "not_saved"
        if isinstance(error, TooLarge):
            return "too_large"
        return "refused" if error and error.setting_at_fault else "queued"


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
            return self._explain(post, self._unknown_desk(post), deadline)
        if not routed.words and not post.file_ids:
            reply = say(self._rules.at(routed.desk), "empty", trigger=routed.trigger)
            return self._explain(post, Outcome("empty", reply), deadline)
        return self._file(post, routed, deadline)

    def _explain(self, post: Post, outcome: Outcome, deadline: Deadline) -> Outcome:
        """Say why nothing was filed, where the author will see it."""
        if not outcome.reply:
            return outcome
        return self._answer(post, self._planner.spot(post, deadline, hurried=True), outcome)

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
        """Make the message safe while things are looked up, then try once; say what is true."""
        safe = self._save(post)
        try:
            spot = self._planner.spot(post, deadline, hurried=True)
            case = _Case(post, routed, self._answers.at(routed.desk), spot, safe)
            return self._answer(post, spot, self._try(case, deadline))
        finally:
            safe()  # Lambda freezes what is under way when the person is answered

    def _try(self, case: _Case, deadline: Deadline) -> Outcome:
        """Find out what should become of a message, unless GLPI is down, and try that."""
        down = self._filing.why_down() if self._filing.may_be_down and case.saved else None
        if down:
            return self._waits(case, case.event(down), down)
        started = self._clock()
        try:
            plan = self._planner.plan(
                case.post, case.routed, case.spot, deadline, lambda _: case.saved
            )
        except GlpiError as error:
            self._filing.learn(error)
            return self._waits(case, case.event(error), error)
        except (AwsError, MattermostError) as error:
            return self._waits(case, "queued_later", error)
        except ThreadWaitsError:
            return self._waits(case, "queued_later", None)
        outcome = self._attempt(case, plan, deadline)
        return replace(outcome, glpi_seconds=self._clock() - started)

    def _attempt(self, case: _Case, plan: Plan, deadline: Deadline) -> Outcome:
        """Try once, if nobody has tried yet; GLPI is asked after the queue has answered."""
        done = plan.done if self._is_reply(case.spot) else plan.done | {TOLD}
        try:
            claim = self._filing.claim(case.post.ref, plan.wish, done)
        except AwsError as error:
            event = "queued_later" if case.saved else case.event(None)
            return self._not_filed(case, event, error)
        case.safe()
        if claim is None:
            return Outcome("duplicate", {})  # another hook's request is answered already
        progress = self._filing.first_attempt(case.post.ref, claim, plan.wish, deadline, done)
        if progress.became is None:
            if case.safe() is Safe.NO:
                self._filing.note_buried(case.post.ref)  # or replies would wait for its ticket
            return self._not_filed(case, case.event(progress.error), progress.error)
        return self._filed(case, plan, progress.became)

    def _waits(self, case: _Case, event: str, error: ServerError | AwsError | None) -> Outcome:
        """Say that nothing was tried; whoever replies to the message has to wait with it."""
        if case.saved and not self._filing.expect(case.post.ref, error.code if error else ""):
            return Outcome("duplicate", {})
        return self._not_filed(case, event, error)

    def _not_filed(self, case: _Case, event: str, error: ServerError | AwsError | None) -> Outcome:
        way_back = self._way_back.of(case.post).value
        return Outcome(event, case.answers.not_filed(event, case.post, way_back), error=error)

    def _save(self, post: Post) -> Callable[[], Safe]:
        """Start to put a message into the queue; returns what waits until it is safe there."""
        taken = self._outbox.send(Message(post, self._clock()), self._filing.patience.first_delay)

        @cache
        def safe() -> Safe:
            try:
                taken()
            except AwsError as error:
                return Safe.NO if error.refused else Safe.UNCLEAR
            return Safe.YES

        return safe

    def _filed(self, case: _Case, plan: Plan, became: Became) -> Outcome:
        """Say what the post has become, and keep the thread to its ticket."""
        if became.root:
            self._filing.take_thread(became.root, became.ticket)  # the worker makes sure of it
        by_bot = self._way_back.of(case.post) is Way.THREAD
        reply = case.answers.filed(case.post, became, case.routed.trigger, by_bot=by_bot)
        event = "filed" if became.new else "added"
        return Outcome(event, reply, ticket=became.ticket, aside=plan.trouble)

    def _is_reply(self, spot: Spot) -> bool:
        """Say whether the answer would be dropped: Mattermost's comments hang on roots only."""
        return bool(spot.root) and self._rules.in_thread

    def _answer(self, post: Post, spot: Spot, outcome: Outcome) -> Outcome:
        """Answer a reply as the bot; if that fails, the worker tells what there is to tell."""
        if not self._is_reply(spot) or not outcome.reply:
            return outcome
        deadline = Deadline(ANSWER_SECONDS)
        try:
            self._way_back.tell(post, outcome.reply, deadline, spot.place)
        except MattermostError as error:
            return replace(outcome, reply={}, aside=error)
        if outcome.ticket:
            self._filing.note_done(post.ref, TOLD)
        return replace(outcome, reply={})
