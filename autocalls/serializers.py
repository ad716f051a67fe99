from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from autocalls.models import Autocall, Status
from calls.serializers import LARGEST_ID, within_reason
from sips import phone_numbers
from sips.fields import IdField, SipIdField, VoipIdField, write_numbers
from widgets.models import Widget


class AutocallSerializer(serializers.ModelSerializer[Autocall]):
    number = serializers.CharField(max_length=64)
    status = serializers.ChoiceField(Status.choices, required=False, help_text="Write `canceled` to cancel.")
    call_at = serializers.DateTimeField(required=False, validators=[within_reason], help_text="Default: now.")
    widget_id = IdField(source="widget", queryset=Widget.objects.all(), required=False, allow_null=True)
    voip_id = VoipIdField()
    sip_id = SipIdField()
    client_id = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=LARGEST_ID)
    contact_id = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=LARGEST_ID)
    last_call_id = serializers.IntegerField(read_only=True, allow_null=True)

    class Meta:
        model = Autocall
        validators = ()  # the database keeps what is unique; DRF would make its fields required
        fields = (
            "id", "number", "status", "call_at", "widget_id", "voip_id", "sip_id", "client_id", "contact_id", "name", "note", "source", "attempts",
            "max_attempts", "last_call_id", "reason", "created_at", "updated_at", "finished_at",
        )  # fmt: skip
        read_only_fields = ("source", "attempts", "reason", "created_at", "updated_at", "finished_at")

    def to_internal_value(self, data: Any) -> Any:
        """The blank number of an erased call-back may be sent back as it was read."""
        if isinstance(data, Mapping) and self.instance is not None and data.get("number") == self.instance.number == "":
            data = {name: value for name, value in data.items() if name != "number"}
        return super().to_internal_value(data)

    def validate_status(self, status: str) -> str:
        current = self.instance.status if self.instance else Status.SCHEDULED
        if status not in (current, Status.CANCELED) or (self.instance is None and status != current):
            raise serializers.ValidationError(
                "Only “canceled” can be written; the other states follow from what happens."
            )
        return status

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        write_numbers(attrs, self.instance, "number")
        if "number" in attrs and not phone_numbers.is_e164(attrs["number"]):
            raise serializers.ValidationError({"number": ["This is no telephone number; write it like +48123456789."]})
        return attrs


class WishSerializer(serializers.Serializer[Any]):
    """What a visitor asks for."""

    number = serializers.CharField(max_length=64)
    call_at = serializers.DateTimeField(required=False, allow_null=True, validators=[within_reason])
    name = serializers.CharField(required=False, allow_blank=True, max_length=255)
    note = serializers.CharField(required=False, allow_blank=True, max_length=2000)
    consent = serializers.BooleanField(required=False)
    consent_version = serializers.CharField(
        required=False, allow_blank=True, max_length=12, help_text="Of the text that was shown, as widget_data told it."
    )
    page_url = serializers.RegexField(
        r"^https?://\S+\Z",  # of an intranet too, whose hosts Django's URLField does not believe in
        required=False,
        allow_blank=True,
        max_length=1000,
        error_messages={"invalid": "Give the address of a page, such as https://shop.example.com/lamps."},
    )
    form_token = serializers.CharField(required=False, allow_blank=True, max_length=500)
    website = serializers.CharField(
        required=False, allow_blank=True, max_length=1000, help_text="A field that people do not see: leave it empty."
    )


class CreateFromWidgetSerializer(serializers.Serializer[Any]):
    widget_token = serializers.CharField(max_length=64)
    autocall = WishSerializer()


class VisitorTokenSerializer(serializers.Serializer[Any]):
    visitor_token = serializers.CharField(max_length=500)


class VisitorStatusSerializer(serializers.Serializer[Any]):
    """How a visitor's request stands."""

    status = serializers.ChoiceField(Status.choices)
    step = serializers.ChoiceField(
        ("waiting", "operator", "visitor", "talking", "finished"), help_text="Whose telephone is ringing now, if any."
    )
    call_at = serializers.DateTimeField()
    can_cancel = serializers.BooleanField()
    now = serializers.DateTimeField(help_text="The server's clock, which a visitor's may not agree with.")


class PromiseSerializer(VisitorStatusSerializer):
    """What a visitor is told who asks for a call."""

    visitor_token = serializers.CharField()
