"""What the log tells: ids, codes and our own sentences, never a token, never what people wrote."""

import traceback

from aws_lambda_powertools import Logger

from bridge.config.settings import SettingsError
from bridge.net.errors import CallError, ServerError
from bridge.telemetry import SERVICE

logger = Logger(service=SERVICE, level="INFO")


def error_fields(error: CallError) -> dict[str, object]:
    """Return what is logged of a call that did not succeed."""
    fields: dict[str, object] = {"error": type(error).__name__, "code": error.code}
    if isinstance(error, ServerError):
        fields |= {"http_status": error.status, "remedy": error.remedy}
    return fields


def log_setting(sentence: str, error: SettingsError) -> None:
    """Log what a setting at fault keeps from being done."""
    logger.error(sentence, extra={"key": error.key, "problem": error.reason})


def log_unforeseen(error: Exception) -> None:
    """Log the type and the place of an error: its message may hold people's words."""
    places = [f"{f.name}:{f.lineno}" for f in traceback.extract_tb(error.__traceback__)]
    fields = {"error": type(error).__name__, "at": " > ".join(places)}
    logger.error("unforeseen error", extra=fields)
