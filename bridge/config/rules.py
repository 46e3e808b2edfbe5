"""bridge.toml: the trigger words, where their messages go, and what people read.

Every mistake is a sentence that names the key, its value and what is allowed.
"""

import difflib
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import overload

from bridge.config.settings import SettingsError
from bridge.words import texts

TEMPLATE_NAMES = frozenset(
    {"user_name", "first_line", "channel_name", "team_domain", "trigger", "permalink"}
)
LANGUAGES = ("ru", "en")
LONGEST_NAME = 64
INCIDENT = 1
REQUEST = 2


@dataclass(frozen=True)
class Desk:
    """A set of trigger words and what a ticket of it gets.

    Attributes:
        triggers: the words, as Mattermost's outgoing webhook has them.
        starts: whether the first word may go on after the trigger (`112printer`).
        type: GLPI's ticket type, INCIDENT or REQUEST.
        source: id of the request source; the others are GLPI's ids or scales likewise.
        channels: names or ids of the only channels it serves; all when empty.
        teams: URL names of the only teams it serves; all when empty.
        webhooks: names of the only webhook tokens it serves; all when empty.
        language: of its answers and tickets, if it is another than the others'.
        title: template of its tickets' titles, likewise.
        name: what links between threads and tickets, and rules, call it by; its first trigger
            unless it has one of its own. Desks that share their first trigger share that.
    """

    triggers: tuple[str, ...]
    starts: bool = False
    type: int = INCIDENT
    source: int | None = None
    category: int | None = None
    entity: int | None = None
    urgency: int | None = None
    impact: int | None = None
    group: int | None = None
    channels: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    webhooks: tuple[str, ...] = ()
    language: str | None = None
    title: str | None = None
    name: str = ""

    def __post_init__(self) -> None:
        """Call it by its first trigger unless it has a name."""
        object.__setattr__(self, "name", self.name or self.triggers[0])


@dataclass(frozen=True)
class Rules:
    """bridge.toml: how people speak and where their words go.

    Attributes:
        language: "ru" or "en".
        answers: every answer by its key, in the chosen language, overrides applied.
        ticket: every sentence of the ticket by its key, in the chosen language.
        title: template of the ticket's title.
        footer: template of the line under the message.
        in_thread: whether answers go into the thread or into the channel.
        bot_joins: whether the bot joins public channels by itself where people write to the bridge.
        incoming_webhook_team: the URL name of the team that the incoming webhook is of, "" where
            bridge.toml does not say.
        ignore_users: accounts whose posts are dropped, such as our own bot.
        max_files: of a message that are carried into its ticket.
        max_file_mb: megabytes of a file at most; GLPI has a limit of its own.
        requesters: for names in Mattermost, a user's id in GLPI or an e-mail address.
        requester_by_login: whether a name in Mattermost is a login in GLPI.
    """

    language: str
    answers: Mapping[str, str]
    ticket: Mapping[str, str]
    title: str
    footer: str
    in_thread: bool
    bot_joins: bool
    incoming_webhook_team: str
    reply_username: str | None
    reply_icon_url: str | None
    ignore_users: frozenset[str]
    max_files: int
    max_file_mb: int
    requesters: Mapping[str, int | str]
    requester_by_login: bool
    desks: tuple[Desk, ...]

    def at(self, desk: Desk) -> "Rules":
        """Return the rules as they hold at a desk, which may speak another language."""
        if desk.language is None or desk.language == self.language:
            return replace(self, title=desk.title or self.title)
        ticket = texts.TICKET[desk.language]
        return replace(
            self,
            language=desk.language,
            answers=texts.ANSWERS[desk.language],
            ticket=ticket,
            title=desk.title or ticket["title"],
        )


def read_rules(path: Path) -> Rules:
    """Read bridge.toml.

    Args:
        path: where it is.

    Raises:
        SettingsError: names the key, the value and what is allowed.
    """
    try:
        parsed = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise SettingsError(path.name, f"cannot be read ({error.strerror})") from None
    except ValueError as error:  # not TOML, or not UTF-8
        raise SettingsError(path.name, f"is not valid TOML: {error}") from None
    table = _Table(path.name, parsed)
    language = table.choice("language", LANGUAGES, LANGUAGES[0])
    tables = table.tables("desk")
    desks = tuple(map(_desk, tables))
    _tell_apart(tables, desks)
    rules = Rules(
        language=language,
        answers={**texts.ANSWERS[language], **_overrides(table.table("texts"), desks)},
        ticket=texts.TICKET[language],
        title=table.template("title", texts.TICKET[language]["title"], TEMPLATE_NAMES),
        footer=table.template("footer", texts.FOOTER, TEMPLATE_NAMES),
        in_thread=table.choice("reply", ("thread", "channel"), "thread") == "thread",
        bot_joins=table.flag("bot_joins", default=True),
        incoming_webhook_team=table.text("incoming_webhook_team", "").lower(),
        reply_username=table.text("reply_username", "") or None,
        reply_icon_url=table.url("reply_icon_url"),
        ignore_users=frozenset(n.removeprefix("@").lower() for n in table.texts("ignore_users")),
        max_files=table.number("max_files", 0, 50, 10),
        max_file_mb=table.number("max_file_mb", 1, 250, 50),
        requesters=_requesters(table.table("requesters")),
        requester_by_login=table.flag("requester_by_login"),
        desks=desks,
    )
    table.finish()
    if not desks:
        raise SettingsError(f"{path.name}, [[desk]]", 'is missing; one needs triggers = ["112"]')
    return rules


def _desk(table: "_Table") -> Desk:
    triggers = table.texts("triggers")
    for trigger in triggers:
        if trigger.split() != [trigger] or "`" in trigger:
            raise table.wrong("triggers", trigger, "one word without blanks or backticks each")
    if not triggers:
        raise table.wrong("triggers", [], 'a list of words, such as ["112"]')
    desk = Desk(
        triggers=triggers,
        starts=table.choice("match", ("equals", "starts"), "equals") == "starts",
        type={"incident": INCIDENT, "request": REQUEST}[
            table.choice("type", ("incident", "request"), "incident")
        ],
        source=table.number("source", 1, None),
        category=table.number("category", 1, None),
        entity=table.number("entity", 0, None),
        urgency=table.number("urgency", 1, 5),
        impact=table.number("impact", 1, 5),
        group=table.number("group", 1, None),
        channels=tuple(name.removeprefix("~") for name in table.texts("channels")),
        teams=table.texts("teams"),
        webhooks=table.texts("webhooks"),
        language=table.choice("language", LANGUAGES, None),
        title=table.template("title", "", TEMPLATE_NAMES) or None,
        name=_name(table),
    )
    table.finish()
    return desk


def _name(table: "_Table") -> str:
    """Read a desk's own name, which is kept as it is; "" for none."""
    value = table.value("name")
    if value is None:
        return ""
    if not isinstance(value, str) or not 1 <= len(value) <= LONGEST_NAME or _looks_odd(value):
        wanted = f"text of 1 to {LONGEST_NAME} characters, without blanks at its ends, line breaks"
        raise table.wrong("name", value, f"{wanted} and invisible characters")
    return value


def _looks_odd(name: str) -> bool:
    """Say whether a name has blanks at its ends, or what nobody sees: Unicode's categories."""
    control, format_, line, paragraph = "Cc", "Cf", "Zl", "Zp"
    categories = {unicodedata.category(character) for character in name}
    return name != name.strip() or bool(categories & {control, format_, line, paragraph})


def _tell_apart(tables: Sequence["_Table"], desks: Sequence[Desk]) -> None:
    """Refuse a given name that another desk has; by default, desks may share their trigger."""
    given = {number for number, table in enumerate(tables) if table.has("name")}
    for number in sorted(given):
        name = desks[number].name
        for other, desk in enumerate(desks):
            is_settled = other in given and other >= number  # its own, or refused at its turn
            if desk.name.casefold() == name.casefold() and not is_settled:
                why = "" if other in given else ", by its first trigger"
                taken = f"[[desk]] {other + 1} is called {desk.name!r}{why}"
                raise tables[number].wrong("name", name, f"a name that no other desk has: {taken}")


def _requesters(table: "_Table") -> dict[str, int | str]:
    """Read `[requesters]`: who is who, where addresses do not tell."""
    wanted = "a user's id in GLPI, or an e-mail address in quotes"
    found = {name.removeprefix("@").casefold(): table.value(name) for name in table.names}
    for name, value in found.items():
        usable = (isinstance(value, int) and value > 0) or (isinstance(value, str) and "@" in value)
        if not usable or isinstance(value, bool):
            raise table.wrong(name, value, wanted)
    return {name: value for name, value in found.items() if isinstance(value, int | str)}


def _overrides(table: "_Table", desks: Sequence[Desk]) -> dict[str, str]:
    """Read `[texts]`; an answer that begins with a trigger word could set off the next ticket."""
    triggers = {trigger.casefold() for desk in desks for trigger in desk.triggers}
    overrides = {}
    for key, default in texts.ANSWERS["en"].items():
        text = table.template(key, default, texts.placeholders(default))
        if not text or text.split()[0].casefold() in triggers:
            raise table.wrong(key, text, "a sentence that does not begin with a trigger word")
        if table.has(key):
            overrides[key] = text
    table.finish()
    return overrides


class _Table:
    """A TOML table that hands out its values checked, and knows which nobody asked for."""

    def __init__(self, where: str, values: Mapping[str, object]) -> None:
        self._where = where
        self._values = values
        self._asked: set[str] = set()

    def wrong(self, key: str, value: object, wanted: str) -> SettingsError:
        return SettingsError(f"{self._where}, {key}", f"is {value!r}; use {wanted}")

    def _get(self, key: str, default: object) -> object:
        self._asked.add(key)
        return self._values.get(key, default)

    @property
    def names(self) -> Sequence[str]:
        return list(self._values)

    def value(self, key: str) -> object:
        return self._get(key, None)

    def flag(self, key: str, *, default: bool = False) -> bool:
        value = self._get(key, default)
        if not isinstance(value, bool):
            raise self.wrong(key, value, "true or false")
        return value

    def has(self, key: str) -> bool:
        return key in self._values

    def url(self, key: str) -> str | None:
        value = self.text(key, "")
        if value and not value.startswith(("https://", "http://")):
            raise self.wrong(key, value, "a web address, such as https://example.com/icon.png")
        return value or None

    def text(self, key: str, default: str) -> str:
        value = self._get(key, default)
        if not isinstance(value, str):
            raise self.wrong(key, value, "text in quotes")
        return value.strip()

    @overload
    def choice(self, key: str, options: Sequence[str], default: str) -> str: ...

    @overload
    def choice(self, key: str, options: Sequence[str], default: None) -> str | None: ...

    def choice(self, key: str, options: Sequence[str], default: str | None) -> str | None:
        value = self._get(key, default)
        if value is None:
            return None
        if not isinstance(value, str) or value not in options:
            raise self.wrong(key, value, " or ".join(f'"{option}"' for option in options))
        return value

    @overload
    def number(self, key: str, lowest: int, highest: int | None) -> int | None: ...

    @overload
    def number(self, key: str, lowest: int, highest: int | None, default: int) -> int: ...

    def number(
        self, key: str, lowest: int, highest: int | None, default: int | None = None
    ) -> int | None:
        value = self._get(key, default)
        if value is None:
            return None
        wanted = f"a whole number from {lowest}" + (f" to {highest}" if highest else "")
        if not isinstance(value, int) or isinstance(value, bool):
            raise self.wrong(key, value, wanted)
        if value < lowest or (highest is not None and value > highest):
            raise self.wrong(key, value, wanted)
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        value = self._get(key, [])
        if not isinstance(value, list) or not all(isinstance(v, str) and v for v in value):
            raise self.wrong(key, value, 'a list of texts, such as ["one", "two"]')
        return tuple(value)

    def template(self, key: str, default: str, names: set[str] | frozenset[str]) -> str:
        value = self.text(key, default)
        try:
            unknown = texts.placeholders(value) - names
        except ValueError:
            unknown = {value}
        if unknown:
            allowed = ", ".join(f"{{{name}}}" for name in sorted(names)) or "none"
            raise self.wrong(key, value, f"only these placeholders: {allowed} ({{{{ is a brace)")
        return value

    def table(self, key: str) -> "_Table":
        value = self._get(key, {})
        if not isinstance(value, dict):
            raise self.wrong(key, value, f"a table: [{key}]")
        return _Table(f"{self._where}, [{key}]", value)

    def tables(self, key: str) -> list["_Table"]:
        value = self._get(key, [])
        if not isinstance(value, list) or not all(isinstance(v, dict) for v in value):
            raise self.wrong(key, value, f"tables: [[{key}]]")
        return [
            _Table(f"{self._where}, [[{key}]] {number}", v)
            for number, v in enumerate(value, start=1)
        ]

    def finish(self) -> None:
        """Refuse keys that nobody asked for: a misspelt key must not be silently without effect.

        Raises:
            SettingsError: names the first and the key that was probably meant.
        """
        for key in self._values.keys() - self._asked:
            near = difflib.get_close_matches(key, self._asked, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known are {sorted(self._asked)}"
            raise SettingsError(f"{self._where}, {key}", f"is not a setting; {hint}")
