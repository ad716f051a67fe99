from typing import Any

from rest_framework import serializers

from sips.fields import VoipIdField
from sips.models import Sip
from widgets import opening_hours
from widgets.models import Widget

MOST_LINES = 200


class LineIdsField(serializers.ListField):
    """The ids of lines, looked up with one query; their passwords are not loaded."""

    child = serializers.IntegerField(min_value=1, max_value=2**63 - 1)

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=MOST_LINES, **options)

    def to_internal_value(self, data: Any) -> list[Sip]:
        ids = super().to_internal_value(data)
        found = Sip.objects.defer("password").in_bulk(ids)
        unknown = [str(pk) for pk in ids if pk not in found]
        if unknown:
            raise serializers.ValidationError(f"There is no line {', '.join(unknown)}.")
        return list(found.values())

    def to_representation(self, data: Any) -> list[int]:
        return sorted(line.pk for line in data.all())


class WidgetSerializer(serializers.ModelSerializer[Widget]):
    voip_id = VoipIdField()
    opening_time = serializers.DictField(
        required=False,
        help_text='`{"monday": [["09:00", "17:00"]], "exceptions": {"2026-12-25": []}}`; a missing day is closed, `{}` is always open.',
    )
    allowed_countries = serializers.ListField(child=serializers.CharField(max_length=2), required=False, max_length=300)

    line_ids = LineIdsField(
        source="lines", required=False, help_text="Lines rung in turn; none: every active line of the configuration."
    )

    class Meta:
        model = Widget
        fields = (
            "id", "name", "description", "active", "voip_id", "token", "locale", "call_now", "call_future", "opening_time", "time_zone", "holidays",
            "consent_text", "color", "position", "allowed_countries", "line_ids", "ring_first", "slot_minutes", "slot_capacity",
            "lead_minutes", "days_ahead", "daily_limit", "form_token_required", "max_attempts", "retry_minutes", "created_at", "updated_at",
        )  # fmt: skip
        read_only_fields = ("token", "created_at", "updated_at")

    def validate_allowed_countries(self, value: list[str]) -> list[str]:
        Widget._meta.get_field("allowed_countries").run_validators(value)
        return value

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        blank = self.instance or Widget()
        hours = {name: attrs.get(name, getattr(blank, name)) for name in ("opening_time", "time_zone", "holidays")}
        try:
            opening_hours.parse(hours["opening_time"], time_zone=hours["time_zone"], holidays=hours["holidays"])
        except opening_hours.OpeningHoursError as problem:
            raise serializers.ValidationError({_field_of(attrs): [str(problem)]}) from problem
        return attrs


def _field_of(attrs: dict[str, Any]) -> str:
    """The field of the request that an opening hours problem is about: the hours themselves unless only the zone or country was sent."""
    return next((name for name in ("opening_time", "holidays", "time_zone") if name in attrs), "opening_time")
