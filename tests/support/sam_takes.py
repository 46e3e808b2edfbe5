"""Whether the SAM CLI itself takes commands; run by the Python of `.venv/deploy`, which has it.

Standard input is JSON, a list of commands in words, without `sam`. Standard output is a list of
what SAM has against each, "" where it takes it. Nothing is done: options are read as SAM reads
them, those of samconfig.toml in the current folder included.
"""

import json
import sys
from typing import Any

import click
from samcli.cli.context import Context
from samcli.cli.main import cli


def against(words: list[str]) -> str:
    """Return why SAM does not take a command, "" when it does."""
    try:
        context = click.Context(cli, info_name="sam", obj=Context())
        command: Any = cli
        while words and isinstance(command, click.Group):
            if words[0] in ("--version", "--help"):
                return ""
            name, *words = words
            command = command.get_command(context, name)
            if command is None:
                return f"no such command: {name}"
            if isinstance(command, click.Group):
                context = click.Context(command, info_name=name, parent=context, obj=context.obj)
        if isinstance(command, click.Group):
            return "a command is missing"
        command.make_context(command.name, words, parent=context)
    except click.ClickException as error:
        return error.format_message()
    return ""


if __name__ == "__main__":
    json.dump([against(words) for words in json.load(sys.stdin)], sys.stdout)
