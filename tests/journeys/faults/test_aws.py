"""Our own parts out of order, at every moment: what the person reads, and whether it was true.

Queue, ledger and secret fail in every way that AWS can: not there, denied, throttled, and slower
than the bridge waits, which leaves open whether the call was executed.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import pytest

from bridge import container
from local.glpi_simulator import Fault
from tests.conftest import json_event
from tests.journeys.faults.bench import (
    CUT,
    DOUBT,
    DOWN,
    FAST,
    FILED,
    LATER,
    LOST,
    REPLAY,
    WORKER,
    Bench,
    Tell,
)
from tests.journeys.faults.broken_aws import MODES, BrokenAws, Strike

pytestmark = pytest.mark.no_cover  # what these cover, quicker tests cover

CLAIM = Strike("", "PutItem")
NOTE = Strike("", "PutItem", spare=1)
ALL = Strike("")


@dataclass(frozen=True)
class Broken:
    """Parts that are out of order, perhaps at the same time as GLPI.

    Attributes:
        parts: which requests of which service fail.
        glpi: what is wrong with GLPI meanwhile.
        cold: whether the container has not read its secret yet.
        due: whether it has, so long ago that it has to read it again; and GLPI's session is over.
        too_old: whether the message is so old that the worker has to bury it.
    """

    parts: dict[str, Strike] = field(default_factory=dict)
    glpi: Fault | None = None
    cold: bool = False
    due: bool = False
    too_old: bool = False


BROKEN = {
    "queue": Broken({"sqs": ALL}),
    "queue, GLPI down": Broken({"sqs": ALL}, DOWN),
    "queue, answer cut": Broken({"sqs": ALL}, CUT),
    "ledger": Broken({"dynamodb": ALL}),
    "ledger at the claim": Broken({"dynamodb": CLAIM}),
    "ledger after the create": Broken({"dynamodb": NOTE}),
    "ledger after a cut": Broken({"dynamodb": NOTE}, CUT),
    "ledger after a refusal": Broken({"dynamodb": NOTE}, DOWN),
    "queue and ledger": Broken({"sqs": ALL, "dynamodb": ALL}),
    "secrets, cold": Broken({"secretsmanager": ALL}, cold=True),
    "secrets, warm": Broken({"secretsmanager": ALL}),
    "secrets, due": Broken({"secretsmanager": ALL}, due=True),
    "all, cold": Broken({"sqs": ALL, "dynamodb": ALL, "secretsmanager": ALL}, cold=True),
    "dead letter queue": Broken({"sqs": ALL}, DOWN, too_old=True),
}

SAVED_LATE = {"slow, executed": 1, "slow, late": 1}
REFUSED = {"denied": LOST, "throttled": DOUBT}

SAID: dict[str, Callable[[str], tuple[str, int, int]]] = {
    "queue": lambda _: (FILED, 1, 1),
    "queue, GLPI down": lambda mode: (REFUSED.get(mode, DOUBT), 0, SAVED_LATE.get(mode, 0)),
    "queue, answer cut": lambda _: (DOUBT, 1, 1),
    "ledger": lambda _: (LATER, 0, 1),
    "ledger at the claim": lambda _: (LATER, 0, 1),
    "ledger after the create": lambda _: (FILED, 1, 1),
    "ledger after a cut": lambda _: ("сохранено. GLPI", 1, 1),
    "ledger after a refusal": lambda _: ("сохранено. GLPI", 0, 1),
    "queue and ledger": lambda mode: (REFUSED.get(mode, DOUBT), 0, SAVED_LATE.get(mode, 0)),
    "secrets, cold": lambda _: (LOST, 0, 0),
    "secrets, warm": lambda _: (FILED, 1, 1),
    "secrets, due": lambda _: (FILED, 1, 1),
    "all, cold": lambda _: (LOST, 0, 0),
}
"""On the fast path: what the person reads, the tickets there are then, and those in the end."""

WORKED: dict[str, tuple[str, int]] = {
    "queue": ("filed", 1),
    "queue, GLPI down": ("waits", 0),
    "queue, answer cut": ("waits", 1),
    "ledger": ("waits", 0),
    "ledger at the claim": ("waits", 0),
    "ledger after the create": ("waits", 1),
    "ledger after a cut": ("waits", 1),
    "ledger after a refusal": ("waits", 0),
    "queue and ledger": ("waits", 0),
    "secrets, cold": ("waits", 0),
    "secrets, warm": ("filed", 1),
    "secrets, due": ("filed", 1),
    "all, cold": ("waits", 0),
    "dead letter queue": ("waits", 0),
}
"""At the worker: what becomes of the message, and the tickets there are then."""

ROWS = [(name, mode) for name in BROKEN for mode in MODES]
PROVEN = {
    *((f"{name}: {mode}", FAST) for name, mode in ROWS if name in SAID),
    *((f"{name}: {mode}", column) for name, mode in ROWS for column in (WORKER, REPLAY)),
}


@pytest.fixture
def broken_aws(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Iterator[BrokenAws]:
    """AWS, healthy until it is broken."""
    broken = BrokenAws(monkeypatch)
    yield broken
    broken.heal()


def strike(bench: Bench, aws: BrokenAws, broken: Broken, mode: str) -> None:
    """Break what is to be broken."""
    for service, strike in broken.parts.items():
        aws.break_down(service, replace(strike, mode=mode))
    if broken.glpi:
        bench.lab.glpi.inject(broken.glpi)
    if broken.cold:
        bench.lab.cold_start()
    if broken.due:
        container.container().credentials._due = 0.0
        bench.lab.glpi.expire_sessions()
    if broken.too_old:
        bench.outlive()


@pytest.mark.parametrize(("name", "mode"), [row for row in ROWS if row[0] in SAID])
def test_on_the_fast_path(
    bench: Bench, broken_aws: BrokenAws, name: str, mode: str, record_property: Tell
) -> None:
    said, at_once, tickets = SAID[name](mode)
    strike(bench, broken_aws, BROKEN[name], mode)
    _, answer = bench.lab.invoke(json_event())
    record_property("cell", (f"{name}: {mode}", FAST, answer["text"][:40]))
    assert said in answer["text"]
    assert bench.filed == at_once
    assert bool(broken_aws.struck) == (name != "secrets, warm")
    broken_aws.heal()
    bench.all_is_well(tickets)


@pytest.mark.parametrize("column", [WORKER, REPLAY])
@pytest.mark.parametrize(("name", "mode"), ROWS)
def test_at_the_worker(
    bench: Bench, broken_aws: BrokenAws, name: str, mode: str, column: str, record_property: Tell
) -> None:
    became, at_once = WORKED[name]
    (bench.queued if column == WORKER else bench.redriven)()
    strike(bench, broken_aws, BROKEN[name], mode)
    left = bench.work()
    record_property("cell", (f"{name}: {mode}", column, became))
    assert bool(left) == (became == "waits")
    assert bench.filed == at_once
    assert bool(broken_aws.struck) == (name not in ("queue", "secrets, warm"))
    broken_aws.heal()
    bench.all_is_well()
