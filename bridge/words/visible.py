"""What is seen of a text: no characters that show nothing, or turn around what follows. Pure.

Unicode calls them control (Cc) and format characters (Cf, here as of Unicode 16). In a title or a
file name they can only mislead: behind U+202E, `fdp.exe` is read as `exe.pdf`, and U+200B makes
two names that look alike. Of Cf these stay, where taking them away would change what is read:

- signs that are printed, such as the Arabic U+0600 and U+06DD;
- U+200D between two emoji, and the tags of a flag such as Scotland's;
- U+200C and U+200D behind a letter of a script that joins its letters (Arabic to Mongolian, N'Ko,
  Indic, Javanese, Adlam), once;
- U+180E behind a Mongolian letter.

Marks of direction go even where such scripts are written: every line finds its direction without
them. Layout of hieroglyphs, shorthand and music goes, the signs stay.
"""

import re

_PRINTED = "\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
_FORMAT = (
    "\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff0-\ufffb"
    "\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e00ff"
)
_CONTROL = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"
"""Without tab and line breaks, which are blanks."""

_EMOJI = (
    "\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001fbff"
)
_JOINING = (
    "\u0620-\u109f\u1700-\u180d\u1810-\u1cff\ua800-\uabff\ufb50-\ufdff\ufe70-\ufefc"
    "\U00010a00-\U00011fff\U0001e900-\U0001e95f"
)
_UNSEEN = re.compile(
    f"(?P<kept>(?<=[{_EMOJI}\ufe0f])\u200d(?=[{_EMOJI}])"
    f"|(?<=[{_JOINING}])[\u200c\u200d]"
    "|(?<=[\u1820-\u18aa])\u180e"
    "|(?<=\U0001f3f4)[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f)"
    f"|(?P<control>[{_CONTROL}])"
    f"|[{_FORMAT}]"
)
_CONTROL_IN_NAME = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_EMPTY_LETTERS = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U000e0100-\U000e01ef]"
)
"""Letters, marks and variation selectors that show nothing by themselves."""


def visible(text: str) -> str:
    """Return what is seen of a text; a control character becomes a blank."""
    if text.isprintable():
        return text
    return _UNSEEN.sub(lambda found: found["kept"] or (" " if found["control"] else ""), text)


def visible_name(name: str) -> str:
    """Return what is seen of a file's name; a control character or line break becomes `_`."""
    return visible(_CONTROL_IN_NAME.sub("_", name)).strip()


def is_blank(text: str) -> bool:
    """Say whether nothing is seen of a text."""
    return not _EMPTY_LETTERS.sub("", visible(text)).strip()
