"""JSON logs, one object a line, each with the request's id, none with a secret."""

import re
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

_SECRETS = (
    (re.compile(r"((?:api_token|visitor_token|form_token|password|api_key)=)[^&\s\"']+"), r"\1…"),
    (re.compile(r"(/voip/webhooks/[^/\s]+/)[^/\s?\"']+"), r"\1…"),
    (re.compile(r"vcrm_[A-Za-z0-9]+"), "vcrm_…"),
)


def redact(text: str) -> str:
    """The text without what authenticates: tokens in query strings, webhook secrets in paths."""
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    return text


def _redact_event(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    return {key: _redact_value(value) for key, value in event.items()}


def _redact_value(value: Any) -> Any:
    """The value as JSON can hold it, redacted at every depth; what JSON does not know is written as its text."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, dict):
        return {redact(str(key)): _redact_value(member) for key, member in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_redact_value(member) for member in value]
    return redact(str(value))


def _drop_unserializable(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    """`extra` of Django's own records holds the request and the connection; neither belongs into a log."""
    return {key: value for key, value in event.items() if key not in {"request", "sock", "server_time"}}


def logging_config(level: str) -> dict[str, Any]:
    """For `logging.config`: everything to standard error."""
    shared = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": "structlog.stdlib.ProcessorFormatter",
                "foreign_pre_chain": shared,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    _drop_unserializable,
                    _redact_event,
                    structlog.processors.JSONRenderer(),
                ],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {"level": level},
            "django.server": {"handlers": ["stderr"], "propagate": False, "level": level},
            "procrastinate": {"level": "WARNING"},
            "axes": {"level": "WARNING"},
            "httpcore": {"level": "WARNING"},  # below that it tells the headers of every answer
        },
    }
