"""Staff users in the API, identified only by their login names."""

import django_filters
from django.contrib.auth.models import User
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers


class UsernameField(serializers.SlugRelatedField[User]):
    """A user's login name, null for nobody."""

    def __init__(
        self,
        *,
        read_only: bool = False,
        required: bool | None = None,
        allow_null: bool = False,
        help_text: str | None = None,
    ) -> None:
        super().__init__(
            slug_field="username",
            error_messages={"does_not_exist": _("There is no active user “{value}”.")},
            queryset=None if read_only else User.objects.filter(is_active=True).defer("password"),
            read_only=read_only,
            required=required,
            allow_null=allow_null or read_only,
            help_text=help_text,
        )

    def to_internal_value(self, data: object) -> User:
        if not isinstance(data, str) or "\x00" in data:
            self.fail("invalid")
        return super().to_internal_value(data)


class UsernameFilter(django_filters.CharFilter):
    """By login name, exactly."""

    def __init__(self, field_name: str, *, help_text: str) -> None:
        super().__init__(field_name=f"{field_name}__username", max_length=150, help_text=help_text)
