"""The arrows between the rooms of the house point down, and stories never know each other."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT, SHIPPED

TIMING = "bridge.config.timing"
"""A room of its own: limits in seconds need nothing, and everybody needs them."""

ARROWS: dict[str, str] = {
    TIMING: "",
    "bridge.words": "",
    "bridge.net": TIMING,
    "bridge.config": f"{TIMING} bridge.net bridge.words",
    "bridge.telemetry": "bridge.net",
    "bridge.logs": "bridge.config bridge.net bridge.telemetry",
    "bridge.mattermost": f"{TIMING} bridge.config bridge.net bridge.words",
    "bridge.glpi_api": f"{TIMING} bridge.config bridge.net",
    "glpi": f"{TIMING} bridge.glpi_api bridge.net",
    "bridge.storage": f"{TIMING} bridge.net",
    "bridge.jobs": f"{TIMING} bridge.mattermost bridge.net bridge.storage",
    "bridge.tickets": f"{TIMING} bridge.config bridge.mattermost bridge.net bridge.words glpi",
    "bridge.filing": (
        f"{TIMING} bridge.config bridge.jobs bridge.mattermost bridge.net bridge.storage"
        " bridge.tickets glpi"
    ),
    "bridge.container": (
        f"{TIMING} bridge.config bridge.filing bridge.jobs bridge.logs bridge.mattermost"
        " bridge.net bridge.storage bridge.tickets glpi"
    ),
    "bridge.endpoints": (
        f"{TIMING} bridge.config bridge.container bridge.filing bridge.jobs bridge.logs"
        " bridge.mattermost bridge.net bridge.storage bridge.telemetry bridge.words"
    ),
    "handler": "bridge.container bridge.endpoints",
}
"""Which rooms each room may import from. A new room gets its row above those that use it."""

BESIDE = ("local", "operations", "bench", "manage", "tests")
"""What runs beside the functions: it may use what ships, and nothing that ships may use it."""


FAMILIES = {name.split(".")[0] for name in ARROWS}


def room_of(module: str) -> str:
    """Return the room of a module: a package of the house, or a module on its own."""
    if module == TIMING:
        return TIMING
    parts = module.split(".")
    return ".".join(parts[:2]) if parts[0] == "bridge" else parts[0]


def imports(source: str) -> Iterator[str]:
    """Return the modules that a source imports, wherever in it that stands."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            for alias in node.names:
                full = f"{module}.{alias.name}"
                yield full if is_module(full) else module


def is_module(name: str) -> bool:
    path = ROOT.joinpath(*name.split("."))
    return path.is_dir() or path.with_suffix(".py").exists()


def forbidden(room: str, source: str) -> list[str]:
    """Return a sentence for each import that a room's source may not have."""
    ours = {room_of(m) for m in imports(source) if m.split(".")[0] in {*BESIDE, *FAMILIES}}
    allowed = {room, *ARROWS[room].split()}
    return [
        f"{room} imports {other}: it may import only {', '.join(sorted(allowed - {room})) or '-'}"
        for other in sorted(ours - allowed)
    ]


def named(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


@pytest.mark.parametrize("path", SHIPPED, ids=named)
def test_what_ships_imports_only_from_the_rooms_below(path: Path) -> None:
    room = room_of(named(path))
    if room == "bridge":  # the house itself, which is empty
        assert list(imports(path.read_text("utf-8"))) == []
        return
    assert room in ARROWS, f"{room} has no row in ARROWS: say what it may import"
    sentences = forbidden(room, path.read_text("utf-8"))
    assert not sentences, "\n".join(sentences)


def test_every_row_is_a_room_and_points_only_to_rows_above_it() -> None:
    rooms = {room_of(named(path)) for path in SHIPPED} - {"bridge"}
    assert set(ARROWS) == rooms
    above: set[str] = set()
    for room, arrows in ARROWS.items():
        assert set(arrows.split()) <= above, room
        above.add(room)


@pytest.mark.parametrize(
    "path",
    [p for folder in ("operations", "bench", "local") for p in (ROOT / folder).rglob("*.py")]
    + [ROOT / "manage.py"],
    ids=named,
)
def test_nobody_but_glpi_looks_behind_it(path: Path) -> None:
    assert "bridge.glpi_api" not in {room_of(name) for name in imports(path.read_text("utf-8"))}


STORIES = ("bridge.filing", "bridge.tickets")
"""They begin with what somebody asks for, whatever way in it came by."""


def wires(source: str) -> set[str]:
    """Return what a source knows of the form in which Mattermost's webhook sends a post."""
    nodes = list(ast.walk(ast.parse(source)))
    named = {alias.name for n in nodes if isinstance(n, ast.ImportFrom) for alias in n.names}
    used = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    return (named | used) & {"Post", "to_post"}


@pytest.mark.parametrize("path", [p for p in SHIPPED if room_of(named(p)) in STORIES], ids=named)
def test_no_story_knows_the_form_of_an_outgoing_webhook(path: Path) -> None:
    assert wires(path.read_text("utf-8")) == set()


@pytest.mark.parametrize(
    "source",
    [
        "from bridge.mattermost.outgoing_webhook import Post, answer",
        "from bridge.mattermost import outgoing_webhook\npost: outgoing_webhook.Post",
        "def later():\n    from bridge.mattermost.outgoing_webhook import Post as Wire",
    ],
)
def test_a_story_that_knows_it_is_caught(source: str) -> None:
    assert wires(source) == {"Post"}


ASK_AWS = {"bridge.storage": "table and queues", "bridge.config": "the secret"}
"""Which rooms ask AWS, and for what; others go through them."""


@pytest.mark.parametrize("path", SHIPPED, ids=named)
def test_nobody_but_storage_talks_to_table_and_queues(path: Path) -> None:
    asks = any(name.split(".")[0] == "boto3" for name in imports(path.read_text("utf-8")))
    assert not asks or room_of(named(path)) in ASK_AWS
    if room_of(named(path)) == "bridge.config":
        assert '"sqs"' not in path.read_text("utf-8")
        assert '"dynamodb"' not in path.read_text("utf-8")


@pytest.mark.parametrize(
    ("room", "line", "other"),
    [
        ("bridge.words", "from bridge.net.http import Http", "bridge.net"),
        ("bridge.net", "from bridge.config.settings import Settings", "bridge.config"),
        ("bridge.tickets", "from bridge.filing import worker", "bridge.filing"),
        ("bridge.filing", "from bridge.glpi_api.errors import Refused", "bridge.glpi_api"),
        ("bridge.filing", "def later():\n    import bridge.endpoints.queue", "bridge.endpoints"),
        ("bridge.container", "from local.memory import MemoryOutbox", "local"),
        ("handler", "import operations.audit", "operations"),
        ("glpi", "from bench import latency", "bench"),
    ],
)
def test_a_wrong_import_is_caught(room: str, line: str, other: str) -> None:
    (sentence,) = forbidden(room, line)
    assert sentence.startswith(f"{room} imports {other}: it may import only ")
