"""The Docker engine of this machine, as far as `make run` and `sam local` meet it.

It is asked where SAM asks it: at the socket that DOCKER_HOST names, else at the usual one
(aws-sam-cli 1.170; Docker Engine API 1.41, whose paths need no version).
"""

import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from ipaddress import IPv4Interface, IPv4Network
from typing import Any
from urllib.parse import quote

USUAL = "/var/run/docker.sock"
UNIX = "unix://"
SECONDS = 5.0
"""So long an engine may take for an answer: it has nothing to reckon."""


class NoEngine(Exception):
    """There is no engine that can be asked; says why in the words of a sentence's end."""


@dataclass(frozen=True)
class Engine:
    """An engine behind a Unix socket."""

    path: str

    def version(self) -> str:
        """Return the engine's version.

        Raises:
            NoEngine: it does not answer.
        """
        answer = self._get("/version")
        if not isinstance(answer, dict) or "Version" not in answer:
            raise NoEngine(f"what answers at {self.path} is no Docker engine")
        return str(answer["Version"])

    def has_image(self, name: str) -> bool:
        """Tell whether the engine has an image, such as `python:3.13`.

        Raises:
            NoEngine: it does not answer.
        """
        return self._get(f"/images/{quote(name)}/json") is not None

    def bridge(self) -> IPv4Interface | None:
        """Return this machine's address on the default bridge, and the network that is there.

        That is what `host-gateway` means to the engine unless its setting `host-gateway-ip` says
        otherwise. An older engine (20.10) names only the network, of which the first is its own.

        Raises:
            NoEngine: it does not answer.
        """
        network = self._get("/networks/bridge") or {}
        for config in network.get("IPAM", {}).get("Config") or []:
            try:
                subnet = IPv4Network(config["Subnet"])
            except (KeyError, ValueError):
                continue  # one of IPv6
            address = config.get("Gateway") or next(subnet.hosts())
            return IPv4Interface(f"{address}/{subnet.prefixlen}")
        return None

    def _get(self, path: str) -> Any:  # noqa: ANN401 - JSON
        """Return what the engine says, None where it has no such thing."""
        connection = _UnixConnection(self.path)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            answer = response.read()
            if response.status == HTTPStatus.NOT_FOUND:
                return None
            if response.status != HTTPStatus.OK:
                raise NoEngine(f"{self.path} answers {response.status}")
            return json.loads(answer)
        except (OSError, HTTPException, ValueError) as error:
            raise NoEngine(f"{self.path}: {getattr(error, 'strerror', None) or error}") from None
        finally:
            connection.close()


class _UnixConnection(HTTPConnection):
    """HTTP through a Unix socket."""

    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=SECONDS)
        self._path = path

    def connect(self) -> None:
        """Open the socket."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(SECONDS)
        self.sock.connect(self._path)


def engine(env: Mapping[str, str]) -> Engine:
    """Return the engine that these settings name, whether it answers or not.

    Raises:
        NoEngine: they name one that is not behind a Unix socket, and so elsewhere.
    """
    host = env.get("DOCKER_HOST", "").strip() or f"{UNIX}{USUAL}"
    if not host.startswith(UNIX):
        raise NoEngine(f"DOCKER_HOST is {host!r}, and only unix://... is on this machine")
    return Engine(host.removeprefix(UNIX))
