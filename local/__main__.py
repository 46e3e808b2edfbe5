"""`make run`: the whole bridge on this machine, between simulated or real Mattermost and GLPI."""

import signal

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # there is nothing to stop while this is imported

import os
import secrets
import shlex
import socket
import sys
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, fields
from pathlib import Path

from dotenv import load_dotenv

import handler
from bridge.config.credentials import check_token
from bridge.config.rules import read_rules
from bridge.config.settings import Settings, SettingsError, base_url, ca_bundle
from bridge.container import BRIDGE_TOML
from bridge.endpoints import outgoing_webhook
from bridge.net.http import Http
from glpi import GlpiError
from local import SAMPLE_TOKENS
from local.aws import SECRET_ID, EmbeddedAws
from local.containers import reachable
from local.execution import Environments
from local.gateway import FUNCTION_SECONDS, Gateway
from local.glpi_simulator import FIRST_TICKET_ID, GlpiSimulator
from local.greeting import as_webhook, origin, tokens_from, with_own_tokens
from local.guard import new_key
from local.logins import check_bot, check_glpi
from local.mattermost_simulator import MattermostSimulator, OutgoingWebhook
from local.ports import free_ports
from local.worker import environments, working

DEFAULT_PORT = 8112
"""The gateway's; after it the simulated GLPI's, its control's, the embedded AWS's, Mattermost's."""

PORTS = 5
"""So many of them, beginning with the gateway's."""

WAKE_SECONDS = 0.5
"""A Ctrl-C that comes just before the program falls asleep is seen when it wakes up next."""

ROOT = Path(__file__).parent.parent

RUN_ENV = Path(".build", "run.env")
"""Where `manage.py --env` learns of a running `make run`; in the current folder."""

RUN_KEY = Path(".build", "run.key")
"""Where curl learns of the key of a running `make run`; in the current folder."""

TOLD = {
    *(field.name.upper() for field in fields(Settings)),
    *("POWERTOOLS_METRICS_DISABLED", "WEBHOOK_URL"),
}
"""What the parts are told, AWS's own variables aside; none of it is a token."""

GREETING = """\
The Mattermost → GLPI bridge runs on this machine. It is a rehearsal: production needs AWS.

  Mattermost   {mattermost}
  GLPI         {glpi}
  the bridge   {webhook}  (Mattermost's callback URL)
{notes}{say}{breaking}
{calling}
See in another terminal what waits, and what else an operator can do (`--help`):

  {manage} queue

Ctrl-C stops everything.
"""

CONTAINERS = """\
  containers   http://host.docker.internal:{port} and so on  (on {address})
"""

SAY = """
Let alice write a message with two files. Her thread is printed, with a link to her ticket:

  curl {url}/say -F user=alice \\
    --form-string {text} \\
    -F {first} -F {second}

{url} shows all threads, and what comes into them later.
"""

BREAKING = """
Switch GLPI off, and on again with `-X DELETE` in the place of `-d ...`:

  curl -H @{key} {control}/faults -d '{{"kind": "maintenance"}}'
"""

VERSIONS = ("10.0.14", "11.0.6")
"""The versions of GLPI that can be simulated."""


def main() -> int:
    """Run until Ctrl-C.

    Returns:
        The exit code: 0 after Ctrl-C, 1 when it could not start.
    """
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # text on a terminal
    env: dict[str, str] = {}
    from_file: frozenset[str] = frozenset()
    try:
        for stop in (signal.SIGINT, signal.SIGTERM):  # a shell's `&` leaves SIGINT ignored
            signal.signal(stop, signal.default_int_handler)
        from_file = _read_dotenv()
        env = dict(os.environ)
        with ExitStack() as stack:
            print(start(stack, env, from_file), flush=True)
            while True:
                time.sleep(WAKE_SECONDS)
    except KeyboardInterrupt:
        print("\nStopped.")
    except SettingsError as error:
        where = origin(error.key, env, from_file)
        named = f"{error.key} ({where})" if where else error.key
        print(f"Cannot start: {named}: {error.reason}", file=sys.stderr)
        return 1
    except GlpiError as error:
        print(f"Cannot start: {error}", file=sys.stderr)
        return 1
    finally:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # a second Ctrl-C finds nothing to stop
    return 0


def _read_dotenv() -> frozenset[str]:
    """Read `.env`; returns the names of the variables that it has set."""
    before = set(os.environ)
    try:
        load_dotenv(".env")
    except (UnicodeDecodeError, OSError):
        raise SettingsError(".env", "cannot be read; it should be text in UTF-8") from None
    return frozenset(set(os.environ) - before)


def start(
    stack: ExitStack, env: Mapping[str, str], from_file: Collection[str] = frozenset()
) -> str:
    """Start all parts and return how to use them.

    Args:
        stack: ends them.
        env: the environment.
        from_file: the names of those variables that come from `.env`.

    Raises:
        SettingsError, GlpiError: something keeps it from starting.
    """
    port = _port(env)
    tokens = _webhook_tokens(env)
    function = Environments("handler.lambda_handler", FUNCTION_SECONDS)
    worker = environments()
    with _taking_ports(port):
        gateway = stack.enter_context(Gateway(port, function.invoke, handler.ROUTES))
    triggers = [trigger for desk in read_rules(BRIDGE_TOML).desks for trigger in desk.triggers]
    key = new_key()
    glpi = _glpi(stack, port, env, key)
    mattermost = _mattermost(stack, port, env, next(iter(tokens.values())), triggers)
    os.environ.update(
        GLPI_URL=glpi.url,
        MATTERMOST_URL=mattermost.url,
        SECRET_ID=SECRET_ID,
        PAUSES="short" if glpi.is_simulated else "normal",
        POWERTOOLS_METRICS_DISABLED="true",
        WEBHOOK_URL=_webhook_url(port),  # for manage.py
    )
    secret = {**glpi.secret, **mattermost.secret, "mattermost_webhook_tokens": dict(tokens)}
    check_glpi(env, glpi.url, secret)
    with _taking_ports(port + 3), socket.create_server(("127.0.0.1", port + 3)):
        pass  # moto's server would not say that the port is taken
    aws = EmbeddedAws(port + 3, key)
    aws.start()
    stack.callback(aws.stop)
    aws.store_secret(secret)
    aws.create_queue_and_ledger()
    stack.callback(function.close)
    stack.callback(worker.close)
    stack.enter_context(gateway.serving())
    stack.enter_context(working(worker))
    simulated = [port + n for n, end in ((1, glpi), (4, mattermost)) if end.is_simulated]
    inside = [port, port + 3, *simulated]  # what is called from containers; not GLPI's control
    with _taking_ports(*inside):
        address = stack.enter_context(reachable(env, inside))
    stack.enter_context(_run_env())
    stack.enter_context(_kept(RUN_KEY, f"Authorization: Bearer {key}\n"))
    given = [key for end in (glpi, mattermost) if not end.is_simulated for key in end.secret]
    if tokens is not SAMPLE_TOKENS:
        given.append("mattermost_webhook_tokens")
    notes = CONTAINERS.format(port=port, address=address) if address else ""
    notes += tokens_from(given, env, from_file)
    token = tokens["helpdesk"] if tokens is SAMPLE_TOKENS else ""
    return _greeting(port, mattermost, glpi, token, triggers[0], notes)


def _webhook_url(port: int) -> str:
    return f"http://127.0.0.1:{port}{outgoing_webhook.PATH}"


def _greeting(
    port: int, mattermost: "_Server", glpi: "_Server", token: str, trigger: str, notes: str
) -> str:
    first, second = (
        shlex.quote(f"file=@{_shown(path)}")
        for path in (ROOT / "requirements.txt", ROOT / "requirements" / "run.txt")
    )
    text = shlex.quote(f"text={trigger} **the printer** is on fire")
    say = SAY.format(url=mattermost.url, text=text, first=first, second=second)
    program = _shown(ROOT / "manage")
    typed = str(program) if program.is_absolute() else f"./{program}"
    manage = shlex.join([typed, "--env", str(RUN_ENV)])
    event = _shown(ROOT / "events" / "form.json")
    sample = as_webhook(port, outgoing_webhook.PATH, token, trigger, event)
    return GREETING.format(
        webhook=_webhook_url(port),
        notes=notes,
        calling=sample if token else with_own_tokens(manage, trigger),
        mattermost=mattermost.shown,
        glpi=glpi.shown,
        say=say if mattermost.is_simulated else "",
        breaking=BREAKING.format(key=RUN_KEY, control=glpi.control_url) if glpi.control_url else "",
        manage=manage,
    )


@contextmanager
def _run_env() -> Iterator[None]:
    """Keep what the parts were told in a file for `manage.py`; it holds the key, and no token."""
    names = sorted(name for name in os.environ if name in TOLD or name.startswith("AWS_"))
    lines = [f"{name}={_quoted(os.environ[name])}\n" for name in names]
    with _kept(RUN_ENV, "".join(lines)):
        yield


@contextmanager
def _kept(path: Path, text: str) -> Iterator[None]:
    """Keep a text in a file that only its owner can read, until the block ends."""
    try:
        path.parent.mkdir(exist_ok=True)
        path.unlink(missing_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise SettingsError(str(path), f"cannot be written ({error.strerror})") from None
    try:
        yield
    finally:
        with suppress(OSError):
            if path.read_text("utf-8") == text:  # else it is that of another run
                path.unlink()


def _quoted(value: str) -> str:
    """Return a value as python-dotenv reads it back, whatever it holds."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _shown(path: Path) -> Path:
    """Return a path as short as it can be typed here."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def _webhook_tokens(env: Mapping[str, str]) -> Mapping[str, str]:
    """Return the accepted tokens; the samples' only in front of the simulator."""
    key = "MATTERMOST_TOKENS"
    given = [token.strip() for token in env.get(key, "").split(",") if token.strip()]
    if not given and not env.get("GLPI_URL"):
        return SAMPLE_TOKENS
    if not given:
        raise SettingsError(key, "is not set, but GLPI_URL is; set it in the environment or .env")
    return {f"hook-{n}": check_token(key, token) for n, token in enumerate(given, start=1)}


@dataclass(frozen=True)
class _Server:
    """Mattermost or GLPI, real or simulated.

    Attributes:
        url: its base URL.
        shown: how the greeting tells of it.
        secret: the keys of the bridge's secret that belong to it.
        control_url: where it can be broken, "" where it cannot.
    """

    url: str
    shown: str
    secret: Mapping[str, str]
    is_simulated: bool
    control_url: str = ""


def _glpi(stack: ExitStack, port: int, env: Mapping[str, str], key: str) -> _Server:
    """Return the real GLPI, or start a simulated one that is broken with this key."""
    if env.get("GLPI_URL"):
        secret = {
            "glpi_app_token": _required(env, "GLPI_APP_TOKEN"),
            "glpi_user_token": _required(env, "GLPI_USER_TOKEN"),
        }
        return _Server(env["GLPI_URL"], env["GLPI_URL"], secret, is_simulated=False)
    version = env.get("GLPI_VERSION", VERSIONS[-1])
    if version not in VERSIONS:
        raise SettingsError("GLPI_VERSION", f"is {version!r}; use {' or '.join(VERSIONS)}")
    first = secrets.randbelow(10**8) + 1000 if env.get("MATTERMOST_URL") else FIRST_TICKET_ID
    with _taking_ports(port + 1, port + 2):
        simulator = GlpiSimulator(
            version=version,
            port=port + 1,
            control_port=port + 2,
            control_key=key,
            first_ticket=first,  # a real Mattermost still shows the numbers of earlier runs
        )
        stack.enter_context(simulator)
    secret = {
        "glpi_app_token": simulator.app_token,
        "glpi_user_token": simulator.user_tokens["mm-bot"],
    }
    shown = f"{simulator.url}  (simulated; in a browser it lists all tickets)"
    return _Server(simulator.url, shown, secret, True, simulator.control_url)


def _mattermost(
    stack: ExitStack, port: int, env: Mapping[str, str], token: str, triggers: Sequence[str]
) -> _Server:
    """Return the real Mattermost, or start a simulated one whose webhook has this token."""
    given = env.get("MATTERMOST_URL", "").strip()
    bot = env.get("MATTERMOST_BOT_TOKEN", "").strip()
    bundle = ca_bundle("MATTERMOST_CA_BUNDLE", env)
    if given:
        url = base_url("MATTERMOST_URL", given)
        if bot:
            check_bot(url, check_token("MATTERMOST_BOT_TOKEN", bot), Http(ca_bundle=bundle))
        shown = url if bot else f"{url}  (no bot: MATTERMOST_BOT_TOKEN is not set)"
        secret = {"mattermost_bot_token": bot} if bot else {}
        return _Server(url, shown, secret, is_simulated=False)
    if bot:
        remedy = "set it to the server's address, or neither of them to simulate a Mattermost"
        raise SettingsError("MATTERMOST_BOT_TOKEN", f"is set, but MATTERMOST_URL is not; {remedy}")
    with _taking_ports(port + 4):
        simulator = stack.enter_context(MattermostSimulator(port + 4))
    simulator.outgoing = OutgoingWebhook(_webhook_url(port), token, triggers)
    secret = {"mattermost_bot_token": simulator.bot_token}
    return _Server(simulator.url, f"{simulator.url}  (simulated)", secret, is_simulated=True)


def _required(env: Mapping[str, str], key: str) -> str:
    if not env.get(key):
        raise SettingsError(key, "is not set, but GLPI_URL is; set it in the environment or .env")
    return check_token(key, env[key])


def _port(env: Mapping[str, str]) -> int:
    value = env.get("PORT", str(DEFAULT_PORT))
    if not value.isdecimal() or not 1024 <= int(value) <= 65531:
        raise SettingsError("PORT", f"is {value!r}; use a number from 1024 to 65531")
    return int(value)


@contextmanager
def _taking_ports(*ports: int) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        numbers = " or ".join(map(str, ports))
        with free_ports(PORTS) as another:
            remedy = f"try PORT={another} make run"
        reason = f"port {numbers} cannot be used ({error.strerror}); {remedy}"
        raise SettingsError("PORT", reason) from None


if __name__ == "__main__":
    sys.exit(main())
