"""What is seen of a text: no characters that show nothing, or turn around what follows. Pure.

Unicode calls them control (Cc), format (Cf) and default ignorable characters (here as of Unicode
16); the blank of Braille is a blank. In a title or a file name they can only mislead: behind
U+202E, `fdp.exe` is read as `exe.pdf`, and U+200B makes two names that look alike. These stay,
where taking them away would change what is read:

- signs that are printed, such as the Arabic U+0600 and U+06DD;
- U+200D between two emoji, and the tags of a flag such as Scotland's;
- U+200C and U+200D behind a letter of a script that joins its letters (Arabic to Mongolian, N'Ko,
  Indic, Javanese, Adlam), once;
- a variation selector behind an emoji, a sign, an ideograph or a letter that has variants, once.

Marks of direction go even where such scripts are written: every line finds its direction without
them. Layout of hieroglyphs, shorthand and music goes, the signs stay.
"""

import re

_UNSEEN = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U00013430-\U0001343f"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_BLANK = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2800"
"""What becomes a blank; tab and line breaks are blanks already."""

_EMOJI = (
    "\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001fbff"
)
_JOINING = (
    "\u0620-\u109f\u1700-\u180d\u1810-\u1cff\ua800-\uabff\ufb50-\ufdff\ufe70-\ufefc"
    "\U00010a00-\U00011fff\U0001e900-\U0001e95f"
)
_VARIED = (
    "\u1000-\u109f\u3001-\u312f\u3400-\u9fff\ua840-\ua87f\uaa60-\uaa7f\uf900-\ufaff"
    "\uff01-\uff60\U00010ac0-\U00010aff\U00020000-\U0003ffff"
)
_ODD = re.compile(
    f"(?P<kept>(?<=[{_EMOJI}\ufe0f])\u200d(?=[{_EMOJI}])"
    f"|(?<=[{_JOINING}])[\u200c\u200d]"
    "|(?<=[\u1820-\u18aa])[\u180b-\u180f]"
    f"|(?<=[{_EMOJI}{_VARIED}])[\ufe00-\ufe0f\U000e0100-\U000e01ef]"
    "|(?<=[0-9#*])\ufe0f(?=\u20e3)"
    "|(?<=\U0001f3f4)[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f)"
    f"|(?P<blank>[{_BLANK}])"
    f"|[{_UNSEEN}]"
)
_CONTROL_IN_NAME = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def visible(text: str) -> str:
    """Return what is seen of a text; a control character becomes a blank."""
    return _ODD.sub(lambda found: found["kept"] or (" " if found["blank"] else ""), text)


def visible_name(name: str) -> str:
    """Return what is seen of a file's name; a control character or line break becomes `_`."""
    return visible(_CONTROL_IN_NAME.sub("_", name)).strip()


def is_blank(text: str) -> bool:
    """Say whether nothing is seen of a text."""
    return not visible(text).strip()
