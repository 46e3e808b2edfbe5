"""An embedded AWS: moto's server, as far as the bridge needs one."""

import json
import logging
import os
import threading
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import boto3
import requests
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import BaseWSGIServer, make_server

from local.guard import Guarded, new_key

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from mypy_boto3_sqs.literals import QueueAttributeNameType

SECRET_ID = "mattermost-glpi-bridge"

RETENTION: "Mapping[QueueAttributeNameType, str]" = {"MessageRetentionPeriod": str(14 * 24 * 3600)}
"""As in template.yaml."""

START_SECONDS = 120.0
"""So long its first answer may take: more, and it hangs."""

PRETENDED = {
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_DEFAULT_REGION": "eu-central-1",
}


def pretend(endpoint_url: str, key: str) -> None:
    """Point all AWS clients of this process and its children at an emulator.

    Whatever the environment or ~/.aws says about accounts, endpoints and proxies does not count:
    what is meant for the emulator must not leave this machine.

    Args:
        endpoint_url: of the emulator.
        key: their access key id, which it asks for.
    """
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(
        PRETENDED,
        AWS_ACCESS_KEY_ID=key,
        AWS_CONFIG_FILE=os.devnull,
        AWS_SHARED_CREDENTIALS_FILE=os.devnull,
        AWS_IGNORE_CONFIGURED_ENDPOINT_URLS="false",
        AWS_ENDPOINT_URL=endpoint_url,
        NO_PROXY="127.0.0.1,localhost",
        no_proxy="127.0.0.1,localhost",
    )
    boto3.setup_default_session()  # one that was made before may hold real credentials


def create_queue_and_ledger() -> dict[str, str]:
    """Create the queues and the ledger of template.yaml; returns the environment of their names."""
    sqs, dynamodb = boto3.client("sqs"), boto3.client("dynamodb")
    dynamodb.create_table(
        TableName="ledger",
        KeySchema=[{"AttributeName": "post", "KeyType": "HASH"}],
        AttributeDefinitions=[
            {"AttributeName": "post", "AttributeType": "S"},
            {"AttributeName": "open", "AttributeType": "S"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "open",
                "KeySchema": [{"AttributeName": "open", "KeyType": "HASH"}],
                "Projection": {
                    "ProjectionType": "INCLUDE",
                    "NonKeyAttributes": ["seen", "status"],
                },
            }
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    queues = {
        "QUEUE_URL": "queue",
        "LOOK_QUEUE_URL": "looks",
        "ALERT_QUEUE_URL": "alerts",
        "DEAD_LETTER_URL": "dead-letters",
    }
    urls = {
        variable: sqs.create_queue(QueueName=name, Attributes=RETENTION)["QueueUrl"]
        for variable, name in queues.items()
    }
    return {**urls, "LEDGER_TABLE": "ledger"}


class _OneAtATime:
    """One call after the other: of two that meet, both win a claim that one may have (moto 5.2).

    moto looks at a condition and then writes, and it copies a queue to delete from it. Receiving
    does neither, and may wait for messages.
    """

    def __init__(self, app: "WSGIApplication") -> None:
        self._app = app
        self._lock = threading.Lock()

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        if environ.get("HTTP_X_AMZ_TARGET") == "AmazonSQS.ReceiveMessage":
            return self._app(environ, start_response)
        with self._lock:
            return self._app(environ, start_response)


class _Handler(Guarded, MotoRequestHandler):
    """Serves one connection; a subclass carries the `key`."""


class EmbeddedAws:
    """AWS on a port of this machine, for this process; real accounts are out of reach.

    Args:
        port: 0 takes a free one.
        key: the access key id of those who are answered; without one it makes its own.
    """

    def __init__(self, port: int = 0, key: str | None = None) -> None:
        self._port = port
        self._key = key or new_key()

    def start(self) -> None:
        """Start, and point this process's AWS clients here."""
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        handler = type("OwnHandler", (_Handler,), {"key": self._key})
        app = _OneAtATime(DomainDispatcherApplication(create_backend_app))
        self._server: BaseWSGIServer = make_server(
            "127.0.0.1", self._port, app, threaded=True, request_handler=handler
        )
        self._thread = threading.Thread(target=self._server.serve_forever, name="aws", daemon=True)
        self._thread.start()
        url = f"http://127.0.0.1:{self._server.port}"
        pretend(url, self._key)
        headers = {"Authorization": f"Bearer {self._key}"}
        requests.post(f"{url}/moto-api/reset", headers=headers, timeout=START_SECONDS)

    def create_queue_and_ledger(self) -> None:
        """Create what template.yaml creates, and tell the function its names."""
        os.environ.update(create_queue_and_ledger())

    def store_secret(self, value: Mapping[str, object]) -> None:
        """Create the bridge's secret, named SECRET_ID, with this value as JSON."""
        client = boto3.client("secretsmanager")
        client.create_secret(Name=SECRET_ID, SecretString=json.dumps(value))

    def stop(self) -> None:
        """Stop listening; what was stored is forgotten at the next start."""
        self._server.shutdown()
        self._thread.join()
