"""API fields that depend on no model: secrets, and ids of other records."""

import re
from typing import Any, TypeVar

from django.db.models import Model
from rest_framework import serializers

_ID = re.compile(r"[0-9]{1,19}|")  # an empty text is null to DRF
_Model = TypeVar("_Model", bound=Model)


class SecretField(serializers.CharField):
    """Write-only text; empty text removes the secret."""

    def __init__(self, *, max_length: int, help_text: str | None = None) -> None:
        super().__init__(
            write_only=True,
            required=False,
            allow_blank=True,
            trim_whitespace=False,
            max_length=max_length,
            help_text=help_text,
        )


class SecretSetField(serializers.BooleanField):
    """Whether a secret is set: from the row if it is loaded, else from the annotation that `without_secrets` adds under this field's name."""

    def __init__(self, *, of: str) -> None:
        self.secret = of
        super().__init__(read_only=True)

    def get_attribute(self, instance: Model) -> bool:
        is_deferred = self.secret in instance.get_deferred_fields()
        return bool(getattr(instance, str(self.field_name) if is_deferred else self.secret))


class IdField(serializers.PrimaryKeyRelatedField[_Model]):
    """The id of another record as a whole number or digits; what Python would round to an id (`1.5`, `1_0`) is refused."""

    def to_internal_value(self, data: Any) -> _Model:
        if isinstance(data, float) or (isinstance(data, str) and not _ID.fullmatch(data)):
            self.fail("incorrect_type", data_type=type(data).__name__)
        return super().to_internal_value(data)
