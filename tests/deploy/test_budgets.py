"""What a message may ask, and a container may load: `make bench` measures, this holds it."""

import io
import json
import os
import subprocess

import pytest

from bench.cold_start import zipped_megabytes
from bench.growth import count
from bench.latency import far_glpi, the_bridge
from bench.recovery import drain
from bridge import logs
from local import sam
from local.runtime import PACKAGE, RUNTIME_PYTHON
from tests.conftest import ROOT, SHIPPED, kept_environment

ALLOWED = {
    "aws_lambda_powertools",
    "boto3",
    "botocore",
    "cachetools",
    "certifi",
    "charset_normalizer",
    "dateutil",
    "idna",
    "jmespath",
    "markdown_it",
    "mdurl",
    "requests",
    "s3transfer",
    "simplejson",  # of the runtime client; requests takes it where it is
    "six",
    "typing_extensions",
    "urllib3",
}
"""What may be loaded beside the standard library and our own modules."""

needs_the_runtime = pytest.mark.skipif(
    not RUNTIME_PYTHON.exists(), reason="no runtime client on this machine"
)


@pytest.mark.usefixtures("aws_environment")
def test_the_bench_of_the_fast_path_measures_what_ships(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written = io.StringIO()
    monkeypatch.setattr(logs.logger.registered_handler, "stream", written)
    monkeypatch.setenv("POWERTOOLS_METRICS_DISABLED", "true")
    with kept_environment(), far_glpi(0.0, "--at-once") as server, the_bridge(server) as file:
        file(1)  # asserts by itself that it was answered with a ticket
    assert '"message":"filed"' in written.getvalue()


def test_the_package_stays_small() -> None:
    assert zipped_megabytes() <= 2.5


@needs_the_runtime
@pytest.mark.parametrize("function", ["WebhookFunction", "WorkerFunction"])
def test_a_container_start_loads_nothing_that_it_does_not_need(function: str) -> None:
    module, entry_point = sam.read()["Resources"][function]["Properties"]["Handler"].split(".")
    show = (
        f"import sys; before = set(sys.modules); import {module}, json; {module}.{entry_point}; "
        "loaded = set(sys.modules) - before; "
        "print(json.dumps([n for n in loaded if n.partition('.')[0] not in "
        "sys.stdlib_module_names | {'__mp_main__'}]))"
    )
    env = {**os.environ, "PYTHONPATH": str(PACKAGE), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([RUNTIME_PYTHON, "-c", show], env=env, capture_output=True, check=True)
    ours = {".".join(path.relative_to(ROOT).with_suffix("").parts) for path in SHIPPED}
    ours = {name.removesuffix(".__init__") for name in ours}
    loaded = set(json.loads(done.stdout))
    assert {name.partition(".")[0] for name in loaded - ours} <= ALLOWED
    assert ours - loaded == {"bridge.words.emojis"}  # only for a message with such a name


def test_a_message_asks_glpi_twice_and_aws_ten_times_however_many_there_are() -> None:
    for messages in (1, 50):
        asked = count(messages)
        assert asked["GLPI call"] == 2 * messages  # create; the worker looks at the ticket
        assert asked["SQS request"] == 3 * messages  # send, receive, delete
        assert asked["DynamoDB write"] == 6 * messages  # claim, record; lease, link, thread, done
        assert asked["DynamoDB read"] == messages  # by the worker


def test_after_an_outage_nothing_is_lost_doubled_or_looked_up_in_vain() -> None:
    found = drain(1_000)
    assert found["tickets"] == 1_000
    assert found["doubled"] == found["look_ups"] == 0
