"""docs/cost.md is reckoned right, from docs/cost.toml and from what the code does."""

import json
import re
import tomllib
from collections import Counter
from collections.abc import Callable
from typing import Any

import botocore.client
import pytest

import bench.growth
import handler
from bridge import telemetry
from bridge.storage.links import is_post
from local.gateway import Context
from tests.conftest import ROOT, Lab
from tests.support.guides import ALARMS, DOCS, RESOURCES, TEMPLATE, TEXTS, rows, section

COST = tomllib.loads((DOCS / "cost.toml").read_text("utf-8"))
PRICE, MESSAGE, MONTH = COST["price"], COST["message"], COST["month"]
AT = (1_000, 100_000, 10_000_000)
GB, MILLION = 1e9, 1e6


TABLES = ("Every month", "For messages", "What a VPC adds")


def every_month() -> list[float]:
    sources = len(RESOURCES["WorkerFunction"]["Properties"]["Events"])
    polls = sources * MONTH["pollers"] * 3600 / MONTH["poll_seconds"] * MONTH["hours"]
    reads = MONTH["containers"] * 4 * MONTH["hours"]
    own_metrics = len(telemetry.METRICS)  # FailedByCause apart, and Throttled
    return [
        PRICE["dashboard"],
        len(ALARMS) * PRICE["alarm"],
        own_metrics * PRICE["metric"],
        PRICE["secret"] + reads * PRICE["secret_calls_per_million"] / MILLION,
        polls * PRICE["sqs_per_million"] / MILLION,
    ]


def for_messages(count: int) -> list[float]:
    memory = TEMPLATE["Globals"]["Function"]["MemorySize"] / 1024
    seconds = MESSAGE["webhook_seconds"] + MESSAGE["worker_seconds"]
    sqs = MESSAGE["send"] + MESSAGE["receive"] + MESSAGE["delete"]
    log = (MESSAGE["own_log_bytes"] + MESSAGE["other_log_bytes"]) / GB
    kept = MONTH["stored_months"] * MONTH["compressed"] * PRICE["log_gb_month"]
    first = min(count, MONTH["busy_seconds"] * MONTH["traces_a_second"])
    traces = MESSAGE["lambda"] * (first + (count - first) * MONTH["traces_beyond"])
    ledger = (
        MESSAGE["write"] * PRICE["write_per_million"] + MESSAGE["read"] * PRICE["read_per_million"]
    )
    stored = MESSAGE["item_bytes"] * 40 + MESSAGE["link_bytes"] * 400
    return [
        count * MESSAGE["http_api"] * PRICE["http_api_per_million"] / MILLION,
        count * MESSAGE["lambda"] * PRICE["lambda_per_million"] / MILLION,
        count * seconds * memory * PRICE["gb_second"],
        MESSAGE["lambda"]
        * min(count, MONTH["busy_seconds"] / MONTH["idle_seconds"])
        * MESSAGE["start_seconds"]
        * memory
        * PRICE["gb_second"],
        count * sqs * PRICE["sqs_per_million"] / MILLION,
        count * ledger / MILLION,
        count * stored / GB / 30 * PRICE["table_gb_month"],
        count * log * (PRICE["log_gb"] + kept),
        traces * PRICE["trace_per_million"] / MILLION,
        count * MESSAGE["out_bytes"] / GB * PRICE["out_gb"],
    ]


def figures(title: str) -> list[list[str]]:
    return [[cell.strip("*") for cell in row[2:]] for row in rows(section(DOCS / "cost.md", title))]


def test_the_cost_is_reckoned_right() -> None:
    fixed = every_month()
    assert figures("Every month") == [[f"{value:.2f}"] for value in [*fixed, sum(fixed)]]
    columns = [for_messages(count) for count in AT]
    columns = [[*c, sum(c), sum(c) + sum(fixed)] for c in columns]
    assert figures("For messages") == [
        [f"{v:.2f}" for v in row] for row in zip(*columns, strict=True)
    ]
    per_hour = (3 * PRICE["endpoint_hour"], PRICE["nat_hour"], PRICE["address_hour"])
    assert figures("What a VPC adds") == [[f"{value * MONTH['hours']:.2f}"] for value in per_hour]


def test_the_arithmetic_uses_these_prices_and_counts() -> None:
    tables = [rows(section(DOCS / "cost.md", title)) for title in TABLES]
    arithmetic = " ".join(row[1] for table in tables for row in table)
    assert {float(price) for price in re.findall(r"\$([\d.]+\d)", arithmetic)} == set(
        PRICE.values()
    )
    assert f"{len(ALARMS)} × ${PRICE['alarm']:.2f}" in arithmetic
    assert f"{len(telemetry.METRICS)} × ${PRICE['metric']:.2f}" in arithmetic
    for name in (
        "webhook_seconds",
        "worker_seconds",
        "start_seconds",
        "write",
        "read",
        "item_bytes",
        "link_bytes",
    ):
        assert re.search(rf"(?<!\d){MESSAGE[name]}(?!\d)", arithmetic), name
    assert f"one in {MONTH['idle_seconds']} s" in arithmetic


def test_it_is_said_when_the_prices_were_looked_up() -> None:
    assert f"looked up on {COST['looked_up'].isoformat()}" in (DOCS / "cost.md").read_text("utf-8")


def test_the_benchmark_and_the_page_reckon_the_same() -> None:
    calls = {name: number / 10 for name, number in bench.growth.count(10).items()}
    rows_of_calls = for_messages(1_000_000)
    asked = sum(rows_of_calls[:3]) + sum(rows_of_calls[4:6])
    assert bench.growth.dollars(calls) * MILLION == pytest.approx(asked)
    started = bench.growth.starts(1_000_000, MONTH["busy_seconds"])
    assert started == pytest.approx(rows_of_calls[3])
    assert bench.growth.polling() == pytest.approx(every_month()[4])
    page = " ".join((DOCS / "cost.md").read_text("utf-8").split())
    assert f"A million messages in one month cost ${sum(rows_of_calls):.2f}." in page
    assert f"counts ${asked:.2f} of it" in page


def test_the_guides_say_the_same_as_the_bill() -> None:
    fixed, few, many = sum(every_month()), sum(for_messages(100_000)), sum(for_messages(AT[-1]))
    for page, sentence in {
        "docs/cost.md": f"about ${fixed:.0f} a month whatever happens, and beyond that about "
        f"${few:.0f} for 100,000 messages or ${many:.0f} for ten million",
        "docs/comparison.md": f"about ${fixed:.0f} a month",
        "README.md": f"about ${fixed:.0f} a month",
        "README.ru.md": f"около {fixed:.0f} долларов в месяц",
    }.items():
        assert sentence in " ".join((ROOT / page).read_text("utf-8").split()), page
    assert f"about ${few:.0f} for 100,000 messages" in TEXTS[ROOT / "README.md"]


def test_a_message_costs_the_calls_that_are_reckoned(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lab.say("112 the first message of a container")
    calls: list[tuple[str, dict[str, Any]]] = []
    real: Callable[..., Any] = botocore.client.BaseClient._make_api_call  # type: ignore[attr-defined]

    def counting(self: object, operation: str, arguments: dict[str, Any]) -> Any:
        calls.append((operation, arguments))
        return real(self, operation, arguments)

    monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", counting)
    lab.log_stream.truncate(0)
    lab.log_stream.seek(0)
    capsys.readouterr()
    lab.say("112 the printer is on fire")
    (body,) = [sent["MessageBody"] for name, sent in calls if name == "SendMessage"]
    attributes = {"ApproximateReceiveCount": "1", "SentTimestamp": "1"}
    record = {"messageId": "m", "receiptHandle": "r", "body": body, "attributes": attributes}
    assert handler.queue_handler({"Records": [record]}, Context()) == {"batchItemFailures": []}
    assert Counter(name for name, _ in calls) == {
        "SendMessage": MESSAGE["send"],
        "PutItem": MESSAGE["write"],
        "GetItem": MESSAGE["read"],
    }
    items = {sent["Item"]["post"]["S"]: sent["Item"] for name, sent in calls if name == "PutItem"}
    posts = [len(json.dumps(item)) for key, item in items.items() if is_post(key)]
    links = [len(json.dumps(item)) for key, item in items.items() if not is_post(key)]
    assert (len(posts), len(links)) == (1, 2)
    assert posts[0] <= MESSAGE["item_bytes"]
    assert 0.5 * MESSAGE["link_bytes"] < sum(links) <= MESSAGE["link_bytes"]
    logged = len((lab.log_stream.getvalue() + capsys.readouterr().out).encode())
    assert 0.5 * MESSAGE["own_log_bytes"] < logged <= MESSAGE["own_log_bytes"]
