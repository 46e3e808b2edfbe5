"""An embedded AWS: moto's server, as far as the bridge needs one."""

import json
import logging
import os
from collections.abc import Mapping

import boto3
from moto.server import ThreadedMotoServer

SECRET_ID = "mattermost-glpi-bridge"

PRETENDED = {
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_DEFAULT_REGION": "eu-central-1",
}


class EmbeddedAws:
    """AWS on a free port of this machine, for this process; real accounts are out of reach."""

    def __init__(self) -> None:
        self._server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)

    def start(self) -> None:
        """Start, and point this process's AWS clients here."""
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self._server.start()
        host, port = self._server.get_host_and_port()
        for name in [n for n in os.environ if n.startswith("AWS_")]:
            del os.environ[name]
        os.environ.update(PRETENDED, AWS_ENDPOINT_URL=f"http://{host}:{port}")

    def store_secret(self, value: Mapping[str, object]) -> None:
        """Create the bridge's secret."""
        client = boto3.client("secretsmanager")
        client.create_secret(Name=SECRET_ID, SecretString=json.dumps(value))

    def stop(self) -> None:
        """Stop the server."""
        self._server.stop()
