"""`make pictures`: draw README's pictures of a thread and its ticket, as `make run` shows them.

Chromium takes them, in both languages, of a bridge that is told in a `bridge.toml` of its own which
one to speak.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.ports import free_ports

ROOT = Path(__file__).parent.parent
PICTURES = ROOT / "docs" / "pictures"
WIDTH, HEIGHT = 640, 600
STORIES = {
    "en": ("112 **The printer** in 305 is on fire\n- smoke\n- no paper", "112 The door is hot"),
    "ru": ("112 **Принтер** в 305 горит\n- дым\n- нет бумаги", "112 Дверь горячая"),
}
"""For each language what alice writes, and what she adds in the thread."""

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
MAY_TAKE_SECONDS = 60


def main() -> int:
    """Draw all pictures; returns the exit code."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        print("Chromium takes the pictures, and there is none; on Debian: apt install chromium")
        return 1
    PICTURES.mkdir(exist_ok=True)
    for language, (request, reply) in STORIES.items():
        with free_ports(5) as port, _running(language, port):
            mattermost = f"http://127.0.0.1:{port + 4}"
            thread = _say(mattermost, text=request)
            root = re.findall(r"thread (\w{26})", thread)[0]
            with_reply = _say(mattermost, text=reply, root=root)
            ticket = re.findall(r"\((http\S+ticket\.form\.php\S+)\)", with_reply)[0]
            _take(browser, mattermost, PICTURES / f"thread-{language}.png")
            _take(browser, ticket, PICTURES / f"ticket-{language}.png")
    return 0


@contextmanager
def _running(language: str, port: int) -> Iterator[None]:
    """Run `make run`'s program in a folder that differs from this one by its language."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for path in (*ROOT.glob("*.py"), ROOT / "bridge", ROOT / "local", ROOT / "operations"):
            (folder / path.name).symlink_to(path)
        rules = (ROOT / "bridge.toml").read_text("utf-8")
        rules = re.sub(r'^language = "\w+"', f'language = "{language}"', rules, flags=re.MULTILINE)
        (folder / "bridge.toml").write_text(rules, "utf-8")
        env = {k: v for k, v in os.environ.items() if not k.startswith(("GLPI_", "MATTERMOST_"))}
        with subprocess.Popen(
            [sys.executable, "-m", "local"],
            cwd=folder,
            env={**env, "PORT": str(port), "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                if not any("Ctrl-C" in line for line in process.stdout or ()):
                    raise RuntimeError("make run did not start")
                yield
            finally:
                process.terminate()
                process.communicate()


def _say(mattermost: str, **fields: str) -> str:
    data = urllib.parse.urlencode({"user": "alice", **fields}).encode()
    request = urllib.request.Request(f"{mattermost}/say", data)  # noqa: S310 - our own address
    with urllib.request.urlopen(request, timeout=MAY_TAKE_SECONDS) as answer:  # noqa: S310
        text: str = answer.read().decode()
    return text


def _take(browser: str, url: str, picture: Path) -> None:
    subprocess.run(
        [
            *(browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"),
            *(f"--window-size={WIDTH},{HEIGHT}", f"--screenshot={picture}", url),
        ],
        check=True,
        capture_output=True,
        timeout=MAY_TAKE_SECONDS,
    )


if __name__ == "__main__":
    sys.exit(main())
