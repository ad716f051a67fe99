"""Request bodies: JSON or forms, flat or wrapped in the resource's name."""

import json
import math
import re
from collections.abc import Iterable, Mapping
from typing import IO, cast
from urllib.parse import parse_qsl

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.parsers import BaseParser, JSONParser, MultiPartParser
from rest_framework.request import Request

from voipcrm.rest.bodies import FormBody, Repeated

DEEPEST = 20
_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_KEY = re.compile(r"\[([^\[\]]*)\]")


class WrappedJSONParser(JSONParser):
    """`{"sip": {"name": …}}` and `{"name": …}` are equivalent for the resource `sip`. Text that cannot be stored is refused here, centrally."""

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, object] | None = None
    ) -> dict[str, object]:
        try:
            body: object = super().parse(stream, media_type, parser_context)
        except (ParseError, RecursionError, UnicodeDecodeError, ValueError) as problem:
            raise ParseError(_cannot_be_read(problem)) from problem
        return _unwrap(body, parser_context)


def _cannot_be_read(problem: Exception) -> str:
    """DRF reports Python's parser error in English only; the position of the error helps in any language."""
    found = problem.__context__ if isinstance(problem, ParseError) else problem
    if isinstance(found, json.JSONDecodeError):
        message = _("The body cannot be read as JSON from line %(line)s, column %(column)s on.")
        return message % {"line": found.lineno, "column": found.colno}
    return _("The body cannot be read as JSON.")


class WrappedFormParser(BaseParser):
    """`number_from=…` and `call[number_from]=…` are equivalent for the resource `call`."""

    media_type = "application/x-www-form-urlencoded"

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, object] | None = None
    ) -> dict[str, object]:
        _refuse_too_large(parser_context)
        try:
            pairs = parse_qsl(
                stream.read().decode(),
                keep_blank_values=True,
                errors="strict",
                max_num_fields=settings.DATA_UPLOAD_MAX_NUMBER_FIELDS,
            )
        except ValueError as problem:  # UnicodeDecodeError is one
            raise ParseError(_("The form cannot be read: it must be URL-encoded UTF-8.")) from problem
        return _unwrap(read_form(pairs), parser_context)


class WrappedMultiPartParser(BaseParser):
    """The same as multipart, without files: no field takes one."""

    media_type = "multipart/form-data"

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, object] | None = None
    ) -> dict[str, object]:
        _refuse_too_large(parser_context)
        try:
            parsed = MultiPartParser().parse(stream, media_type, parser_context)
        except RequestDataTooBig:
            raise
        except (SuspiciousOperation, UnicodeError, ValueError) as problem:
            raise ParseError(_("The form cannot be read.")) from problem
        if parsed.files:
            raise ParseError(_("Files are not taken."))
        pairs = [(name, value) for name, values in parsed.data.lists() for value in values]
        return _unwrap(read_form(pairs), parser_context)


def _refuse_too_large(parser_context: Mapping[str, object] | None) -> None:
    """Django limits what it keeps in memory; an uploaded file, which no field takes, would fill the disk first."""
    request = cast("Request", parser_context["request"]) if parser_context else None
    announced = int(request.META.get("CONTENT_LENGTH") or 0) if request else 0
    if announced > (settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0):
        raise RequestDataTooBig


def read_form(pairs: Iterable[tuple[str, str]]) -> FormBody:
    """The object that the inputs describe: `a[b]=x` is `{"a": {"b": "x"}}`, `a[]=x` and `a[0]=x` are `{"a": ["x"]}`."""
    body = FormBody()
    for name, value in pairs:
        found = _NAME.fullmatch(name)
        if found is None:
            raise ParseError(_("“%(name)s” is no name of a form's input.") % {"name": name[:100]})
        path = [found[1], *_KEY.findall(found[2])]
        if len(path) > DEEPEST or "" in path[:-1]:
            raise ParseError(_("“%(name)s” cannot be read; write lists of lists as a[0][0].") % {"name": name[:100]})
        _put(body, path, value, name)
    return FormBody((name, _lists(value)) for name, value in body.items())


def _put(body: FormBody, path: list[str], value: str, name: str) -> None:
    """Repeated plain names and `a[]` are collected in a list."""
    is_list = path[-1] == ""
    if is_list:
        path = path[:-1]
    inner = body
    for key in path[:-1]:
        deeper = inner.setdefault(key, FormBody())
        if not isinstance(deeper, FormBody):
            raise ParseError(_("“%(name)s” contradicts another input of the form.") % {"name": name[:100]})
        inner = deeper
    before = inner.get(path[-1])
    if isinstance(before, FormBody):
        raise ParseError(_("“%(name)s” contradicts another input of the form.") % {"name": name[:100]})
    if before is None:
        inner[path[-1]] = Repeated([value]) if is_list else value
    else:
        inner[path[-1]] = Repeated([*(before if isinstance(before, Repeated) else [before]), value])


def _lists(value: object) -> object:
    """An object with the names 0, 1, 2, … stands for a list."""
    if not isinstance(value, FormBody):
        return value
    inner = {name: _lists(member) for name, member in value.items()}
    if list(inner) and set(inner) == {str(index) for index in range(len(inner))}:
        return [inner[str(index)] for index in range(len(inner))]
    return FormBody(inner)


def _unwrap(body: object, parser_context: Mapping[str, object] | None) -> dict[str, object]:
    """Fields beside a wrapper would be ignored, so they are refused."""
    _refuse_unstorable(body)
    resource = getattr((parser_context or {}).get("view"), "resource", "")
    if resource and isinstance(body, dict) and isinstance(wrapped := body.get(resource), dict):
        beside = sorted(str(name) for name in body if name != resource)
        if beside:
            message = _("Beside “%(wrapper)s” nothing is read: put this field into it.") % {"wrapper": resource}
            raise ValidationError({name: [message] for name in beside})
        return wrapped
    return cast("dict[str, object]", body)  # what is none, the serializer refuses


def _refuse_unstorable(value: object, depth: int = 0) -> None:
    """PostgreSQL stores neither NUL characters nor lone surrogates, `1e400` parses as infinity, and a body nested deeper than any of ours is an
    attack."""
    if depth > DEEPEST:
        raise ParseError(_("The body is nested deeper than %(deepest)s.") % {"deepest": DEEPEST})
    if isinstance(value, str):
        if "\x00" in value or not _is_unicode(value):
            raise ParseError(_("The body holds a character that cannot be stored: NUL, or half of a surrogate pair."))
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise ParseError(_("The body holds a number that is too large."))
    elif isinstance(value, dict):
        for name, member in value.items():
            _refuse_unstorable(name, depth + 1)
            _refuse_unstorable(member, depth + 1)
    elif isinstance(value, list):
        for member in value:
            _refuse_unstorable(member, depth + 1)


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
