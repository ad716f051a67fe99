"""Users, groups and API tokens in the back-office."""

from typing import TYPE_CHECKING

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django import forms
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as PlainGroupAdmin
from django.contrib.auth.admin import UserAdmin as PlainUserAdmin
from django.contrib.auth.models import AnonymousUser, Group, User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.i18n import set_language
from procrastinate.contrib.django.models import ProcrastinateJob
from unfold.contrib.filters.admin import BooleanRadioFilter
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from sips.staff_line_admin import StaffLineInline
from voipcrm import rights
from voipcrm.audit.entries import AuditEntry
from voipcrm.audit_page import AuditEntryAdmin
from voipcrm.backoffice.model_admin import BackOfficeAdmin
from voipcrm.backoffice.submissions import mark_done
from voipcrm.desk.urls import desk_urls
from voipcrm.figures_page import figures_page
from voipcrm.health_page import health_page
from voipcrm.models import ApiToken
from voipcrm.session_state import session_state

if TYPE_CHECKING:  # the page of users is generic in its stubs only
    from voipcrm.backoffice.unfold_admin import Choice, Choices, ForeignKey, Inlines, ManyToMany, Names

    _UserAdmin = PlainUserAdmin[User]
else:
    _UserAdmin = PlainUserAdmin

# Pages of other packages that know nothing of ours would count and aggregate whole tables.
admin.site.unregister((ProcrastinateJob, AccessAttempt, AccessFailureLog, AccessLog, User, Group))
admin.site.index_title = _("Overview")
admin.site.register(AuditEntry, AuditEntryAdmin)
# unfold's own hook for further addresses; the switch of languages posts to the first one, the pages' script asks the second,
# and the desk is a page of its own.
admin.site.extra_urls = lambda: [  # type: ignore[attr-defined]  # unfold's
    path("language/", set_language, name="set_language"),
    path("session/", session_state, name="session"),
    path("figures/", admin.site.admin_view(figures_page), name="figures"),
    path("health/", admin.site.admin_view(health_page), name="health"),
    *desk_urls(),
]


def _label_rights(field: "Choices | None", user: User | AnonymousUser) -> "Choices | None":
    """The choice of rights that the user may grant, labelled in the reader's language."""
    if field is not None:
        field.queryset = rights.grantable(user)
        vars(field)["label_from_instance"] = rights.label_of
    return field


@admin.register(User)
class UserAdmin(_UserAdmin, BackOfficeAdmin[User]):  # type: ignore[misc]  # Django's takes its form's class, ours any
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_filter = (("is_active", BooleanRadioFilter), ("is_staff", BooleanRadioFilter))
    inlines = (StaffLineInline,)

    def get_inlines(self, request: HttpRequest, obj: User | None) -> "Inlines":
        """A user who does not exist yet has no lines."""
        return super().get_inlines(request, obj) if obj is not None else ()

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or rights.cover_user(request.user, obj))

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or rights.cover_user(request.user, obj))

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> "Names":
        own = super().get_readonly_fields(request, obj)
        return own if request.user.is_superuser else (*own, "is_superuser")

    def formfield_for_manytomany(
        self, db_field: "ManyToMany", request: HttpRequest, **options: object
    ) -> "Choices | None":
        """Users cannot grant rights that they do not have."""
        if db_field.name == "groups":
            options["queryset"] = rights.groups_within(request.user)
        field = super().formfield_for_manytomany(db_field, request, **options)
        return _label_rights(field, request.user) if db_field.name == "user_permissions" else field


@admin.register(Group)
class GroupAdmin(PlainGroupAdmin, BackOfficeAdmin[Group]):
    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or rights.cover_group(request.user, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or rights.cover_group(request.user, obj))

    def formfield_for_manytomany(
        self, db_field: "ManyToMany", request: HttpRequest | None = None, **options: object
    ) -> "Choices | None":
        field = super().formfield_for_manytomany(db_field, request, **options)
        return _label_rights(field, request.user) if request and db_field.name == "permissions" else field


@admin.register(ApiToken)
class ApiTokenAdmin(BackOfficeAdmin[ApiToken]):
    """A token is created here, shown once on the next page, and can be switched off; it is never shown again."""

    list_display = ("name", "user", "hint", "active", "expires_at", "last_used_at", "created_at")
    list_filter = (("active", BooleanRadioFilter),)
    list_select_related = ("user",)
    ordering = ("-id",)
    search_fields = ("name", "user__username", "hint")
    autocomplete_fields = ("user",)
    readonly_fields = ("hint", "last_used_at", "created_at")
    add_fieldsets = ((None, {"fields": ("user", "name", "expires_at")}),)
    fieldsets = ((None, {"fields": ("user", "name", "hint", "active", "expires_at", "last_used_at", "created_at")}),)

    def get_readonly_fields(self, request: HttpRequest, obj: ApiToken | None = None) -> "Names":
        """Activating a token or extending it is like creating one: only for oneself, and with the right to add.
        Tokens of others may only be switched off."""
        own = super().get_readonly_fields(request, obj)
        if obj is None:
            return own
        user = request.user
        if user.is_superuser or (obj.user_id == user.pk and self.has_add_permission(request)):
            return (*own, "user")
        return (*own, "user", "name", "expires_at", *(() if obj.active else ("active",)))

    def formfield_for_foreignkey(
        self, db_field: "ForeignKey", request: HttpRequest, **options: object
    ) -> "Choice | None":
        """A token has its user's rights, so only a superuser may make one for somebody else."""
        user = request.user
        if db_field.name == "user" and user.pk is not None and not user.is_superuser:
            options["queryset"] = User.objects.filter(pk=user.pk)
        return super().formfield_for_foreignkey(db_field, request, **options)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiToken]:
        return super().get_queryset(request).defer("digest")

    def save_model(self, request: HttpRequest, obj: ApiToken, form: "forms.ModelForm[ApiToken]", change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        token, obj.secret = ApiToken.objects.issue(obj.user, name=obj.name, expires_at=obj.expires_at)
        obj.pk, obj.hint = token.pk, token.hint

    def response_add(self, request: HttpRequest, obj: ApiToken, post_url_continue: str | None = None) -> HttpResponse:
        """The response itself shows the secret, so that no session or cookie stores it."""
        shown = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("The new API token"),
            "token": obj,
            "secret": obj.secret,
        }
        return mark_done(TemplateResponse(request, "admin/token_issued.html", shown))
