from collections.abc import Container
from typing import Any, cast

from django.db.models import Manager
from django.utils.translation import gettext as _
from rest_framework import serializers

from sips.fields import VoipIdField
from sips.models import Sip
from voipcrm.rest.bodies import StrictBody
from widgets import opening_hours
from widgets.models import Widget
from widgets.replaced_texts import LONGEST

MOST_LINES = 200


class LineIdsField(serializers.ListField):
    """The ids of lines, looked up with one query; their passwords are not loaded."""

    child = serializers.IntegerField(min_value=1, max_value=2**63 - 1)

    def __init__(self, *, source: str, required: bool, help_text: str) -> None:
        super().__init__(max_length=MOST_LINES, source=source, required=required, help_text=help_text)

    def to_internal_value(self, data: list[object]) -> list[Sip]:
        ids = super().to_internal_value(data)
        found = Sip.objects.without_secrets().in_bulk(ids)
        unknown = [str(pk) for pk in ids if pk not in found]
        if unknown:
            raise serializers.ValidationError(_("There is no line %(ids)s.") % {"ids": ", ".join(unknown)})
        return list(found.values())

    def to_representation(self, data: "list[Sip] | Manager[Sip]") -> list[int]:
        return sorted(line.pk for line in cast("Manager[Sip]", data).all())


class WidgetSerializer(StrictBody, serializers.ModelSerializer[Widget]):
    voip_id = VoipIdField()
    opening_time = serializers.DictField(
        required=False,
        help_text='`{"monday": [["09:00", "17:00"]], "exceptions": {"2026-12-25": []}}`; a missing day is closed, `{}` is always open.',
    )
    texts = serializers.DictField(
        child=serializers.DictField(child=serializers.CharField(max_length=LONGEST, trim_whitespace=False)),
        required=False,
        help_text='Instead of the product\'s, by language: `{"en": {"title": "Talk to us", "button": "Call"}}`; the keys are those of `widget_data`.',
    )
    allowed_countries = serializers.ListField(
        child=serializers.CharField(max_length=2),
        required=False,
        max_length=300,
        help_text='Countries that may be called, `["PL", "CZ"]`; empty: the configuration\'s own; `["*"]`: any.',
    )

    line_ids = LineIdsField(
        source="lines", required=False, help_text="Lines rung in turn; none: every active line of the configuration."
    )

    class Meta:
        model = Widget
        fields = (
            "id", "name", "description", "active", "voip_id", "token", "locale", "call_now", "call_future", "opening_time", "time_zone", "holidays",
            "consent_text", "texts", "color", "position", "allowed_countries", "line_ids", "ring_first", "slot_minutes", "slot_capacity",
            "minimum_notice_minutes", "days_ahead", "daily_limit", "form_token_required", "max_attempts", "retry_minutes", "created_at", "updated_at",
        )  # fmt: skip
        read_only_fields = ("token", "created_at", "updated_at")

    def validate_allowed_countries(self, value: list[str]) -> list[str]:
        Widget._meta.get_field("allowed_countries").run_validators(value)
        return value

    def validate_texts(self, value: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
        Widget._meta.get_field("texts").run_validators(value)
        return value

    def validate(self, attrs: dict[str, Any]) -> dict[str, object]:
        blank = self.instance or Widget()
        hours = {name: attrs.get(name, getattr(blank, name)) for name in ("opening_time", "time_zone", "holidays")}
        try:
            opening_hours.parse(hours["opening_time"], time_zone=hours["time_zone"], holidays=hours["holidays"])
        except opening_hours.OpeningHoursError as problem:
            raise serializers.ValidationError({_field_of(attrs): [problem.translated(_)]}) from problem
        return attrs


def _field_of(attrs: Container[str]) -> str:
    """The field that a problem of the opening hours is reported at: the hours, unless only time zone or country was sent."""
    return next((name for name in ("opening_time", "holidays", "time_zone") if name in attrs), "opening_time")
