"""Who may use the desk and the API, in the back-office."""

from typing import TYPE_CHECKING, Any

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as PlainGroupAdmin
from django.contrib.auth.admin import UserAdmin as PlainUserAdmin
from django.contrib.auth.models import Group, User
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

from sips.backoffice import BackOfficeAdmin
from voipcrm.models import ApiToken

if TYPE_CHECKING:  # the page of users is generic in its stubs only
    _UserAdmin = PlainUserAdmin[User]
else:
    _UserAdmin = PlainUserAdmin

# Pages of other packages that know nothing of ours: they count and aggregate whole tables.
admin.site.unregister((ProcrastinateJob, AccessAttempt, AccessFailureLog, AccessLog, User, Group))
admin.site.index_title = _("Overview")
# unfold's own hook for further addresses; the switch of languages posts to this one.
admin.site.extra_urls = lambda: [path("language/", set_language, name="set_language")]  # type: ignore[attr-defined]


@admin.register(User)
class UserAdmin(_UserAdmin, BackOfficeAdmin):  # type: ignore[misc]  # both declare formfield_overrides
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_filter = (("is_active", BooleanRadioFilter), ("is_staff", BooleanRadioFilter))


@admin.register(Group)
class GroupAdmin(PlainGroupAdmin, BackOfficeAdmin):  # type: ignore[misc]  # as above
    pass


@admin.register(ApiToken)
class ApiTokenAdmin(BackOfficeAdmin):
    """A token is made here, shown once on the page that answers, and can be switched off; neither it nor its digest is ever shown again."""

    list_display = ("name", "user", "hint", "active", "expires_at", "last_used_at", "created_at")
    list_filter = (("active", BooleanRadioFilter),)
    list_select_related = ("user",)
    ordering = ("-id",)
    search_fields = ("name", "user__username", "hint")
    autocomplete_fields = ("user",)
    readonly_fields = ("hint", "last_used_at", "created_at")
    add_fieldsets: Any = ((None, {"fields": ("user", "name", "expires_at")}),)
    fieldsets = ((None, {"fields": ("user", "name", "hint", "active", "expires_at", "last_used_at", "created_at")}),)

    def get_readonly_fields(self, request: HttpRequest, obj: ApiToken | None = None) -> Any:
        own = super().get_readonly_fields(request, obj)
        return own if obj is None else (*own, "user")

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        """A token has its user's rights, so only a superuser may make one for somebody else."""
        user = request.user
        if db_field.name == "user" and user.pk is not None and not user.is_superuser:
            options["queryset"] = User.objects.filter(pk=user.pk)
        return super().formfield_for_foreignkey(db_field, request, **options)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiToken]:
        rows: QuerySet[ApiToken] = super().get_queryset(request).defer("digest")
        return rows

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        token, obj.secret = ApiToken.objects.issue(obj.user, name=obj.name, expires_at=obj.expires_at)
        obj.pk, obj.hint = token.pk, token.hint

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        """The page with the secret is the answer itself: it passes through no session, cookie or message."""
        shown = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("The new API token"),
            "token": obj,
            "secret": obj.secret,
        }
        return TemplateResponse(request, "admin/token_issued.html", shown)
