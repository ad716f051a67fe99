"""JSON logs: one object per line, each with the request's id, none with a secret."""

import logging
import re
from datetime import UTC, datetime
from typing import Any, cast

import structlog
from structlog.typing import EventDict, WrappedLogger

_SECRETS = (
    (re.compile(r"((?:api_token|visitor_token|form_token|password|api_key)=)[^&\s\"']+"), r"\1…"),
    (re.compile(r"(/voip/webhooks/[^/\s]+/)[^/\s?\"']+"), r"\1…"),
    (re.compile(r"vcrm_[A-Za-z0-9]+"), "vcrm_…"),
    # Anything that looks like a webhook secret or an API token, wherever it appears; request ids have only lower-case letters.
    (re.compile(r"(?<![\w-])(?=[a-z0-9_-]*[A-Z])[A-Za-z0-9_-]{32,}(?![\w-])"), "…"),
)
_PLAIN_HOST = re.compile(r"[A-Za-z0-9.:\[\]-]{1,100}")


def redact(text: str) -> str:
    """The text without credentials: tokens in query strings, webhook secrets in paths."""
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    return text


class WithoutPath(logging.Filter):
    """Logs a request by the name of its view: a path may hold a mistyped webhook secret, or a number. A refusal is no error of ours, so it has
    no traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        request = getattr(record, "request", None)
        if request is None:
            return True
        match = getattr(request, "resolver_match", None)
        if isinstance(record.args, tuple) and record.args:  # Django's texts end with the path
            record.args = (*record.args[:-1], match.view_name if match else "no view")
        else:  # the text of an exception, which repeats what was sent
            record.msg = record.name.rpartition(".")[2]
        if record.name.endswith("DisallowedHost"):
            host = request.META.get("HTTP_HOST", "")
            record.host = host if _PLAIN_HOST.fullmatch(host) else "…"
        if getattr(record, "status_code", 500) < 500:
            record.exc_info = None
        return True


def _redact_event(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    return {key: _redact_value(value) for key, value in event.items()}


def _redact_value(value: object) -> object:
    """The value as JSON, redacted at every depth; other types as text."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, dict):
        return {redact(str(key)): _redact_value(member) for key, member in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_redact_value(member) for member in value]
    return redact(str(value))


def _drop_unserializable(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    """Django's records carry the request and the connection in `extra`; neither belongs in a log."""
    return {key: value for key, value in event.items() if key not in {"request", "sock", "server_time"}}


ACCESS = "voipcrm.access"


class Lines(structlog.stdlib.ProcessorFormatter):
    """One JSON object per line. The access log has a fast path: its fields are known, and only the client's request id can hold something to
    redact."""

    def format(self, record: logging.LogRecord) -> str:
        return access_line(cast("AccessRecord", record)) if record.name == ACCESS else super().format(record)


class AccessRecord(logging.LogRecord):
    """One of `voipcrm.middleware.request_log`."""

    request_id: str
    method: str
    view: str | None
    status: int
    milliseconds: float


_ACCESS_LINE = (
    f'{{"event": "request", "request_id": "%s", "level": "info", "logger": "{ACCESS}", "method": "%s", "view": %s, '
    '"status": %d, "milliseconds": %s, "timestamp": "%sZ"}'
)


def access_line(record: AccessRecord) -> str:
    """Its texts need no escapes. What `redact` finds in an id has an underscore or a capital."""
    request_id, view = record.request_id, record.view
    if "_" in request_id or not request_id.islower():
        request_id = redact(request_id)
    moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="microseconds").removesuffix("+00:00")
    named = f'"{view}"' if view else "null"
    return _ACCESS_LINE % (request_id, record.method, named, record.status, record.milliseconds, moment)


GATHERED = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.ExtraAdder(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
]
"""Processors that complete an event."""
WRITTEN = [
    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
    _drop_unserializable,
    _redact_event,
    structlog.processors.JSONRenderer(),
]
"""Processors that clean an event and render it."""


def logging_config(level: str) -> dict[str, Any]:
    """For `logging.config`: everything to standard error."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": Lines,
                "foreign_pre_chain": GATHERED,
                "processors": WRITTEN,
            }
        },
        "filters": {"without_path": {"()": WithoutPath}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json", "filters": ["without_path"]}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {"level": level},
            "django.server": {"handlers": ["stderr"], "propagate": False, "level": level},
            "django.request": {"level": "ERROR"},  # refusals are logged by voipcrm.access
            "procrastinate": {"level": "WARNING"},
            "axes": {"level": "WARNING"},
            "httpcore": {"level": "WARNING"},  # below that it logs the headers of every response
        },
    }
