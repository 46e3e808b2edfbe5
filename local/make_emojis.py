"""Write `emojis.py`: the names of emoji as Mattermost knows them, from the sources it uses itself.

Names and characters come from emoji-datasource 16.0.0 (npm, MIT, github.com/iamcal/emoji-data);
GitHub's names, which Mattermost keeps beside them, from emoji 2.16.0 (PyPI, BSD). Development only:

    npm pack emoji-datasource@16.0.0 && tar xzf emoji-datasource-16.0.0.tgz package/emoji.json
    pip download --no-deps emoji==2.16.0 && unzip emoji-2.16.0-*.whl emoji/unicode_codes/emoji.json
    python -m local.make_emojis package/emoji.json emoji/unicode_codes/emoji.json
"""

import json
import re
import sys
import textwrap
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parent.parent / "bridge" / "words" / "emojis.py"
NAME = re.compile(r"[a-z0-9_+-]{1,100}")
MODULE = '''"""Emoji by the names that Mattermost gives them. Written by `local/make_emojis.py`.

From emoji-datasource 16.0.0 (MIT, Cal Henderson) and, for GitHub's names, emoji 2.16.0 (BSD,
Taehoon Kim and Kevin Wurster). Loaded only for a message that holds a `:name:`.
"""

from functools import lru_cache

_TONES = {{
    "_light_skin_tone": "\\U0001f3fb",
    "_medium_light_skin_tone": "\\U0001f3fc",
    "_medium_skin_tone": "\\U0001f3fd",
    "_medium_dark_skin_tone": "\\U0001f3fe",
    "_dark_skin_tone": "\\U0001f3ff",
}}


def character(name: str) -> str:
    """Return the emoji of a name, in the skin tone that it may end with; "" for an unknown one."""
    plain, toned = _tables()
    if found := plain.get(name) or toned.get(name):
        return found
    for ending in sorted(_TONES, key=len, reverse=True):
        if name.endswith(ending) and (found := toned.get(name.removesuffix(ending))):
            return found[0] + _TONES[ending] + found[1:].removeprefix("\\ufe0f")
    return ""


@lru_cache(1)
def _tables() -> tuple[dict[str, str], dict[str, str]]:
    """Return the emoji without skin tones and those that have them."""
    plain, toned = _PLAIN.split(), _TONED.split()
    return (
        dict(zip(plain[::2], plain[1::2], strict=True)),
        dict(zip(toned[::2], toned[1::2], strict=True)),
    )


_PLAIN = """
{plain}
"""

_TONED = """
{toned}
"""
'''


def characters(unified: str) -> str:
    """Return the characters of `1F44D-1F3FB`."""
    return "".join(chr(int(code, 16)) for code in unified.split("-"))


def takes_tones(emoji: Mapping[str, Any]) -> bool:
    """Say whether a tone goes behind the first character, as `character` does it."""
    base = characters(emoji["unified"])
    return bool(emoji.get("skin_variations")) and all(
        characters(variation["unified"])
        == base[0] + characters(tone) + base[1:].removeprefix("\ufe0f")
        for tone, variation in emoji["skin_variations"].items()
    )


def module(datasource: Iterable[Mapping[str, Any]], github: Mapping[str, Any]) -> str:
    """Return the source of `emojis.py`.

    Args:
        datasource: emoji-datasource's `emoji.json`.
        github: the `emoji` package's: characters to `{"en": ":name:", "alias": [":name:"]}`.
    """
    bare = {
        char.replace("\ufe0f", ""): [names["en"], *names.get("alias", [])]
        for char, names in github.items()
    }
    plain: dict[str, str] = {}
    toned: dict[str, str] = {}
    for emoji in sorted(datasource, key=lambda emoji: emoji["sort_order"]):
        char = characters(emoji["unified"])
        others = bare.get(char.replace("\ufe0f", ""), [])
        for name in filter(
            NAME.fullmatch, [*emoji["short_names"], *(n.strip(":") for n in others)]
        ):
            (toned if takes_tones(emoji) else plain).setdefault(name, char)
    return MODULE.format(plain=_words(plain), toned=_words(toned))


def _words(table: Mapping[str, str]) -> str:
    pairs = " ".join(f"{name} {char}" for name, char in table.items())
    return textwrap.fill(pairs, 84, break_long_words=False, break_on_hyphens=False)


if __name__ == "__main__":
    sources = [json.loads(Path(path).read_text("utf-8")) for path in sys.argv[1:3]]
    TARGET.write_text(module(*sources), "utf-8")
