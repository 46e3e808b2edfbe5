"""Which desk a post goes to, by its first word and where it was written. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from bridge.config.rules import Desk
from bridge.mattermost.submissions import Submission
from bridge.words.visible import is_blank

_GAP = re.compile(r"\A(?:[^\S\n]*\n)+|\A[^\S\n]+")
_PUNCTUATION = ":;,!?…–—：；，！？。、،؛؟"
_MARKS = frozenset(_PUNCTUATION)
_APART = re.compile(rf"\A(?![^\S\n]+[–—-]+\s+\d)[^\S\n]*[{_PUNCTUATION}.-]+(?=\s|\Z)")
"""`112: fire`, `112... fire`, `112 - fire`; but in `112 - 5 °C` the dash may be a minus."""

_SAYS = re.compile(
    r"://"
    r"|[:;]['’`]?-?[()\[\]@/|$dposx\\*](?=\s|\Z)"  # :) as Mattermost's web client 5.37 draws it
    r"|:(?P<emoji>[a-z0-9_+-]+):",
    re.IGNORECASE,
)
"""What begins with punctuation, and is none."""


@dataclass(frozen=True)
class Said:
    """What a message says, without what parts it from its trigger.

    Attributes:
        words: as they were typed, "" if nothing of them is seen.
        mid_line: whether they begin in the trigger's line, which is a plain one for Mattermost,
            whatever sign it goes on with: `112 # 42`, `112 > 50`.
    """

    words: str
    mid_line: bool


@dataclass(frozen=True)
class Routed:
    """A post at its desk: its words without the trigger, otherwise as they were typed.

    Attributes:
        desk: that it comes to.
        trigger: as it was typed.
        words: what follows.
        gap: the blanks and line breaks between the two.
    """

    desk: Desk
    trigger: str
    words: str
    gap: str = field(default="\n", compare=False)

    @property
    def said(self) -> Said:
        """What the message says; punctuation after a word that may go on says nothing."""
        gap, words = self.gap, self.words
        if self.desk.starts and "\n" not in gap:
            gap, words = _parted(_unpunctuated(gap + words))
        words = "" if is_blank(words) else words
        return Said(words, bool(words) and "\n" not in gap)


@dataclass(frozen=True)
class Match:
    """A trigger that a post's first word is, or begins with.

    Attributes:
        desk: whose trigger it is.
        trigger: as bridge.toml has it.
        length: characters that it takes of the text.
        is_exact: whether it is written in the same case.
    """

    desk: Desk
    trigger: str
    length: int
    is_exact: bool


def find(desks: Sequence[Desk], submission: Submission) -> Routed | None:
    """Choose the desk by the post's first word, and cut the trigger off.

    An exact match goes before one that ignores case, then the longest trigger wins. Mattermost's
    own `trigger_word` is not asked: with two hooks on one post it names the last one (5.37).

    Returns:
        None when no desk of this channel has such a trigger.
    """
    text = submission.words.lstrip()
    found = [match for desk in desks if serves(desk, submission) for match in matches(desk, text)]
    if not found:
        return None
    best = max(found, key=rank)
    gap, words = _parted(text[best.length :].rstrip())
    return Routed(best.desk, text[: best.length], words, gap)


def rank(match: Match) -> tuple[bool, int]:
    """Return what makes one match win over another; of equals the first wins."""
    return match.is_exact, match.length


def matches(desk: Desk, words: str) -> list[Match]:
    """Return which of a desk's triggers somebody's words begin with, wherever they were written."""
    text = words.lstrip()
    first_word = (text.split(maxsplit=1) or [""])[0]
    return [
        Match(desk, trigger, length, trigger == text[:length])
        for trigger in desk.triggers
        if (length := _match(trigger, first_word, starts=desk.starts))
    ]


def serves(desk: Desk, submission: Submission) -> bool:
    """Say whether posts of this channel, team and webhook come to the desk."""
    place = submission.place
    return (
        (not desk.channels or bool({place.channel_name, place.channel_id} & {*desk.channels}))
        and (not desk.teams or place.team in desk.teams)
        and (not desk.webhooks or submission.source in desk.webhooks)
    )


def _match(trigger: str, word: str, *, starts: bool) -> int:
    """Return how many characters of the word the trigger takes, 0 for no match.

    Case folding can lengthen a text (`ß`), never shorten it, so the end is searched up to there.
    """
    folded = trigger.casefold()
    ends = range(1, min(len(word), len(folded)) + 1) if starts else [len(word)]
    return next((end for end in ends if word[:end].casefold() == folded), 0)


def _parted(rest: str) -> tuple[str, str]:
    """Part the empty lines, else blanks, from the message behind them. Indentation stays."""
    gap = _GAP.match(rest)
    return (gap[0], rest[gap.end() :]) if gap else ("", rest)


def _unpunctuated(rest: str) -> str:
    """Leave out what parts a trigger from its message; `112.5` and `112-5` say something."""
    if apart := _APART.match(rest):
        return rest[apart.end() :]
    end = 0
    while rest[end : end + 1] in _MARKS and not _says_something(rest, end):
        end += 1
    return rest[end:]


def _says_something(text: str, start: int) -> bool:
    found = _SAYS.match(text, start)
    if found and found["emoji"]:
        from bridge.words.emojis import character  # a big table that most messages do without

        return bool(character(found["emoji"].lower()))
    return bool(found)


def triggers_for(desks: Sequence[Desk], submission: Submission) -> list[str]:
    """Return the triggers that work where the post was written, each once, in their order."""
    words = [trigger for desk in desks if serves(desk, submission) for trigger in desk.triggers]
    return list(dict.fromkeys(words))
