"""Refused requests in the back-office: read-only, with a button to allow them after all."""

from typing import cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_noop, ngettext
from django.utils.translation import gettext_lazy as _

from autocalls import services
from autocalls.models import Refusal
from autocalls.refusal_words import REFUSALS, refusal_words
from calls.filters import FEWEST_DIGITS, number_is
from sips import phone_numbers
from sips.lines import CannotDial
from voipcrm.backoffice.buttons import DialogForm, button, redirect_from_dialog
from voipcrm.backoffice.display import show_moment, unbroken
from voipcrm.backoffice.filters import ChoiceFilter, ChosenFilter, DayRangeFilter
from voipcrm.backoffice.read_only import ReadOnlyAdmin
from voipcrm.backoffice.reader_links import link, reader_of
from widgets.models import Widget


class WidgetFilter(ChosenFilter):
    title = _("widget")
    parameter_name = "widget"
    model = Widget


class ReasonFilter(ChoiceFilter[Refusal]):
    title = _("why")
    parameter_name = "why"
    choices_shown = tuple(REFUSALS.items())

    def narrow(self, queryset: QuerySet[Refusal], chosen: str) -> QuerySet[Refusal]:
        return queryset.filter(code=chosen)


class RefusalAdmin(ReadOnlyAdmin[Refusal]):
    list_display = ("last", "widget", "why", "shown_number", "address", "times", "allowed")
    list_filter = (WidgetFilter, ReasonFilter, ("last_at", DayRangeFilter))
    ordering = ("-last_at", "-id")
    sortable_by = ()
    search_fields = ("number",)
    search_help_text = _("Number or last digits")
    fieldsets = (
        (None, {"fields": ("widget", "why", "shown_number", "call_at", "name", "note")}),
        (_("Origin"), {"fields": ("address", "page_url", "times", "first_at", "last_at")}),
        (_("Allowed after all"), {"fields": ("allowed_by", "autocall")}),
    )
    readonly_fields = ("why", "shown_number")
    actions = ("allow_selected",)
    actions_detail = ("allow",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Refusal]:
        rows = super().get_queryset(request).select_related("widget", "allowed_by", "autocall")
        return rows.defer("allowed_by__password")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Refusal], search_term: str
    ) -> tuple[QuerySet[Refusal], bool]:
        text = search_term.strip()
        if not text:
            return queryset, False
        is_number = len(phone_numbers.search_digits(text)) >= FEWEST_DIGITS
        return queryset.filter(number_is(text, "number") if is_number else Q(number=text)), False

    def has_allow_permission(self, request: HttpRequest, obj: Refusal | None = None) -> bool:
        return request.user.has_perm("autocalls.change_refusal")

    @button(
        _("Allow"),
        question=_("The number is called after all: at the time asked for, or now if that is over. No limit holds it."),
        permission="allow",
        icon="check",
    )
    def allow(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        refusal = self.get_object(request, object_id)
        if refusal is None:
            raise Http404
        problem = self._allow(request, refusal)
        if problem:
            messages.error(request, problem)
        else:
            messages.success(request, gettext("The call-back is scheduled."))
        return redirect_from_dialog(request, reverse("admin:autocalls_refusal_change", args=[refusal.pk]))

    @admin.action(description=_("Allow the selected requests"), permissions=["allow"])
    def allow_selected(self, request: HttpRequest, queryset: QuerySet[Refusal]) -> None:
        rows = list(queryset)
        problems = [problem for refusal in rows if (problem := self._allow(request, refusal))]
        allowed = len(rows) - len(problems)
        message = ngettext("%(count)s call-back is scheduled.", "%(count)s call-backs are scheduled.", allowed)
        messages.add_message(request, messages.SUCCESS if allowed else messages.WARNING, message % {"count": allowed})
        for problem in sorted(set(problems)):
            messages.warning(request, f"{problem} ({problems.count(problem)})")

    def _allow(self, request: HttpRequest, refusal: Refusal) -> str:
        """Returns why it cannot be allowed, else ""."""
        try:
            services.allow(refusal, cast("User", request.user))
        except services.AlreadyAllowed:
            return gettext("This request is already allowed.")
        except services.AlreadyScheduled:
            return gettext("This widget has an open call-back for this number already.")
        except CannotDial as problem:
            return str(problem)
        except ValueError:
            return gettext("Without a telephone number nobody can be called.")
        self.log_change(request, refusal, gettext_noop("Allowed."))
        return ""

    @admin.display(description=_("last"))
    def last(self, refusal: Refusal) -> SafeString | str:
        return unbroken(show_moment(refusal.last_at))

    @admin.display(description=_("why"))
    def why(self, refusal: Refusal) -> str:
        return refusal_words(refusal.code)

    @admin.display(description=_("number"))
    def shown_number(self, refusal: Refusal) -> SafeString | str:
        return unbroken(phone_numbers.display(refusal.number))

    @admin.display(description=_("allowed"))
    def allowed(self, refusal: Refusal) -> SafeString | str:
        if refusal.autocall is None:
            return str(refusal.allowed_by or "")
        who = f"{refusal.allowed_by}, " if refusal.allowed_by else ""
        state = refusal.autocall.get_status_display()
        return format_html("{}{}", who, link(reader_of(refusal), refusal.autocall, state))
