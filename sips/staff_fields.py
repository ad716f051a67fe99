"""Staff users in the API, identified only by their login names."""

from typing import Any

import django_filters
from django.contrib.auth.models import User
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers


class UsernameField(serializers.SlugRelatedField[User]):
    """A user's login name, null for nobody."""

    def __init__(self, **options: Any) -> None:
        if options.get("read_only"):
            options.setdefault("allow_null", True)
        else:
            options.setdefault("queryset", User.objects.filter(is_active=True).defer("password"))
        super().__init__(
            slug_field="username", error_messages={"does_not_exist": _("There is no active user “{value}”.")}, **options
        )

    def to_internal_value(self, data: object) -> User:
        if not isinstance(data, str) or "\x00" in data:
            self.fail("invalid")
        return super().to_internal_value(data)


class UsernameFilter(django_filters.CharFilter):
    """By login name, exactly."""

    def __init__(self, field_name: str, **options: Any) -> None:
        super().__init__(field_name=f"{field_name}__username", max_length=150, **options)
