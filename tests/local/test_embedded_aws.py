"""The embedded AWS keeps what DynamoDB promises when calls meet."""

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from bridge.storage.dynamodb import DynamoStore
from bridge.storage.store import Item
from local.aws import EmbeddedAws
from tests.conftest import kept_environment

AT_ONCE = 8
LATER = 4_000_000_000.0


@pytest.fixture
def aws() -> Iterator[EmbeddedAws]:
    """An embedded AWS whose threads give way to each other all the time."""
    interval = sys.getswitchinterval()
    aws = EmbeddedAws()
    with kept_environment():
        aws.start()
        aws.create_queue_and_ledger()
        sys.setswitchinterval(1e-6)
        try:
            yield aws
        finally:
            sys.setswitchinterval(interval)
            aws.stop()


@pytest.mark.usefixtures("aws")
def test_of_those_who_claim_a_post_at_once_one_gets_it() -> None:
    stores = [DynamoStore("ledger") for _ in range(AT_ONCE)]

    def claim(store: DynamoStore, key: str) -> bool:
        return store.put_if(key, Item({"state": "tried"}, LATER), 0)[0]

    with ThreadPoolExecutor(AT_ONCE) as pool:
        for number in range(25):
            won = list(pool.map(claim, stores, [f"post-{number}"] * AT_ONCE))
            assert sum(won) == 1
