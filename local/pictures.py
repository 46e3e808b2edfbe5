"""`make pictures`: take the guides' pictures of a thread, its ticket and doctor beside `make run`.

Chromium takes them. Thread and ticket come in both languages, from a bridge whose `bridge.toml`
says which one to speak.
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

from rich.console import Console
from rich.text import Text

from local.ports import free_ports

ROOT = Path(__file__).parent.parent
PICTURES = ROOT / "docs" / "pictures"
PAGE = (640, 720)
TERMINAL = (960, 900)
COLUMNS = 110
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
    for language, story in STORIES.items():
        with free_ports(5) as port, _running(language, port) as folder:
            _take_story(browser, language, f"http://127.0.0.1:{port + 4}", *story)
            if language == "en":
                _take_doctor(browser, folder)
    return 0


def _take_story(browser: str, language: str, mattermost: str, request: str, reply: str) -> None:
    """Let alice write, and show the thread and the ticket."""
    root = re.findall(r"thread (\w{26})", _say(mattermost, text=request))[0]
    thread = _say(mattermost, text=reply, root=root)
    ticket = re.findall(r"\((http\S+ticket\.form\.php\S+)\)", thread)[0]
    _take(browser, mattermost, PICTURES / f"thread-{language}.png", PAGE)
    _take(browser, ticket, PICTURES / f"ticket-{language}.png", PAGE)


def _take_doctor(browser: str, folder: Path) -> None:
    """Show what doctor prints, in its colours."""
    command = [sys.executable, "manage.py", "--env", ".build/run.env", "doctor"]
    env = {**os.environ, "FORCE_COLOR": "1", "COLUMNS": str(COLUMNS)}
    said = subprocess.run(
        command, cwd=folder, env=env, capture_output=True, text=True, timeout=MAY_TAKE_SECONDS
    )
    with Path(os.devnull).open("w") as nowhere:
        console = Console(file=nowhere, record=True, width=COLUMNS)
        console.print(Text.from_ansi(said.stdout))
    page = folder / "doctor.html"
    console.save_html(str(page))
    _take(browser, page.as_uri(), PICTURES / "doctor.png", TERMINAL)


@contextmanager
def _running(language: str, port: int) -> Iterator[Path]:
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
                yield folder
            finally:
                process.terminate()
                process.communicate()


def _say(mattermost: str, **fields: str) -> str:
    data = urllib.parse.urlencode({"user": "alice", **fields}).encode()
    request = urllib.request.Request(f"{mattermost}/say", data)  # noqa: S310 - our own address
    with urllib.request.urlopen(request, timeout=MAY_TAKE_SECONDS) as answer:  # noqa: S310
        text: str = answer.read().decode()
    return text


def _take(browser: str, url: str, picture: Path, size: tuple[int, int]) -> None:
    width, height = size
    subprocess.run(
        [
            *(browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"),
            *(f"--window-size={width},{height}", f"--screenshot={picture}", url),
        ],
        check=True,
        capture_output=True,
        timeout=MAY_TAKE_SECONDS,
    )


if __name__ == "__main__":
    sys.exit(main())
