"""What is seen of a text: nothing that hides, misleads or turns the rest around."""

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.words.visible import is_blank, visible, visible_name

PRINTED = "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
"""Format characters that are seen: they enclose or precede numbers."""

IGNORABLE = {
    *("\u00ad", "\u034f", "\u061c", "\u115f", "\u1160", "\u17b4", "\u17b5", "\u3164", "\uffa0"),
    *map(chr, (*range(0x180B, 0x1810), *range(0x200B, 0x2010), *range(0x202A, 0x202F))),
    *map(chr, (*range(0x2060, 0x2070), *range(0xFE00, 0xFE10), 0xFEFF, *range(0xFFF0, 0xFFF9))),
    *map(chr, (*range(0x1BCA0, 0x1BCA4), *range(0x1D173, 0x1D17B), *range(0xE0000, 0xE1000))),
}
"""Unicode 16, DerivedCoreProperties.txt, Default_Ignorable_Code_Point."""

UNSEEN = [
    char
    for char in map(chr, range(sys.maxunicode + 1))
    if (unicodedata.category(char) in ("Cc", "Cf") or char in IGNORABLE)
    and char not in f"\t\n\r{PRINTED}"
]


def test_nothing_that_is_not_seen_stays_among_letters() -> None:
    assert len(UNSEEN) > 4_000
    for char in UNSEEN:
        seen = visible(f"a{char}b")
        assert seen == ("a b" if unicodedata.category(char) == "Cc" else "ab"), hex(ord(char))


def test_every_other_character_stays() -> None:
    unseen = {*UNSEEN, "\u2800"}
    for char in map(chr, range(sys.maxunicode + 1)):
        if char not in unseen and unicodedata.category(char) != "Cn":
            assert visible(f"a{char}b") == f"a{char}b", hex(ord(char))


@pytest.mark.parametrize(
    "text",
    [
        "👨‍👩‍👧 ❤️‍🔥 🏳️‍🌈 👩🏽‍💻 🤷‍♂️ 🚶‍♀️‍➡️",
        "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
        "می\u200cخواهم چاپگر",
        "ශ්\u200dරී ලංකා",
        "क्\u200dष क्\u200cष",
        "ᠠ\u180eᠡ",
        "5️⃣ ☎️ ©️ #️⃣",
        "葛\U000e0100 〇\ufe00 ≨\ufe00",
        "ᠠ\u180bᠡ",
        "\u0600١٢",
    ],
    ids=[
        "emoji",
        "flag",
        "persian",
        "sinhala",
        "hindi",
        "mongolian",
        "variants",
        "ideographs",
        "letters",
        "number",
    ],
)
def test_what_scripts_and_emoji_need_stays(text: str) -> None:
    assert visible(text) == text


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("счёт\u202egpj.exe", "счётgpj.exe"),
        ("\u2066a\u2069\u200eb\u200f\u061c", "ab"),
        ("при\u200bн\u00adтер\ufeff", "принтер"),
        ("a\u200db \u200d👍 👍\u200d", "ab 👍 👍"),
        ("می\u200c\u200c\u200cخ", "می\u200cخ"),
        ("a\U000e0041\U000e0042b", "ab"),
        ("nul\x00bell\x07\x9b", "nul bell  "),
        ("a\tb\nc", "a\tb\nc"),
        ("doc\u3164\uffa0\ufe0f.exe", "doc.exe"),
        ("5\ufe0f 👍\ufe0f\ufe0f", "5 👍\ufe0f"),
        ("⠓\u2800⠑", "⠓ ⠑"),
    ],
)
def test_what_hides_or_misleads_goes(text: str, seen: str) -> None:
    assert visible(text) == seen


@given(st.text())
def test_what_is_seen_of_it_is_all_that_is_seen(text: str) -> None:
    assert visible(visible(text)) == visible(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", " \n\t\u00a0", "\u200b\u2060\ufeff", "\u202e \u202c", "\x00\x07"),
        *("\u3164\uffa0\u2800", "\ufe0f\u034f", "\u200d\u200c", "\U000e0041"),
    ],
)
def test_nothing_is_seen_of_a_blank_text(text: str) -> None:
    assert is_blank(text)


@pytest.mark.parametrize(
    "text", ["x", "\u200bx", ".", "👍", "\u0600", "\ue000", "می\u200c", "\u0301"]
)
def test_something_is_seen_of_any_other(text: str) -> None:
    assert not is_blank(text)


@pytest.mark.parametrize(
    ("name", "seen"),
    [("fdp\u202e.exe", "fdp.exe"), ("\u3164", ""), ("\ufe0f\u2800", ""), ("a\nb.txt", "a_b.txt")],
)
def test_a_file_is_called_by_what_is_seen_of_its_name(name: str, seen: str) -> None:
    assert visible_name(name) == seen
