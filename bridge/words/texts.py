"""Every sentence a person reads, in Russian and English; `[texts]` in bridge.toml overrides them.

Each answer begins with an emoji, so that none can begin with a trigger word; `accepted_…` and
`follows_…` continue another.
"""

from collections.abc import Mapping
from string import Formatter

ANSWERS: Mapping[str, Mapping[str, str]] = {
    "ru": {
        "accepted": ":white_check_mark: Принято: заявка {t}.",
        "accepted_bot": "Чтобы дополнить её, ответьте в этой ветке, начав со слова «{trigger}».",
        "accepted_files": "Файлы остались в чате, в заявке есть ссылка на них.",
        "accepted_files_unlinked": "Файлы остались в чате.",
        "accepted_files_wait": "Файлы пока остались в чате: бот не может их прочитать.",
        "empty": (
            ":information_source: Напишите после `{trigger}`, что случилось, например: "
            "`{trigger} не печатает принтер, кабинет 305`. Заявка пока не создана."
        ),
        "empty_reply": (
            ":information_source: Вы написали в ветке заявки {t}. Чтобы дополнить её, в той же "
            "ветке напишите после `{trigger}`, что добавить, например: `{trigger} уже печатает`. "
            "Пока ничего не добавлено."
        ),
        "empty_closed": (
            ":information_source: Вы написали в ветке заявки {t}, но она больше не принимает "
            "дополнений. Напишите после `{trigger}`, что случилось, и будет создана новая."
        ),
        "empty_resting": (
            ":information_source: Вы написали в ветке заявки {t}, но её нельзя открыть снова. "
            "Напишите после `{trigger}`, что случилось, и будет создана новая."
        ),
        "empty_message": (
            ":information_source: Напишите после `{trigger}`, что случилось, например: "
            "`{trigger} не печатает принтер, кабинет 305`. Само это сообщение никуда не записано."
        ),
        "unknown_desk": (
            ":grey_question: «{word}» здесь не настроено, заявка не создана. "
            "Здесь работают: {triggers}."
        ),
        "no_desk_here": ":grey_question: «{word}» здесь не настроено, заявка не создана.",
        "queued": (
            ":hourglass_flowing_sand: Сообщение сохранено. GLPI сейчас не отвечает; заявка "
            "появится, как только он заработает. {follows}"
        ),
        "queued_later": (
            ":hourglass_flowing_sand: Сообщение сохранено, заявка появится немного позже. {follows}"
        ),
        "follows_thread": "Её номер придёт сюда. Писать ещё раз не нужно.",
        "follows_reply": "Её номер придёт ответом на ваше сообщение. Писать ещё раз не нужно.",
        "follows_channel": "Её номер придёт в этот канал. Писать ещё раз не нужно.",
        "follows_none": "Писать ещё раз не нужно. Код: {ref}",
        "refused": (
            ":warning: GLPI пока не принимает эту заявку. Сообщение сохранено и будет "
            "зарегистрировано, когда администратор исправит настройки. Если срочно, обратитесь в "
            "поддержку иначе. Код: {ref}"
        ),
        "intercepted": (
            ":warning: Сообщение сохранено, но по дороге в GLPI его не пропустил прокси, "
            "межсетевой экран или страница входа. Причина записана в журнале для администратора, "
            "сообщение будет отправлено ещё раз. Если срочно, обратитесь в поддержку иначе. Код: "
            "{ref}"
        ),
        "too_large": (
            ":x: Для GLPI это сообщение слишком велико, заявки нет. Текст сохранён, администратор "
            "может отправить его снова. Напишите короче или обратитесь в поддержку иначе. Код: "
            "{ref}"
        ),
        "not_confirmed": (
            ":warning: GLPI не подтвердил приём заявки. Если через несколько минут её нет в GLPI, "
            "напишите ещё раз. Код: {ref}"
        ),
        "not_saved": (
            ":x: Сообщение не сохранено, заявки нет. Пожалуйста, отправьте его ещё раз через "
            "несколько минут или обратитесь в поддержку иначе. Код: {ref}"
        ),
        "followup": ":speech_balloon: Добавлено в заявку {t}.",
        "reopened": ":speech_balloon: Добавлено в заявку {t}, она снова в работе.",
        "closed": (
            ":speech_balloon: Заявка {old} больше не принимает дополнений, поэтому создана новая: "
            "{t}."
        ),
        "resting": (
            ":speech_balloon: Заявку {old} нельзя открыть снова, поэтому создана новая: {t}."
        ),
        "accepted_linked": "Они связаны.",
        "accepted_resting": (
            "Открыть её снова GLPI не дал: она по-прежнему решена или отложена, и дополнение могут "
            "не заметить. Если это важно, напишите новое сообщение, не в её ветке."
        ),
        "followup_follows": ":speech_balloon: {author}, добавлено в заявку {t}.",
        "reopened_follows": (
            ":speech_balloon: {author}, добавлено в заявку {t}, она была открыта снова."
        ),
        "closed_follows": (
            ":speech_balloon: {author}, заявка {old} уже не принимала дополнений, поэтому создана "
            "новая: {t}."
        ),
        "resting_follows": (
            ":speech_balloon: {author}, заявку {old} нельзя было открыть снова, поэтому создана "
            "новая: {t}."
        ),
        "files_failed": (":paperclip: В заявку {t} попали не все файлы:\n{files}"),
        "follows_files": "Они остались в чате, в заявке есть ссылка.",
        "follows_files_unlinked": "Они остались в чате.",
        "number_follows": (
            ":white_check_mark: {author}, готово: заявка {t} создана. Спасибо за терпение!"
        ),
        "failed": (
            ":x: {author}, заявку по {message} создать не удалось, попытки шли {hours} ч. Текст "
            "сохранён, администратор может отправить его снова. Пожалуйста, обратитесь в поддержку "
            "иначе. Код: {ref}"
        ),
        "failed_at_once": (
            ":x: {author}, GLPI не принимает заявку по {message}. Текст сохранён, администратор "
            "может отправить его снова. Пожалуйста, обратитесь в поддержку иначе. Код: {ref}"
        ),
        "failed_intercepted": (
            ":x: {author}, заявки по {message} нет: по дороге в GLPI его не пропускает прокси, "
            "межсетевой экран или страница входа. Текст сохранён, причина записана в журнале для "
            "администратора, он может отправить его снова. Пожалуйста, обратитесь в поддержку "
            "иначе. Код: {ref}"
        ),
        "failed_unclear": (
            ":warning: {author}, GLPI так и не подтвердил заявку по {message}: возможно, она есть, "
            "возможно, нет. Поищите её в GLPI или спросите в поддержке. Текст сохранён, "
            "администратор может отправить его снова. Код: {ref}"
        ),
    },
    "en": {
        "accepted": ":white_check_mark: Got it: ticket {t}.",
        "accepted_bot": "To add to it, reply in this thread starting with “{trigger}”.",
        "accepted_files": "The files stay in the chat; the ticket links to them.",
        "accepted_files_unlinked": "The files stay in the chat.",
        "accepted_files_wait": "The files stay in the chat for now: the bot cannot read them.",
        "empty": (
            ":information_source: Say what happened after `{trigger}`, for example: "
            "`{trigger} the printer in room 305 is jammed`. No ticket has been filed yet."
        ),
        "empty_reply": (
            ":information_source: You wrote in the thread of ticket {t}. To add to it, say in that "
            "same thread after `{trigger}` what to add, for example: `{trigger} it prints again`. "
            "Nothing has been added yet."
        ),
        "empty_closed": (
            ":information_source: You wrote in the thread of ticket {t}, which takes no more "
            "additions. Say after `{trigger}` what happened, and a new one will be filed."
        ),
        "empty_resting": (
            ":information_source: You wrote in the thread of ticket {t}, which cannot be opened "
            "again. Say after `{trigger}` what happened, and a new one will be filed."
        ),
        "empty_message": (
            ":information_source: Say what happened after `{trigger}`, for example: "
            "`{trigger} the printer in room 305 is jammed`. This message itself was not filed."
        ),
        "unknown_desk": (
            ":grey_question: “{word}” is not set up here, so no ticket was filed. "
            "What works here: {triggers}."
        ),
        "no_desk_here": ":grey_question: “{word}” is not set up here, so no ticket was filed.",
        "queued": (
            ":hourglass_flowing_sand: Your message is saved. GLPI is not answering right now; the "
            "ticket will be filed as soon as it is back. {follows}"
        ),
        "queued_later": (
            ":hourglass_flowing_sand: Your message is saved; the ticket will appear a little "
            "later. {follows}"
        ),
        "follows_thread": "Its number will come here. No need to write again.",
        "follows_reply": "Its number will come as a reply to your message. No need to write again.",
        "follows_channel": "Its number will come into this channel. No need to write again.",
        "follows_none": "No need to write again. Reference: {ref}",
        "refused": (
            ":warning: GLPI does not accept this ticket yet. Your message is saved and will be "
            "filed once the administrator has corrected the settings. If it is urgent, please "
            "contact support another way. Reference: {ref}"
        ),
        "intercepted": (
            ":warning: Your message is saved, but a proxy, a firewall or a login page did not let "
            "it pass on its way to GLPI. The cause is in the log for the administrator, and the "
            "message will be sent again. If it is urgent, please contact support another way. "
            "Reference: {ref}"
        ),
        "too_large": (
            ":x: This message is too large for GLPI, so there is no ticket. The text is kept and "
            "the administrator can send it again. Please write a shorter one or contact support "
            "another way. Reference: {ref}"
        ),
        "not_confirmed": (
            ":warning: GLPI did not confirm the ticket. If it is not in GLPI in a few minutes, "
            "please write again. Reference: {ref}"
        ),
        "not_saved": (
            ":x: Your message could not be saved and there is no ticket. Please send it again in a "
            "few minutes or contact support another way. Reference: {ref}"
        ),
        "followup": ":speech_balloon: Added to ticket {t}.",
        "reopened": ":speech_balloon: Added to ticket {t}; it is open again.",
        "closed": (
            ":speech_balloon: Ticket {old} takes no more additions, so a new one was filed: {t}."
        ),
        "resting": (
            ":speech_balloon: Ticket {old} cannot be opened again, so a new one was filed: {t}."
        ),
        "accepted_linked": "The two are linked.",
        "accepted_resting": (
            "GLPI did not let it be opened again: it is still solved or on hold, and nobody may "
            "notice the addition. If it matters, please write a new message outside of its thread."
        ),
        "followup_follows": ":speech_balloon: {author}, added to ticket {t}.",
        "reopened_follows": ":speech_balloon: {author}, added to ticket {t}; it was opened again.",
        "closed_follows": (
            ":speech_balloon: {author}, ticket {old} took no more additions, so a new one was "
            "filed: {t}."
        ),
        "resting_follows": (
            ":speech_balloon: {author}, ticket {old} could not be opened again, so a new one was "
            "filed: {t}."
        ),
        "files_failed": (":paperclip: Some files did not reach ticket {t}:\n{files}"),
        "follows_files": "They stay in the chat; the ticket links to them.",
        "follows_files_unlinked": "They stay in the chat.",
        "number_follows": (
            ":white_check_mark: {author}, done: ticket {t} has been filed. Thank you for your "
            "patience!"
        ),
        "failed": (
            ":x: {author}, no ticket could be filed for {message} after {hours} h of trying. The "
            "text is kept and the administrator can send it again. Please contact support another "
            "way. Reference: {ref}"
        ),
        "failed_at_once": (
            ":x: {author}, GLPI does not take {message}. The text is kept and the administrator "
            "can send it again. Please contact support another way. Reference: {ref}"
        ),
        "failed_intercepted": (
            ":x: {author}, there is no ticket for {message}: a proxy, a firewall or a login page "
            "does not let it pass on its way to GLPI. The text is kept, the cause is in the log "
            "for the administrator, who can send it again. Please contact support another way. "
            "Reference: {ref}"
        ),
        "failed_unclear": (
            ":warning: {author}, GLPI has never confirmed the ticket for {message}: there may be "
            "one, or none. Please look for it in GLPI, or ask support. The text is kept and the "
            "administrator can send it again. Reference: {ref}"
        ),
    },
}
"""What the thread answers, by language and key. The placeholders are those of the defaults."""

TICKET: Mapping[str, Mapping[str, str]] = {
    "ru": {
        "title": "Заявка от {user_name}: {first_line}",
        "number": "№\u00a0{number}",
        "files": "Файлы ({count}) остались в чате.",
        "no_words": "файлы без текста",
        "unknown_user": "неизвестного",
        "author": "автор сообщения",
        "message": "вашему сообщению",
        "written": "Написано {written}.",
        "files_failed": "Не все файлы из чата попали в заявку:",
        "file": "файл",
        "too_large": "больше {mb} МБ",
        "too_many": "больше {count} файлов в одном сообщении",
        "refused_file": "GLPI не принял (тип, размер или пустой файл)",
        "closed_ticket": "заявка уже закрыта и не принимает файлов",
        "gone_ticket": "заявки в GLPI больше нет, или она скрыта от бота",
        "no_right_file": "GLPI не разрешает боту прикладывать файлы к этой заявке",
        "denied_file": "у бота нет доступа к файлу",
        "no_bot": "бота в чате больше нет",
        "deleted_file": "файл удалён",
        "late_file": "не удалось перенести, хотя попытки шли несколько дней",
    },
    "en": {
        "title": "Request from {user_name}: {first_line}",
        "number": "#{number}",
        "files": "The files ({count}) stay in the chat.",
        "no_words": "files without words",
        "unknown_user": "unknown",
        "author": "whoever wrote it",
        "message": "your message",
        "written": "Written at {written}.",
        "files_failed": "Some files of the chat did not reach this ticket:",
        "file": "file",
        "too_large": "larger than {mb} MB",
        "too_many": "more than {count} files in one message",
        "refused_file": "refused by GLPI (type, size or empty file)",
        "closed_ticket": "the ticket is closed already and takes no files",
        "gone_ticket": "the ticket is no longer in GLPI, or hidden from the bot",
        "no_right_file": "GLPI does not let the bot add files to this ticket",
        "denied_file": "the bot may not read the file",
        "no_bot": "there is no bot in the chat any more",
        "deleted_file": "the file was deleted",
        "late_file": "could not be carried over in days of trying",
    },
}
"""What the ticket says, and what stands for a name, by language and key."""

FOOTER = "{user_name} · ~{channel_name} · {permalink}"
"""The default of the line under the message, in every language."""


def placeholders(template: str) -> set[str]:
    """Return the names in braces.

    Raises:
        ValueError: a brace is not closed, or a placeholder is more than a name.
    """
    names = set()
    for _, name, spec, conversion in Formatter().parse(template):
        if name is None:
            continue
        if not name.isidentifier() or spec or conversion:
            raise ValueError(name)
        names.add(name)
    return names
