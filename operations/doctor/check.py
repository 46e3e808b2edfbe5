"""What a check is, what it can find out, and how all of them are made within one deadline.

A check asks one thing, changes nothing, and returns Ok, Wrong or Skipped. What can be wrong is
declared as a `Fault`, so that `docs/doctor.md` can be written from the checks themselves.
"""

import contextlib
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

from bridge.mattermost.api import MattermostError
from bridge.net.aws import AwsError
from bridge.net.deadline import Deadline
from bridge.net.errors import ServerError
from glpi import GlpiError
from operations.aws import sentence
from operations.errors import CannotAsk

S = TypeVar("S")


@dataclass(frozen=True)
class Fault:
    """Something that can be wrong: two sentences, in which braces stand for what was found.

    Attributes:
        cause: one sentence.
        remedy: what to do about it.
        by_deployment: whether a new version, or the parameters it is deployed with, can cause it;
            GLPI, Mattermost, the secret and whoever is told of alarms have other reasons.
    """

    cause: str
    remedy: str
    by_deployment: bool = False

    def found(self, **values: object) -> "Wrong":
        """Return the fault as the result of a check, with these values for its braces."""
        shown = {name: str(value) for name, value in values.items()}
        return Wrong(self.cause.format(**shown), self.remedy.format(**shown), fault=self)


@dataclass(frozen=True)
class Ok:
    """All is well; the detail is what was seen."""

    detail: str = ""


@dataclass(frozen=True)
class Wrong:
    """Something is wrong.

    Attributes:
        cause: one sentence.
        remedy: what to do about it.
        code: of the error that told it, if one did.
        also: what else the same check found.
        fault: what it is an instance of, None for an error with a remedy of its own.
    """

    cause: str
    remedy: str
    code: str = ""
    also: tuple["Wrong", ...] = ()
    fault: Fault | None = field(default=None, compare=False)

    @property
    def all(self) -> tuple["Wrong", ...]:
        """Everything that was found, this first."""
        return (self, *self.also)


@dataclass(frozen=True)
class Skipped:
    """Does not apply, or could not be asked."""

    reason: str


Result = Ok | Wrong | Skipped


@dataclass(frozen=True)
class Check(Generic[S]):
    """One thing to find out.

    Attributes:
        id: stable, for programs.
        title: for people; at most 22 characters, so that it fits its column.
        ask: finds it out; may raise GlpiError, MattermostError, AwsError or CannotAsk.
        needs: ids of the checks that have to be Ok before this one makes sense.
        faults: what it can find wrong.
        codes: the errors of GLPI or Mattermost whose own remedies it passes on.
    """

    id: str
    title: str
    ask: Callable[[S], Result]
    needs: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()
    codes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Group(Generic[S]):
    """The checks of a subject, in the order in which they depend on each other.

    Attributes:
        title: for people.
        subject: is asked.
        checks: ask it.
        close: is called at the end.
    """

    title: str
    subject: S
    checks: Sequence[Check[S]]
    close: Callable[[], None] = lambda: None


@dataclass(frozen=True)
class Line:
    """A check and its result."""

    group: str
    id: str
    title: str
    result: Result


MAY_NOT = frozenset({"AuthorizationError", "AuthorizationErrorException", "UnauthorizedOperation"})
"""What services call it, beside AccessDenied and AccessDeniedException."""

NO_TIME = "the time for all checks is over"
TOO_SLOW = Fault(
    "There was no answer before the time for all checks was over.",
    "Look whether that server is overloaded, and at the network between it and this machine.",
)
UNFORESEEN = Fault(
    "The check itself failed ({what}).", "Report this line, with the versions of all parts."
)


def together(*found: Wrong | None) -> Wrong | None:
    """Return several findings as one, None when there are none."""
    real = [wrong for wrong in found if wrong]
    if not real:
        return None
    first = real[0]
    return Wrong(first.cause, first.remedy, first.code, tuple(real[1:]), first.fault)


def of_error(error: ServerError) -> Wrong:
    """Return what an error of GLPI's or Mattermost's says itself: "cause: remedy"."""
    found = split(error.remedy, error.code)
    if not re.search(r"http-\d", error.code):
        return found
    return replace(found, cause=f"{found.cause.rstrip('.')} (HTTP {error.status}).")


def of_aws(error: AwsError, what: str) -> Wrong | Skipped:
    """Return what it means that AWS does not tell; who may not ask has found nothing wrong."""
    if error.code in MAY_NOT or error.code.startswith("AccessDenied"):
        return Skipped(f"these credentials may not ask AWS for it ({error.code})")
    return split(sentence(error, what), error.code)


def split(sentence_: str, code: str = "") -> Wrong:
    """Part a sentence into cause and remedy at its first colon."""
    cause, colon, remedy = sentence_.partition(": ")
    if not colon:
        return Wrong(f"It was refused ({code}).", sentence_, code)
    return Wrong(f"{cause}.", remedy[:1].upper() + remedy[1:].rstrip(".") + ".", code)


def run(
    groups: Sequence[Group[object]], deadline: Deadline, known: Mapping[str, Line]
) -> dict[str, Line]:
    """Make all checks, each group on a thread of its own, and return their lines by id.

    Args:
        groups: independent of each other.
        deadline: when it passes, what is not known yet is given up.
        known: lines of checks that were made before.
    """
    lines = dict(known)
    lock = threading.Lock()

    def work(group: Group[object]) -> None:
        try:
            for line in _lines(group, lines):
                with lock:
                    lines[line.id] = line
        finally:
            group.close()

    threads = [threading.Thread(target=work, args=(group,), daemon=True) for group in groups]
    for thread in threads:
        thread.start()
    for thread in threads:
        with contextlib.suppress(TimeoutError):
            thread.join(deadline.remaining())
    with lock:
        made = dict(lines)
    for group in groups:
        late = [check for check in group.checks if check.id not in made]
        for number, check in enumerate(late):
            result = Skipped(NO_TIME) if number else TOO_SLOW.found()
            made[check.id] = Line(group.title, check.id, check.title, result)
    return made


def _lines(group: Group[object], known: Mapping[str, Line]) -> Iterator[Line]:
    for check in group.checks:
        result = _blocked(check, known) or _asked(check, group.subject)
        yield Line(group.title, check.id, check.title, result)


def _blocked(check: Check[object], known: Mapping[str, Line]) -> Skipped | None:
    """Say why a check makes no sense, if it does not: the first cause, not the latest."""
    for name in check.needs:
        line = known.get(name)
        if line is None:
            return Skipped(NO_TIME)
        if isinstance(line.result, Skipped):
            return line.result
        if isinstance(line.result, Wrong):
            return Skipped(f"first mend “{line.title}”")
    return None


def _asked(check: Check[object], subject: object) -> Result:
    try:
        return check.ask(subject)
    except (GlpiError, MattermostError) as error:
        return of_error(error)
    except AwsError as error:
        return of_aws(error, f"what “{check.title}” looks at")
    except CannotAsk as error:
        return split(str(error))
    except TimeoutError:
        return TOO_SLOW.found()
    except Exception as error:  # noqa: BLE001 - one check must not keep the others from being made
        return UNFORESEEN.found(what=type(error).__name__)
