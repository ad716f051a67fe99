"""`GET /voip/stats.json`."""

from typing import Protocol
from urllib.parse import urlencode

from django.urls import reverse
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from calls.figures import DayFigures, Figure, Figures, ReasonFigure, Span
from calls.statistics import HourFigures, LineFigures
from voipcrm.rest import replica
from voipcrm.rest.bodies import AnyField
from voipcrm.statistics import QuestionSerializer, Statistics, answer, read_question

LISTS = {"calls": "call-list", "autocalls": "autocall-list"}


class FigureSerializer(serializers.Serializer[Figure]):
    """The number of rows in a list."""

    name = serializers.CharField()
    value = serializers.IntegerField()
    list = serializers.SerializerMethodField(help_text="Path of the list of exactly those rows.")

    def get_list(self, figure: Figure) -> str:
        return f"{reverse(LISTS[figure.resource])}?{urlencode(figure.query)}"


class RateSerializer(serializers.Serializer[object]):
    """The share of `part` in `of`, from 0 to 1; null if `of` is 0."""

    name = serializers.CharField()
    value = serializers.FloatField(allow_null=True)
    of = FigureSerializer()
    part = FigureSerializer()


class SpanSerializer(serializers.Serializer[Span]):
    """Seconds, over the rows that `of` counts; null if there are none."""

    name = serializers.CharField()
    value = serializers.IntegerField(allow_null=True)
    unit = serializers.SerializerMethodField()
    of = FigureSerializer()

    @extend_schema_field(serializers.ChoiceField(["seconds"]))
    def get_unit(self, _span: Span) -> str:
        return "seconds"


class _HasFigures(Protocol):
    @property
    def figures(self) -> Figures: ...


class _Figures(serializers.Serializer[object]):
    figures = serializers.SerializerMethodField()

    @extend_schema_field(FigureSerializer(many=True))
    def get_figures(self, group: _HasFigures) -> list[object]:
        return [FigureSerializer(figure).data for figure in group.figures.values()]


class DaySerializer(_Figures, serializers.Serializer[DayFigures]):
    day = serializers.DateField(source="day.date")


class HourSerializer(_Figures, serializers.Serializer[HourFigures]):
    weekday = serializers.IntegerField(help_text="1 is Monday.")
    hour = serializers.IntegerField()


class LineSerializer(_Figures, serializers.Serializer[LineFigures]):
    sip_id = serializers.IntegerField()


class ReasonSerializer(serializers.Serializer[ReasonFigure]):
    status = serializers.CharField()
    reason = serializers.CharField(help_text="Blank where none was given.")
    figure = FigureSerializer()


class CallStatisticsSerializer(_Figures):
    rates = RateSerializer(many=True)
    spans = SpanSerializer(many=True)
    by_day = DaySerializer(many=True)
    by_hour = HourSerializer(many=True)
    by_line = LineSerializer(many=True)
    reasons = ReasonSerializer(many=True)


class CallBackStatisticsSerializer(_Figures):
    rates = RateSerializer(many=True)
    by_day = DaySerializer(many=True)
    reasons = ReasonSerializer(many=True)


class PeriodSerializer(serializers.Serializer[Statistics]):
    name = serializers.CharField(source="question.name", help_text="Blank of one that was given by its ends.")
    start = serializers.DateTimeField(source="question.period.start")
    end = serializers.DateTimeField(source="question.period.end")
    time_zone = serializers.CharField(source="question.period.zone.key")

    def get_fields(self) -> "dict[str, AnyField]":
        fields = super().get_fields()
        return {"name": fields["name"], "from": fields["start"], "to": fields["end"], "time_zone": fields["time_zone"]}


class StatisticsSerializer(serializers.Serializer[Statistics]):
    period = PeriodSerializer(source="*")
    filters = serializers.DictField(source="question.filters", child=serializers.CharField())
    calls = CallStatisticsSerializer(allow_null=True, help_text="Null without the right to see calls.")
    call_backs = CallBackStatisticsSerializer(allow_null=True, help_text="Null without the right to see call-backs.")


class MaySeeFigures(BasePermission):
    """Users who may see calls or call-backs; each part follows its list's right."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return request.user.has_perm("calls.view_call") or request.user.has_perm("autocalls.view_autocall")


class StatisticsView(APIView):
    """Figures of calls and call-backs in a period."""

    permission_classes = (MaySeeFigures,)

    @extend_schema(operation_id="stats", parameters=[QuestionSerializer], responses=StatisticsSerializer)
    def get(self, request: Request) -> Response:
        """Each figure is the number of rows in the list that it names."""
        question = read_question(request.query_params)
        may = request.user.has_perm
        seen = {"calls": may("calls.view_call"), "call_backs": may("autocalls.view_autocall")}

        def count(source: str) -> Response:
            return Response(StatisticsSerializer(answer(question, request.user, **seen, source=source)).data)

        return replica.respond(request, count)
