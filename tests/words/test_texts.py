"""What people read."""

import pytest

from bridge.words import texts
from bridge.words.richtext import rendered


@pytest.mark.parametrize("catalogue", [texts.ANSWERS, texts.TICKET])
def test_both_languages_have_the_same_sentences_with_the_same_placeholders(
    catalogue: dict[str, dict[str, str]],
) -> None:
    russian, english = catalogue["ru"], catalogue["en"]
    assert russian.keys() == english.keys()
    for key in russian:
        assert texts.placeholders(russian[key]) == texts.placeholders(english[key])


@pytest.mark.parametrize("language", ["ru", "en"])
def test_every_answer_begins_with_an_emoji_and_so_with_no_trigger(language: str) -> None:
    for key, text in texts.ANSWERS[language].items():
        assert text.startswith(":") or key.startswith(("accepted_", "follows_"))


@pytest.mark.parametrize("language", ["ru", "en"])
def test_what_follows_a_list_of_files_is_no_part_of_its_last_line(language: str) -> None:
    words = texts.ANSWERS[language]
    listed = words["files_failed"].format(t="#1", files="- a.exe: refused")
    text = f"{listed}\n\n{words['follows_files']}"
    assert rendered(text).count("<li>") == 1
    assert "<li>a.exe: refused</li>" in rendered(text)


def test_whoever_waited_is_thanked_for_their_patience() -> None:
    assert "Спасибо за терпение!" in texts.ANSWERS["ru"]["number_follows"]
    assert "Thank you for your patience!" in texts.ANSWERS["en"]["number_follows"]


@pytest.mark.parametrize("language", ["ru", "en"])
def test_no_answer_says_that_the_administrator_knows(language: str) -> None:
    """The log knows, and an alarm rings where AlarmEmail is set; whether anybody reads is open."""
    for text in texts.ANSWERS[language].values():
        assert "сообщено" not in text
        assert "has been told" not in text
