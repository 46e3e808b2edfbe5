"""MiniStack, an emulator of AWS that is deployed to."""

import os
import secrets
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

from local.steps import ROOT, Failed, step

VENV = ROOT / ".venv"
START_SECONDS = 60.0


def new_account() -> str:
    """Return the number of an account that nobody can guess; it is the key of its owner, too."""
    return str(secrets.choice(range(10**11, 10**12)))


@contextmanager
def emulator(port: int) -> Iterator[None]:
    """Run MiniStack until the block ends; it answers those whom `pretend` gave their key."""
    log = ROOT / ".build" / "ministack.log"
    log.parent.mkdir(exist_ok=True)
    env = {
        **os.environ,
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_ACCOUNT_ID": os.environ["AWS_ACCESS_KEY_ID"],  # of callers without a key
    }
    with log.open("w") as output:
        process = subprocess.Popen(
            [VENV / "ministack" / "bin" / "python", "-m", "local.guarded_ministack"],
            cwd=ROOT,
            env=env,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            with step("start the AWS emulator"):
                _wait_for(port, process)
            yield
        finally:
            process.terminate()
            process.wait(10)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise Failed("the AWS emulator did not start; see .build/ministack.log")
