import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from rest_framework import serializers

from calls.models import Call
from calls.statuses import Kind, Status, parse_kind, parse_status
from sips.fields import SipIdField, VoipIdField, write_numbers

EARLIEST = datetime(1980, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)
LARGEST_ID = 2**63 - 1
LONGEST_CALL = 2**31 - 1


def within_reason(moment: datetime) -> None:
    """A telephone call happened between 1980 and 2200."""
    if not EARLIEST <= moment < LATEST:
        raise serializers.ValidationError("Give a time from 1980 to 2199.")


class WordField(serializers.ChoiceField):
    """One of a vocabulary's words, in any writing its parser reads."""

    def __init__(self, choices: Any, *, parse: Callable[[str], str], **options: Any) -> None:
        super().__init__(choices, **options)
        self.parse = parse

    def to_internal_value(self, data: Any) -> str:
        if data == "" and self.allow_blank:
            return ""
        try:
            return self.parse(data if isinstance(data, str) else "")
        except ValueError:
            self.fail("invalid_choice", input=data)


class CallSerializer(serializers.ModelSerializer[Call]):
    voip_id = VoipIdField()
    sip_id = SipIdField()
    number_from = serializers.CharField(required=False, allow_blank=True, max_length=64)
    number_to = serializers.CharField(required=False, allow_blank=True, max_length=64)
    start_time = serializers.DateTimeField(required=False, validators=[within_reason])
    duration = serializers.IntegerField(
        required=False, allow_null=True, min_value=0, max_value=LONGEST_CALL, help_text="Talk time in seconds."
    )
    kind = WordField(Kind.choices, parse=parse_kind, required=False, allow_blank=True)
    status = WordField(Status.choices, parse=parse_status, required=False, allow_blank=True)
    client_id = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=LARGEST_ID)
    contact_id = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=LARGEST_ID)

    class Meta:
        model = Call
        validators = ()  # the database keeps what is unique; DRF would make its fields required
        fields = (
            "id", "voip_id", "sip_id", "number_from", "number_to", "start_time", "answered_at", "ended_at", "duration", "kind", "status", "reason",
            "provider_status", "provider_call_id", "recording_url", "client_id", "contact_id", "description", "created_at", "updated_at",
        )  # fmt: skip
        read_only_fields = (
            "answered_at", "ended_at", "reason", "provider_status", "provider_call_id", "recording_url", "created_at", "updated_at",
        )  # fmt: skip

    def to_internal_value(self, data: Any) -> Any:
        """A null where the API has no null means “not given”: many clients send every field."""
        if isinstance(data, Mapping):
            data = {name: value for name, value in data.items() if value is not None or name in self.NULLABLE}
        return super().to_internal_value(data)

    NULLABLE = frozenset({"voip_id", "sip_id", "duration", "client_id", "contact_id"})

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        write_numbers(attrs, self.instance, "number_from", "number_to")
        return attrs


class MakeCallSerializer(serializers.Serializer[Any]):
    """Ring the line `sip`, then `number_to`."""

    sip = serializers.CharField(max_length=64)
    number_to = serializers.CharField(max_length=64)
    voip_id = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=LARGEST_ID)
    client_id = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=LARGEST_ID)
    contact_id = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=LARGEST_ID)
    description = serializers.CharField(
        required=False, allow_blank=True, max_length=Call._meta.get_field("description").max_length
    )

    def digest(self, via: str) -> str:
        """What the request asks for, to tell its repetition from another one."""
        return hashlib.sha256(json.dumps([via, self.validated_data], sort_keys=True).encode()).hexdigest()
