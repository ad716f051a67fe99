"""The company's list of outcomes in the API."""

import django_filters
from django.db.models import ProtectedError
from django.utils.translation import gettext as _
from rest_framework import serializers, viewsets

from calls.models import Outcome
from sips.exceptions import Conflict
from voipcrm.rest.bodies import StrictBody
from voipcrm.rest.editing import OneEditAtATime
from voipcrm.rest.query_filters import YesNoFilter


class OutcomeSerializer(StrictBody, serializers.ModelSerializer[Outcome]):
    class Meta:
        model = Outcome
        fields = ("id", "name", "active", "position", "created_at", "updated_at")


class OutcomeFilter(django_filters.FilterSet):
    active = YesNoFilter(help_text="Whether it is offered.")
    name = django_filters.CharFilter(max_length=100, help_text="Exactly as it is written.")

    class Meta:
        model = Outcome
        fields = ()


class OutcomeViewSet(OneEditAtATime[Outcome], viewsets.ModelViewSet[Outcome]):
    """How calls end, in the company's own words."""

    resource = "outcome"
    queryset = Outcome.objects.all()
    serializer_class = OutcomeSerializer
    filterset_class = OutcomeFilter
    http_method_names = ("get", "post", "patch", "delete", "head", "options")

    def perform_destroy(self, instance: Outcome) -> None:
        try:
            instance.delete()
        except ProtectedError as problem:
            message = _(
                "Calls or follow-ups have this outcome; write active: false instead, and it is offered no more."
            )
            raise Conflict(message, code="in_use") from problem
