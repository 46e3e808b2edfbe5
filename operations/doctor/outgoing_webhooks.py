"""Checks of Mattermost's outgoing webhooks, which only an administrator's token can list.

`GET /api/v4/hooks/outgoing` (server source api4/webhook.go): without a team it lists all hooks, for
those who may manage others' hooks. Fields: model/outgoing_webhook.go.
"""

from collections.abc import Iterable, Mapping, Sequence

from bridge.config.rules import Desk
from bridge.endpoints.outgoing_webhook import PATH
from bridge.mattermost.api import Denied
from operations.doctor.check import Check, Fault, Ok, Result, Skipped, Wrong, together
from operations.doctor.mattermost import NO_DESKS, MattermostSubject, client_config

EQUALS, STARTS = 0, 1
"""Values of a hook's `trigger_when`."""

GATEWAY = ".execute-api."
"""What the name of every API Gateway holds that has no name of one's own."""

PAGE = 200

SWITCHED_OFF = Fault(
    "Outgoing webhooks are switched off in Mattermost.",
    "System Console > Integrations > Integration Management: enable them.",
)
NO_HOOK = Fault(
    "No outgoing webhook of Mattermost has a token of the secret.",
    "Copy the token that Mattermost shows for the hook into mattermost_webhook_tokens.",
)
STRANGE_TOKEN = Fault(
    "A hook that calls the bridge has a token that the secret lacks: {name}.",
    "Add its token to mattermost_webhook_tokens of the secret.",
)
ELSEWHERE = Fault("The hook {name} does not call the bridge.", "Set its callback URL to {wanted}.")
NO_TRIGGER = Fault(
    "No hook fires on {words}.", "Add the words to the hook; Mattermost minds their case."
)
NOT_CAPITAL = Fault(
    "No hook fires on {words}, which is how phones write the word at the beginning.",
    "Add the words to the hook; Mattermost minds their case.",
)
TOO_STRICT = Fault(
    "A desk says match = “starts”, but the hook {name} fires on the whole word only.",
    "Set the hook to “first word starts with a trigger word”, or the desk to “equals”.",
)
TOO_WIDE = Fault(
    "The hook {name} fires on words that begin with a trigger; no desk takes those.",
    "Set the hook to “first word matches a trigger word exactly”.",
)

NO_ADMIN = Fault(
    "Mattermost does not hand the list of hooks to MATTERMOST_ADMIN_TOKEN.",
    "Take the personal access token of a system administrator.",
)

Hook = Mapping[str, object]


def _blind(chat: MattermostSubject, look: str) -> Skipped | None:
    """Say why the hooks cannot be listed, if so, and what to look at instead."""
    if not chat.admin_token or not chat.base:
        return Skipped(look)
    if not chat.is_reachable:
        return Skipped("first mend “reachable”")
    try:
        _all(chat)
    except Denied:
        return Skipped("MATTERMOST_ADMIN_TOKEN may not list hooks")
    return None


def by_eye(chat: MattermostSubject) -> str:
    """Say what to look at when nobody can list the hooks."""
    return f"set MATTERMOST_ADMIN_TOKEN, or look yourself: it calls {_wanted_url(chat)}"


def _wanted_url(chat: MattermostSubject) -> str:
    return chat.configuration.webhook_url or f"https://…{PATH}"


def _all(chat: MattermostSubject) -> list[Hook]:
    return chat.rows(f"hooks/outgoing?page=0&per_page={PAGE}", chat.admin_token)


def _known(chat: MattermostSubject, hook: Hook) -> bool:
    """Say whether the secret has a hook's token; one that is not told counts as known."""
    token, secret = hook.get("token"), chat.configuration.secret
    if not token:
        return _calls_us(chat, hook)
    return secret is not None and token in secret.webhook_tokens.values()


def _calls_us(chat: MattermostSubject, hook: Hook) -> bool:
    """Say whether a hook calls the bridge, perhaps by a name of one's own or a proxy."""
    urls = hook.get("callback_urls")
    wanted = chat.configuration.webhook_url
    listed = [str(url) for url in urls] if isinstance(urls, list) else []
    return any(
        url == wanted or (url.endswith(PATH) and not (wanted and GATEWAY in url)) for url in listed
    )


def _name(hook: Hook) -> str:
    return str(hook.get("display_name") or hook.get("id"))


def _ours(chat: MattermostSubject) -> list[Hook]:
    return [hook for hook in _all(chat) if _known(chat, hook)]


def enabled(chat: MattermostSubject) -> Result:
    """Say whether outgoing webhooks are switched on."""
    if not (chat.admin_token or chat.bot_token):
        return Skipped("look yourself: System Console > Integrations > Integration Management")
    setting = client_config(chat).get("EnableOutgoingWebhooks")
    if setting == "false":
        return SWITCHED_OFF.found()
    return Ok("switched on") if setting == "true" else Skipped("Mattermost does not tell")


def hooks(chat: MattermostSubject) -> Result:
    """Say whether a hook with our token calls us, and none without."""
    blind = _blind(chat, by_eye(chat))
    if blind:
        return blind if not chat.is_reachable or not chat.admin_token else NO_ADMIN.found()
    ours = _ours(chat)
    strange = [hook for hook in _all(chat) if _calls_us(chat, hook) and not _known(chat, hook)]
    found = together(
        *(STRANGE_TOKEN.found(name=_name(hook)) for hook in strange),
        *([] if ours or strange else [NO_HOOK.found()]),
        *(
            ELSEWHERE.found(name=_name(hook), wanted=_wanted_url(chat))
            for hook in ours
            if not _calls_us(chat, hook)
        ),
    )
    return found or Ok("; ".join(f"{_name(hook)}: {_kind(hook)}" for hook in ours))


def _kind(hook: Hook) -> str:
    return "JSON" if hook.get("content_type") == "application/json" else "form"


def triggers(chat: MattermostSubject) -> Result:
    """Say whether the hooks fire on the desks' triggers, capitalised ones included."""
    if chat.configuration.rules is None:
        return Skipped(NO_DESKS)
    wanted = list(
        dict.fromkeys(t for desk in chat.configuration.rules.desks for t in desk.triggers)
    )
    capital = [word.capitalize() for word in wanted if word.capitalize() not in wanted]
    blind = _blind(chat, f"look yourself: the hook’s words are {', '.join(wanted + capital)}")
    if blind:
        return blind
    ours = _ours(chat)
    if any(not _words(hook) for hook in ours):
        return Ok("a hook without words gets every message")
    known = {word for hook in ours for word in _words(hook)}
    found = together(
        *_missing(NO_TRIGGER, wanted, known),
        *_missing(NOT_CAPITAL, capital, known),
    )
    return found or Ok(", ".join(sorted(known)))


def _missing(fault: Fault, words: Iterable[str], known: set[str]) -> list[Wrong]:
    missing = [word for word in words if word not in known]
    return [fault.found(words=", ".join(missing))] if missing else []


def _words(hook: Hook) -> list[str]:
    words = hook.get("trigger_words")
    return [str(word) for word in words] if isinstance(words, list) else []


def trigger_when(chat: MattermostSubject) -> Result:
    """Say whether the hooks match words as the desks do."""
    if chat.configuration.rules is None:
        return Skipped(NO_DESKS)
    desks = chat.configuration.rules.desks
    matching = "starts with" if any(desk.starts for desk in desks) else "is exactly"
    blind = _blind(chat, f"look yourself: it fires when the first word {matching} a trigger")
    if blind:
        return blind
    found = together(*(_mismatch(hook, desks) for hook in _ours(chat) if _words(hook)))
    return found or Ok("as the desks do")


def _mismatch(hook: Hook, desks: Sequence[Desk]) -> Wrong | None:
    words = {word.casefold() for word in _words(hook)}
    served = [desk for desk in desks if words & {t.casefold() for t in desk.triggers}]
    starts = any(desk.starts for desk in served)
    if starts and hook.get("trigger_when") == EQUALS:
        return TOO_STRICT.found(name=_name(hook))
    if served and not starts and hook.get("trigger_when") == STARTS:
        return TOO_WIDE.found(name=_name(hook))
    return None


CHECKS: tuple[Check[MattermostSubject], ...] = (
    Check(
        "mattermost.enabled",
        "outgoing webhooks",
        enabled,
        ("mattermost.reachable",),
        (SWITCHED_OFF,),
    ),
    Check(
        "mattermost.hooks",
        "hooks call the bridge",
        hooks,
        faults=(NO_HOOK, STRANGE_TOKEN, ELSEWHERE, NO_ADMIN),
    ),
    Check("mattermost.triggers", "trigger words", triggers, faults=(NO_TRIGGER, NOT_CAPITAL)),
    Check(
        "mattermost.trigger-when",
        "how words match",
        trigger_when,
        faults=(TOO_STRICT, TOO_WIDE),
    ),
)
