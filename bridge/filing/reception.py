"""Which desk a message comes to, and how it is answered there."""

from bridge.config.rules import Rules
from bridge.filing.answers import Answers, Outcome
from bridge.mattermost.outgoing_webhook import neutralise
from bridge.mattermost.submissions import Submission
from bridge.tickets.desks import Routed, find, triggers_for

_WORD_LIMIT = 40  # characters of an unknown trigger that are repeated in the thread


class Reception:
    """Receives messages.

    Args:
        rules: bridge.toml.
        answers: what people read.
    """

    def __init__(self, rules: Rules, answers: Answers) -> None:
        self._rules = rules
        self._answers = answers

    def ignores(self, submission: Submission) -> bool:
        """Say whether nothing is to be done about what its author writes."""
        return submission.author.name in self._rules.ignore_users

    def desk_of(self, submission: Submission) -> tuple[Routed | None, Answers]:
        """Return the desk that a post comes to, None for none, and the answers as given there."""
        routed = find(self._rules.desks, submission)
        return routed, self._answers.at(routed.desk) if routed else self._answers

    def unknown_desk(self, submission: Submission) -> Outcome:
        """Name the desks, unless the hook has no trigger words and so sends everything."""
        if not submission.trigger_word:
            return Outcome("ignored", {})
        first = (submission.words.split(maxsplit=1) or [submission.trigger_word])[0]
        word = neutralise(first[:_WORD_LIMIT])
        triggers = triggers_for(self._rules.desks, submission)
        if not triggers:
            return Outcome("unknown_desk", self._answers.say("no_desk_here", word=word))
        names = ", ".join(f"`{trigger}`" for trigger in triggers)
        reply = self._answers.say("unknown_desk", word=word, triggers=names)
        return Outcome("unknown_desk", reply)
