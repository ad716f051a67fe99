"""Secrets in the API: they go in and never come out."""

from typing import Any

from rest_framework import serializers


class SecretField(serializers.CharField):
    """Write-only text; an empty one removes the secret."""

    def __init__(self, **options: Any) -> None:
        super().__init__(write_only=True, required=False, allow_blank=True, trim_whitespace=False, **options)


class SecretSetField(serializers.BooleanField):
    """Whether there is a secret, in the place where it would be."""

    def __init__(self, **options: Any) -> None:
        super().__init__(read_only=True, **options)

    def to_representation(self, value: Any) -> bool:
        return bool(value)
