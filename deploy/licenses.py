"""Write LICENSES.txt into a package that is being made: on which terms each part of it may be used.

    python3 deploy/licenses.py FOLDER

FOLDER holds what pip has installed, its metadata included. Runs on whatever Python packs, with
nothing but its standard library.
"""

import re
import sys
from email import message_from_string
from pathlib import Path

ROOT = Path(__file__).parent.parent
OURS = (
    ("The Mattermost to GLPI bridge", ROOT / "LICENSE"),
    ("Its table of emoji", ROOT / "bridge" / "words" / "emojis-LICENSES.txt"),
)
HEAD = "What is in this package, and the licence of each part.\n"
RULE = "=" * 80 + "\n"
WRITTEN = "LICENSES.txt"

_TEXT = re.compile("licen[cs]e|notice|copying|copyright|authors", re.IGNORECASE)


def licences_of(info: Path) -> str:
    """Return a distribution's name and version, and all texts that it brings.

    Args:
        info: its `.dist-info` folder. Texts are in `licenses/` there (PEP 639) or beside METADATA.

    Raises:
        LookupError: it brings none.
    """
    metadata = message_from_string((info / "METADATA").read_text("utf-8"))
    plain = re.sub("[-_.]+", "-", metadata["Name"]).lower()  # as requirements.txt has it
    name = f"{plain} {metadata['Version']}"
    paths = [path for path in sorted(info.rglob("*")) if path.is_file()]
    found = [path for path in paths if "licenses" in path.parts or _TEXT.match(path.name)]
    texts = [text for text in (path.read_text("utf-8").strip() for path in found) if text]
    if not texts:
        raise LookupError(f"{name} brings no licence text: it cannot be packed")
    return _section(name, *texts)


def _section(name: str, *texts: str) -> str:
    return RULE + name + "\n" + RULE + "\n" + "\n\n".join(texts) + "\n"


def main(folder: Path) -> None:
    """Write the file, ours first, then by name; the same each time."""
    ours = [_section(name, path.read_text("utf-8").strip()) for name, path in OURS]
    infos = sorted(folder.glob("*.dist-info"))
    text = "\n".join([HEAD, *ours, *map(licences_of, infos)])
    (folder / WRITTEN).write_bytes(text.encode())


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]))
    except LookupError as error:
        sys.exit(str(error))
