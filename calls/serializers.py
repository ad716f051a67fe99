from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import ParseError

from calls.models import Call, Outcome
from calls.report_values import EARLIEST_YEAR, LATEST_YEAR
from calls.statuses import Kind, Status, parse_kind, parse_status
from sips.fields import SipIdField, VoipIdField, write_numbers, zone_of
from sips.staff_fields import UsernameField
from voipcrm.backoffice.display import Text
from voipcrm.rest.bodies import AnyField, StrictBody
from voipcrm.rest.fields import IdField
from voipcrm.rest.moments import WallClockField, read_moment

EARLIEST = datetime(EARLIEST_YEAR, 1, 1, tzinfo=UTC)
LATEST = datetime(LATEST_YEAR, 1, 1, tzinfo=UTC)
LARGEST_ID = 2**63 - 1
LONGEST_CALL = 2**31 - 1


def within_reason(moment: datetime) -> None:
    """Raises ValidationError outside of 1980 to 2199, in any time zone."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    if not EARLIEST <= moment < LATEST:
        raise serializers.ValidationError(_("Give a time from 1980 to 2199."))


class WordField(serializers.ChoiceField):
    """One of an enumeration's values, in any spelling that its parser reads."""

    def __init__(
        self,
        choices: Sequence[tuple[str, Text]],
        *,
        parse: Callable[[str], str],
        required: bool | None = None,
        allow_blank: bool = False,
        help_text: str | None = None,
    ) -> None:
        super().__init__(choices, required=required, allow_blank=allow_blank, help_text=help_text)
        self.parse = parse

    def to_internal_value(self, data: object) -> str:
        if data == "" and self.allow_blank:
            return ""
        try:
            return self.parse(data if isinstance(data, str) else "")
        except ValueError:
            self.fail("invalid_choice", input=data)


class OutcomeIdField(IdField[Outcome]):
    """The id of an outcome of the company's list, or null: one that is offered, or what the record has already."""

    def __init__(self) -> None:
        super().__init__(source="outcome", queryset=Outcome.objects.all(), required=False, allow_null=True)

    def get_queryset(self) -> QuerySet[Outcome]:
        present = getattr(getattr(self.parent, "instance", None), "outcome_id", None)
        return Outcome.objects.filter(Q(active=True) | Q(pk=present))


class CallSerializer(StrictBody, serializers.ModelSerializer[Call]):
    voip_id = VoipIdField()
    sip_id = SipIdField()
    number_from = serializers.CharField(required=False, allow_blank=True, max_length=64)
    number_to = serializers.CharField(required=False, allow_blank=True, max_length=64)
    start_time = WallClockField(
        required=False,
        validators=[within_reason],
        help_text="A time without an offset is read on the configuration's clock, in UTC where there is none.",
    )
    duration = serializers.IntegerField(
        required=False, allow_null=True, min_value=0, max_value=LONGEST_CALL, help_text="Talk time in seconds."
    )
    kind = WordField(Kind.choices, parse=parse_kind, required=False, allow_blank=True)
    status = WordField(Status.choices, parse=parse_status, required=False, allow_blank=True)
    client_id = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=LARGEST_ID)
    contact_id = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=LARGEST_ID)
    outcome_id = OutcomeIdField()
    placed_by = UsernameField(read_only=True, allow_null=True, help_text="Login name of who had it dialed.")
    voip_name = serializers.CharField(source="voip.name", read_only=True, allow_null=True)
    sip_name = serializers.CharField(source="sip.name", read_only=True, allow_null=True)
    customer_number = serializers.CharField(
        read_only=True, help_text="The other party's, in E.164; blank where it identifies nobody."
    )

    class Meta:
        model = Call
        validators = ()  # the database keeps what is unique; DRF would make its fields required
        fields: tuple[str, ...] = (
            "id", "voip_id", "sip_id", "number_from", "number_to", "start_time", "answered_at", "ended_at", "duration", "kind", "status", "reason",
            "provider_status", "provider_call_id", "recording_url", "client_id", "contact_id", "description", "outcome_id",
            "placed_by", "voip_name", "sip_name", "customer_number", "created_at", "updated_at",
        )  # fmt: skip
        read_only_fields = (
            "answered_at", "ended_at", "reason", "provider_status", "provider_call_id", "recording_url", "created_at", "updated_at",
        )  # fmt: skip

    def to_internal_value(self, data: object) -> dict[str, object]:
        """A call needs at least one field that is not blank."""
        empty = _("The body is empty: give at least one field of the call, such as number_from.")
        if self.instance is None and isinstance(data, Mapping) and not data:
            raise ParseError(empty)
        values = super().to_internal_value(data)
        if self.instance is None and all(value in (None, "") for value in values.values()):
            raise ParseError(empty)
        return values

    def blank(self, name: str, field: AnyField) -> object:
        """A blank start is the time of entry."""
        if name == "start_time" and self.instance is not None:
            return self.instance.created_at
        return super().blank(name, field)

    def validate(self, attrs: dict[str, Any]) -> dict[str, object]:
        write_numbers(attrs, self.instance, "number_from", "number_to")
        if "start_time" in attrs:
            try:
                attrs["start_time"] = read_moment(attrs["start_time"], zone_of(attrs, self.instance))
            except ValueError as problem:
                raise serializers.ValidationError({"start_time": [str(problem)]}) from problem
        return attrs


class MakeCallSerializer(StrictBody):
    """Ring the line `sip`, then `number_to`."""

    sip = serializers.CharField(max_length=64)
    number_to = serializers.CharField(max_length=64)
    voip_id = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=LARGEST_ID)
    client_id = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=LARGEST_ID)
    contact_id = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=LARGEST_ID)
    description = serializers.CharField(
        required=False, allow_blank=True, max_length=Call._meta.get_field("description").max_length
    )
