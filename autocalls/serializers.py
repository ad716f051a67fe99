from collections.abc import MutableMapping
from copy import copy
from datetime import datetime
from typing import Any, cast

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from autocalls import configurations
from autocalls.guard import VisitorRequest
from autocalls.models import GRACE, Attempt, AttemptOutcome, Autocall, Standing, Status
from calls.serializers import LARGEST_ID, CallSerializer, within_reason
from sips import phone_numbers
from sips.fields import SipIdField, VoipIdField, write_numbers
from sips.lines import CannotDial
from sips.staff_fields import UsernameField
from voipcrm.rest.bodies import StrictBody
from voipcrm.rest.fields import IdField
from voipcrm.rest.moments import WallClockField, read_moment
from widgets.models import Locale, Widget


class DialSerializer(serializers.ModelSerializer[Attempt]):
    """One Call of a call-back; those of one attempt ring one operator after the other."""

    attempt = serializers.IntegerField(source="number", read_only=True, help_text="From 1.")
    call_id = serializers.IntegerField(read_only=True, allow_null=True)
    sip_id = serializers.IntegerField(read_only=True, allow_null=True, help_text="The line that was rung.")
    outcome = serializers.ChoiceField(
        [("", ""), *AttemptOutcome.choices], read_only=True, help_text="Blank while it goes on."
    )

    class Meta:
        model = Attempt
        fields = ("attempt", "call_id", "sip_id", "outcome", "started_at", "settled_at")
        read_only_fields = ("started_at", "settled_at")


@extend_schema_serializer(component_name="Call")
class CallOfAutocallSerializer(CallSerializer):
    """A call with its call-back and widget."""

    autocall_id = serializers.IntegerField(
        source="made_for_autocall.autocall_id",
        read_only=True,
        allow_null=True,
        help_text="The call-back that it was made for.",
    )

    class Meta(CallSerializer.Meta):
        fields: tuple[str, ...] = (*CallSerializer.Meta.fields, "autocall_id")


class AutocallSerializer(StrictBody, serializers.ModelSerializer[Autocall]):
    number = serializers.CharField(max_length=64)
    status = serializers.ChoiceField(Status.choices, required=False, help_text="Write `canceled` to cancel.")
    call_at = WallClockField(
        required=False,
        validators=[within_reason],
        help_text="Default: now. A time without an offset is read on the clock of the widget, else of the configuration.",
    )
    widget_id = IdField(source="widget", queryset=Widget.objects.all(), required=False, allow_null=True)
    voip_id = VoipIdField()
    sip_id = SipIdField()
    client_id = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=LARGEST_ID)
    contact_id = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=LARGEST_ID)
    last_call_id = serializers.IntegerField(read_only=True, allow_null=True)
    reason = serializers.ChoiceField(
        [("", ""), *AttemptOutcome.choices, *Standing.choices],
        read_only=True,
        help_text="Blank while nothing is to be said.",
    )
    taken_by = UsernameField(read_only=True, allow_null=True, help_text="Login name of who makes, or made, the call.")
    dials = DialSerializer(source="calls_made", many=True, read_only=True, help_text="The Calls made for it.")

    class Meta:
        model = Autocall
        validators = ()  # the database keeps what is unique; DRF would make its fields required
        fields = (
            "id", "number", "status", "call_at", "widget_id", "voip_id", "sip_id", "client_id", "contact_id", "name", "note", "source", "attempts",
            "max_attempts", "last_call_id", "dials", "reason", "taken_by", "taken_at", "promised_at", "page_url",
            "consent_at", "consent_version", "created_at", "updated_at", "finished_at",
        )  # fmt: skip
        read_only_fields = (
            "source", "attempts", "reason", "taken_at", "promised_at", "page_url", "consent_at", "consent_version", "created_at", "updated_at",
            "finished_at",
        )  # fmt: skip

    def to_internal_value(self, data: object) -> dict[str, object]:
        """The blank number of an erased call-back may be written back unchanged."""
        if (
            isinstance(data, MutableMapping)
            and self.instance is not None
            and data.get("number") == self.instance.number == ""
        ):
            data = copy(data)
            del data["number"]
        return super().to_internal_value(data)

    def validate_status(self, status: str) -> str:
        current = self.instance.status if self.instance else Status.SCHEDULED
        if status not in (current, Status.CANCELED) or (self.instance is None and status != current):
            raise serializers.ValidationError(
                _("Only “canceled” can be written; the other states follow from what happens.")
            )
        return status

    def validate(self, attrs: dict[str, Any]) -> dict[str, object]:
        if self.instance is None:
            try:
                attrs["voip"] = configurations.choose(**{name: attrs.get(name) for name in ("widget", "voip", "sip")})
            except CannotDial as problem:
                raise serializers.ValidationError({problem.field: [str(problem)]}, code="cannot_dial") from problem
        self._read_number(attrs)
        self._read_time(attrs)
        return attrs

    def _read_number(self, attrs: dict[str, Any]) -> None:
        _number, extension = phone_numbers.split_extension(attrs.get("number", ""))
        if extension:
            refusal = _("The extension %(extension)s cannot be dialed; give the number without it.")
            raise serializers.ValidationError({"number": [refusal % {"extension": extension}]}, code="number_extension")
        write_numbers(attrs, self.instance, "number")
        if "number" in attrs and not phone_numbers.is_e164(attrs["number"]):
            raise serializers.ValidationError(
                {"number": [_("This is no telephone number; write it like +48123456789.")]}, code="number_invalid"
            )

    def _read_time(self, attrs: dict[str, Any]) -> None:
        """A past time is refused, unless it is written back unchanged."""
        if "call_at" not in attrs:
            return
        before = self.instance or Autocall()
        widget = attrs.get("widget", before.widget)
        clock = configurations.time_zone(widget=widget, voip=attrs.get("voip", before.voip))
        moment = attrs["call_at"] = read_call_at(attrs["call_at"], clock)
        if moment < timezone.now() - GRACE and not (self.instance and moment == self.instance.call_at):
            raise serializers.ValidationError(
                {"call_at": [_("That time is over; leave call_at out to call at once.")]}, code="in_the_past"
            )


def read_call_at(moment: datetime, time_zone: str) -> datetime:
    """Raises a ValidationError of `call_at`."""
    try:
        return read_moment(moment, time_zone)
    except ValueError as problem:
        raise serializers.ValidationError({"call_at": [str(problem)]}) from problem


class VisitorCallBackSerializer(StrictBody):
    """A visitor's request."""

    number = serializers.CharField(max_length=64)
    call_at = WallClockField(
        required=False,
        allow_null=True,
        validators=[within_reason],
        help_text="A time without an offset is read on the widget's clock.",
    )
    name = serializers.CharField(required=False, allow_blank=True, max_length=255)
    note = serializers.CharField(required=False, allow_blank=True, max_length=2000)
    consent = serializers.BooleanField(required=False)
    consent_version = serializers.CharField(
        required=False, allow_blank=True, max_length=12, help_text="Of the text that was shown, as widget_data told it."
    )
    page_url = serializers.RegexField(
        r"^https?://\S+\Z",  # also of an intranet, whose host names Django's URLField refuses
        required=False,
        allow_blank=True,
        max_length=1000,
        error_messages={"invalid": gettext_lazy("Give the address of a page, such as https://shop.example.com/lamps.")},
    )
    form_token = serializers.CharField(required=False, allow_blank=True, max_length=500)
    website = serializers.CharField(
        required=False, allow_blank=True, max_length=1000, help_text="A field that people do not see: leave it empty."
    )


class AnsweredBody(StrictBody):
    """A body whose errors are shown to a visitor."""

    locale = serializers.ChoiceField(
        Locale.choices, required=False, help_text="Of the sentences in the answer; the widget's own by default."
    )


class CreateFromWidgetSerializer(AnsweredBody):
    widget_token = serializers.CharField(max_length=64)
    autocall = VisitorCallBackSerializer()

    def request_of(self, widget: Widget) -> VisitorRequest:
        """The request, its time read in the widget's time zone. Raises a ValidationError."""
        requested = cast("VisitorRequest", dict(self.validated_data["autocall"]))
        if (call_at := requested.get("call_at")) is not None:
            try:
                requested["call_at"] = read_call_at(call_at, widget.time_zone)
            except serializers.ValidationError as problem:
                raise serializers.ValidationError({"autocall": problem.detail}) from problem
        return requested


class VisitorTokenSerializer(AnsweredBody):
    visitor_token = serializers.CharField(max_length=500)


class VisitorStatusSerializer(serializers.Serializer[object]):
    """The state of a visitor's request."""

    status = serializers.ChoiceField(Status.choices)
    step = serializers.ChoiceField(
        ("waiting", "operator", "visitor", "talking", "finished"), help_text="Whose telephone is ringing now, if any."
    )
    number = serializers.CharField(help_text="That is called, as people write it; blank once it is erased.")
    call_at = serializers.DateTimeField()
    can_cancel = serializers.BooleanField()
    now = serializers.DateTimeField(help_text="The server's clock, which a visitor's may not agree with.")


class ScheduledCallBackSerializer(VisitorStatusSerializer):
    """The answer to a visitor's request."""

    visitor_token = serializers.CharField()
