"""The page for importing lines: choose a file, review the plan, carry it out.

Between looking and doing nothing is stored here. The rows travel with the page instead, encrypted with the keys that encrypt secrets in the database
and bound to their reader and an hour: a file of passwords lies nowhere in clear, neither on the server nor in the browser.
"""

import json
import time
import zlib
from base64 import b64decode, b64encode
from dataclasses import asdict
from functools import partial
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.widgets import SELECT_CLASSES

from sips import line_files
from sips.encryption import DecryptionError, decrypt, encrypt
from sips.line_files import FileRow, LineFile, UnreadableFile, title_of
from sips.line_import import ChangedMeanwhile, Plan, carry_out, plan
from sips.models import Voip
from voipcrm.backoffice.submissions import new_token, redirect_from_dialog, submit_once

SECONDS = 3600
MOST_SHOWN = 200
"""Rows of each kind shown on the page; all are counted."""


class FileForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("File, CSV or XLSX"), error_messages={"required": gettext_lazy("Choose a file.")}
    )
    voip = forms.ModelChoiceField(
        Voip.objects.without_secrets().order_by("name", "pk"),
        label=gettext_lazy("Configuration of rows that name none"),
        required=False,
        empty_label=gettext_lazy("none: such rows are mistakes"),
        widget=forms.Select(attrs={"class": " ".join(SELECT_CLASSES)}),
    )


def show(request: HttpRequest, context: dict[str, object]) -> HttpResponse:
    """The form; for a file its plan; for a confirmed plan a redirect to the list."""
    if "rows" in request.POST:
        confirm = partial(_confirm, request, context)
        return submit_once(request, request.POST.get("once", ""), confirm, otherwise=_list_address())
    form = FileForm(request.POST, request.FILES) if request.method == "POST" else FileForm()
    problem = ""
    if form.is_bound and form.is_valid():
        default = form.cleaned_data["voip"]
        try:
            return _preview(request, context, line_files.read(form.cleaned_data["file"].read()), default)
        except UnreadableFile as unreadable:
            problem = str(unreadable)
    elif form.is_bound:
        problem = " ".join(str(error) for errors in form.errors.values() for error in errors)
    return _page(request, context, form=form, problem=problem)


def _confirm(request: HttpRequest, context: dict[str, object]) -> HttpResponse:
    try:
        file, default, digest = _unpack(request.POST["rows"], request.user)
    except UnreadableFile as unreadable:
        return _page(request, context, form=FileForm(), problem=str(unreadable))
    try:
        done = carry_out(file, default=default, digest=digest, user=cast("User", request.user))
    except ChangedMeanwhile:
        changed = _("Nothing was stored: lines have changed since you looked. Look again.")
        return _preview(request, context, file, default, problem=changed)
    messages.success(request, _summary(done))
    return redirect_from_dialog(request, _list_address())


def _summary(done: Plan) -> str:
    added, changed = len(done.of("add")), len(done.of("change"))
    return " ".join(
        (
            ngettext("%(count)s line added.", "%(count)s lines added.", added) % {"count": added},
            ngettext("%(count)s line changed.", "%(count)s lines changed.", changed) % {"count": changed},
        )
    )


def _preview(
    request: HttpRequest, context: dict[str, object], file: LineFile, default: Voip | None, *, problem: str = ""
) -> HttpResponse:
    found = plan(file, default=default, may_add=request.user.has_perm("sips.add_sip"))
    kinds = [(word, title, found.of(word)) for word, title in ACTIONS]
    preview = {
        "kinds": [
            {
                "word": word,
                "title": title,
                "count": len(rows),
                "rows": rows[:MOST_SHOWN],
                "more": len(rows[MOST_SHOWN:]),
            }
            for word, title, rows in kinds
        ],
        "unread": ", ".join(file.unread),
        "can_store": not found.of("error") and bool(found.of("add") or found.of("change")),
        "has_mistakes": bool(found.of("error")),
        "rows": _pack(file, default, found.digest, request.user),
    }
    return _page(request, context, form=FileForm(initial={"voip": default}), problem=problem, preview=preview)


ACTIONS: Any = (
    ("error", gettext_lazy("cannot be stored")),
    ("add", gettext_lazy("new")),
    ("change", gettext_lazy("changed")),
    ("none", gettext_lazy("as they are")),
)


def _page(request: HttpRequest, context: dict[str, object], **shown: Any) -> HttpResponse:
    columns = [(column, title_of(column)) for column in line_files.COLUMNS]
    page = {"title": _("Import lines"), "once": new_token(), "columns": columns, "problem": "", "preview": None}
    return TemplateResponse(request, "admin/import_lines.html", context | page | shown)


def _list_address() -> str:
    return reverse("admin:sips_sip_changelist")


def _pack(file: LineFile, default: Voip | None, digest: str, user: User | AnonymousUser) -> str:
    content = {
        "user": user.pk,
        "until": time.time() + SECONDS,
        "digest": digest,
        "default": default.pk if default else None,
        "file": asdict(file),
    }
    packed = zlib.compress(json.dumps(content).encode(), 9)
    return encrypt(b64encode(packed).decode())


def _unpack(text: str, user: User | AnonymousUser) -> tuple[LineFile, Voip | None, str]:
    """Raises UnreadableFile for data that this page has not issued to this user within the hour."""
    too_old = UnreadableFile(_("Too much time has passed since you looked. Choose the file again."))
    try:
        content = json.loads(zlib.decompress(b64decode(decrypt(text))))
        file, until, owner = content["file"], content["until"], content["user"]
    except (DecryptionError, ValueError, zlib.error, KeyError, TypeError):
        raise too_old from None
    if until < time.time() or owner != user.pk:
        raise too_old
    default = Voip.objects.without_secrets().filter(pk=content["default"]).first()
    rows = [FileRow(**row) for row in file["rows"]]
    return LineFile(tuple(file["columns"]), rows, tuple(file["unread"])), default, content["digest"]
