"""Follow-ups of the API: everything an operator does at the desk."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import django_filters
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from calls import follow_ups
from calls.filters import NumberFilter
from calls.follow_up_models import FollowUp, FollowUpQuerySet, State
from calls.serializers import OutcomeIdField, within_reason
from sips.exceptions import Conflict
from sips.fields import VoipIdField
from sips.staff_fields import UsernameField, UsernameFilter
from sips.visible_records import VisibleRecords
from voipcrm.rest.bodies import StrictBody
from voipcrm.rest.query_filters import MomentFilter, WholeNumberFilter, YesNoFilter
from voipcrm.rest.replica import ListsFromReplica

CODES = (
    (follow_ups.TakenBySomebody, "taken_by_somebody"),
    (follow_ups.AlreadyOpen, "already_open"),
    (follow_ups.IsDone, "done"),
)


def ahead(moment: datetime) -> None:
    """Raises ValidationError for a time that is over."""
    if moment <= timezone.now():
        raise serializers.ValidationError(_("That time is over."), code="in_the_past")


class FollowUpSerializer(StrictBody, serializers.ModelSerializer[FollowUp]):
    number = serializers.CharField(max_length=64)
    voip_id = VoipIdField()
    assignee = UsernameField(
        required=False, allow_null=True, help_text="Login name of who is to call; null: nobody yet."
    )
    due_at = serializers.DateTimeField(
        required=False, allow_null=True, validators=[within_reason, ahead], help_text="Null: at once."
    )
    outcome_id = serializers.IntegerField(read_only=True, allow_null=True)
    done_by = UsernameField(read_only=True)

    class Meta:
        model = FollowUp
        validators = ()  # unique by the database
        fields = (
            "id", "number", "voip_id", "state", "assignee", "taken_at", "due_at", "outcome_id", "done_by", "done_at", "created_at", "updated_at",
        )  # fmt: skip
        read_only_fields = ("state", "taken_at", "done_at", "created_at", "updated_at")


class PostponeSerializer(StrictBody):
    until = serializers.DateTimeField(validators=[within_reason, ahead])


class HandOverSerializer(StrictBody):
    to = UsernameField()


class FinishSerializer(StrictBody):
    outcome_id = OutcomeIdField()


class FollowUpFilter(django_filters.FilterSet):
    number = NumberFilter(fields=("number",), help_text="In any writing, or at least its last three digits.")
    voip_id = WholeNumberFilter(help_text="Follow-ups of this configuration.")
    assignee = UsernameFilter("assignee", help_text="Login name of who has them.")
    done_by = UsernameFilter("done_by", help_text="Login name of who was done with them.")
    outcome_id = WholeNumberFilter(help_text="Those with this outcome.")
    open = YesNoFilter(method="filter_open", help_text="Whether something is yet to be done.")
    due = YesNoFilter(method="filter_due", help_text="true: open, and not put off until later than now.")
    due_at_after = MomentFilter("due_at", "gte", help_text="Due at this time or later.")
    due_at_before = MomentFilter("due_at", "lt", help_text="Due before this time.")
    done_at_after = MomentFilter("done_at", "gte", help_text="Done at this time or later.")
    done_at_before = MomentFilter("done_at", "lt", help_text="Done before this time.")
    updated_since = MomentFilter("updated_at", "gte", help_text="Changed at this time or later.")

    state = django_filters.ChoiceFilter(choices=State.choices, help_text="How the follow-up stands.")

    class Meta:
        model = FollowUp
        fields = ()

    def filter_open(self, rows: FollowUpQuerySet, _name: str, value: bool) -> FollowUpQuerySet:
        return rows.open() if value else rows.exclude(pk__in=rows.open())

    def filter_due(self, rows: FollowUpQuerySet, _name: str, value: bool) -> FollowUpQuerySet:
        due = rows.due(timezone.now())
        return due if value else rows.exclude(pk__in=due)


class FollowUpViewSet(
    ListsFromReplica[FollowUp],
    VisibleRecords[FollowUp],
    mixins.CreateModelMixin,
    mixins.RetrieveModelMixin,
    mixins.ListModelMixin,
):
    """Numbers that staff are to call, have called, or will call. There is one open follow-up per number and configuration."""

    resource = "follow_up"
    queryset = FollowUp.objects.select_related("assignee", "done_by").defer("assignee__password", "done_by__password")
    serializer_class = FollowUpSerializer
    filterset_class = FollowUpFilter

    @transaction.atomic
    def perform_create(self, serializer: BaseSerializer[FollowUp]) -> None:
        serializer.instance = self._carry_out(
            lambda: follow_ups.add(
                serializer.validated_data["number"],
                voip=serializer.validated_data.get("voip"),
                assignee=serializer.validated_data.get("assignee"),
                due_at=serializer.validated_data.get("due_at"),
            )
        )
        self.check_seen(serializer.instance.pk)

    @extend_schema(request=None, responses=FollowUpSerializer)
    @action(detail=True, methods=["post"])
    def take(self, request: Request, pk: str | None = None) -> Response:
        """The token's user does it; 409 tells who has it."""
        return self._answer(lambda row, by, _body: follow_ups.take(row, by=by))

    @extend_schema(request=PostponeSerializer, responses=FollowUpSerializer)
    @action(detail=True, methods=["post"])
    def postpone(self, request: Request, pk: str | None = None) -> Response:
        """Do it later; it stays the assignee's, or becomes the token's user's."""
        return self._answer(
            lambda row, by, body: follow_ups.postpone(row, until=body["until"], by=by), body=PostponeSerializer
        )

    @extend_schema(request=None, responses=FollowUpSerializer)
    @action(detail=True, methods=["post"])
    def release(self, request: Request, pk: str | None = None) -> Response:
        """Nobody has it any more."""
        return self._answer(lambda row, by, _body: follow_ups.release(row, by=by))

    @extend_schema(request=HandOverSerializer, responses=FollowUpSerializer)
    @action(detail=True, methods=["post"])
    def hand_over(self, request: Request, pk: str | None = None) -> Response:
        """Somebody else does it."""
        return self._answer(
            lambda row, by, body: follow_ups.hand_over(row, to=body["to"], by=by), body=HandOverSerializer
        )

    @extend_schema(request=FinishSerializer, responses=FollowUpSerializer)
    @action(detail=True, methods=["post"])
    def finish(self, request: Request, pk: str | None = None) -> Response:
        """It is done, with an outcome of the company's list or without."""
        return self._answer(
            lambda row, by, body: follow_ups.finish(row, by=by, outcome=body.get("outcome")),
            body=FinishSerializer,
        )

    def _answer(
        self, verb: Callable[[FollowUp, Any, dict[str, Any]], FollowUp], *, body: type[StrictBody] | None = None
    ) -> Response:
        row = self.get_object()
        values: dict[str, Any] = {}
        if body is not None:
            read = body(data=self.request.data, context={"request": self.request})
            read.is_valid(raise_exception=True)
            values = read.validated_data
        changed = self._carry_out(lambda: verb(row, self.request.user, values))
        return Response(self.get_serializer(changed).data)

    def _carry_out(self, act: Callable[[], FollowUp]) -> FollowUp:
        try:
            return act()
        except follow_ups.NoNumber as problem:
            raise ValidationError({"number": [str(problem)]}, code="number_invalid") from problem
        except follow_ups.FollowUpRefused as problem:
            if isinstance(problem, follow_ups.AlreadyOpen):
                self.check_seen(problem.follow_up.pk)
            code = next((code for kind, code in CODES if isinstance(problem, kind)), "conflict")
            raise Conflict(str(problem), code=code) from problem
