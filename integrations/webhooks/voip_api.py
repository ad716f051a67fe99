"""The API's dry run of a webhook: what a delivery would report."""

from dataclasses import replace

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from calls.events import CallEvent
from calls.statuses import Kind, Status
from integrations import providers
from integrations.providers.foundation.events import Account, Delivery
from integrations.teaching.explaining import DeliveryReading, EventReading, explain
from integrations.webhooks.addressee import account_of
from integrations.webhooks.views import LARGEST_BODY
from sips.serializers import check_provider_settings
from sips.views import VoipViewSet
from voipcrm.rest.bodies import StrictBody


class ReadSerializer(StrictBody):
    """A delivery as the provider would send it."""

    body = serializers.CharField(allow_blank=True, trim_whitespace=False, max_length=LARGEST_BODY)
    content_type = serializers.CharField(required=False, allow_blank=True, max_length=255)
    query = serializers.CharField(
        required=False, allow_blank=True, max_length=LARGEST_BODY, help_text="Without the question mark."
    )
    event = serializers.CharField(
        required=False, allow_blank=True, max_length=50, help_text="What follows webhook_url in the address."
    )
    settings = serializers.DictField(
        required=False, help_text="Read with these; without them, with those of the configuration."
    )


class CallEventSerializer(serializers.Serializer[object]):
    """One event of a delivery."""

    provider_call_id = serializers.CharField()
    status = serializers.ChoiceField(
        Status.choices, allow_null=True, help_text="Null: it has ended, and nobody knows how."
    )
    reason = serializers.CharField(help_text="One of those of a call.")
    provider_status = serializers.CharField()
    kind = serializers.ChoiceField(Kind.choices, allow_null=True, help_text="Null: not said.")
    number_from = serializers.CharField()
    number_to = serializers.CharField()
    line = serializers.CharField()
    started_at = serializers.DateTimeField(allow_null=True)
    answered_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    talk_seconds = serializers.IntegerField(allow_null=True)
    recording_url = serializers.CharField()


class UnknownWordSerializer(serializers.Serializer[object]):
    section = serializers.CharField(help_text="The part of settings in which it is translated.")
    word = serializers.CharField()


class ReadEventSerializer(serializers.Serializer[object]):
    fields = serializers.DictField(child=serializers.CharField(), help_text="All fields by their dotted names.")  # type: ignore[assignment]  # DRF's metaclass takes it out of the class
    used = serializers.DictField(
        child=serializers.CharField(), help_text="The field that was read, by the name in settings.fields."
    )
    event = serializers.CharField(help_text="Our name of it; empty where it is not known.")
    said = CallEventSerializer(allow_null=True, help_text="Null: it tells of no call, or it cannot be read.")
    problem = serializers.CharField(help_text="Why it cannot be read.")
    notes = serializers.ListField(child=serializers.CharField(), help_text="What was left out, and the cure.")
    unknown_words = UnknownWordSerializer(many=True, source="unknown")


class ReadAnswerSerializer(serializers.Serializer[object]):
    events = ReadEventSerializer(many=True)
    problem = serializers.CharField(help_text="Why there is no event at all.")


class ReadingVoipViewSet(VoipViewSet):
    """VoIP configurations. Of a deleted one calls, lines, widgets and call-backs stay, without a configuration."""

    @extend_schema(request=ReadSerializer, responses=ReadAnswerSerializer)
    @action(detail=True, methods=["post"])
    def read(self, request: Request, pk: str | None = None) -> Response:
        """What a delivery to this configuration's webhook_url would tell. Nothing is stored, and no signature is looked at."""
        voip = self.get_object()
        body = ReadSerializer(data=request.data, context=self.get_serializer_context())
        body.is_valid(raise_exception=True)
        given = body.validated_data
        if voip.provider not in providers.slugs():
            raise ValidationError({"provider": [_("Choose the provider of the configuration first.")]})
        if "settings" in given:
            check_provider_settings(voip.provider, given["settings"])
        account = replace(account_of(voip, with_key=False), settings=given.get("settings", voip.settings))
        reading = explain(providers.find(voip.provider), _delivery(given), account)
        return Response(ReadAnswerSerializer(_answer(reading, account)).data)


def _delivery(given: dict[str, str]) -> Delivery:
    return Delivery(
        method="POST",
        body=given["body"].encode(),
        received_at=timezone.now(),
        headers={"content-type": given.get("content_type", "")},
        query=given.get("query", ""),
        event=given.get("event", "").strip("/"),
    )


def _answer(reading: DeliveryReading, account: Account) -> dict[str, object]:
    return {"problem": reading.problem, "events": [_event(event, account) for event in reading.events]}


def _event(event: EventReading, account: Account) -> dict[str, object]:
    shown = {name: getattr(event, name) for name in ("fields", "used", "event", "problem", "notes", "unknown")}
    return shown | {"said": _shown_event(event.call_event, account.country) if event.call_event else None}


def _shown_event(event: CallEvent, country: str) -> dict[str, object]:
    """With numbers as they are stored."""
    number_from, number_to = event.numbers(country)
    shown = {str(name): getattr(event, str(name)) for name in CallEventSerializer().fields}
    return shown | {"number_from": number_from, "number_to": number_to}
