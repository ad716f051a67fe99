"""Testing a line's login through the API."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from calls.sentences import translate_stored
from integrations import connection_tests
from integrations.connection_models import ConnectionState, ConnectionTest
from sips.lines import CannotDial, check_login
from sips.models import Sip
from sips.views import SipViewSet


class LineTestSerializer(serializers.Serializer[object]):
    """How the latest test of a line stands."""

    state = serializers.ChoiceField(ConnectionState.choices)
    result = serializers.CharField(help_text="A word for programs, see docs/setting-up.md; blank until it is known.")
    message = serializers.CharField(help_text="A sentence for people, in the language of Accept-Language.")
    asked_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    last_success_at = serializers.DateTimeField(allow_null=True, help_text="Of all tests.")
    last_failure_at = serializers.DateTimeField(allow_null=True, help_text="Of all tests.")
    last_failure = serializers.CharField(help_text="Why, as in message.")


class TestedSipViewSet(SipViewSet):
    """Lines: SIP accounts and extensions."""

    @extend_schema(methods=["GET"], operation_id="sips_test_state", request=None, responses=LineTestSerializer)
    @extend_schema(methods=["POST"], operation_id="sips_test", request=None, responses=LineTestSerializer)
    @action(detail=True, methods=["get", "post"])
    def test(self, request: Request, pk: str | None = None) -> Response:
        """Test the line's login at its server, or read the state of the test."""
        line: Sip = self.get_object()
        if request.method == "POST":
            try:
                check_login(line)
            except CannotDial as problem:
                raise ValidationError({problem.field: [str(problem)]}, code="cannot_dial") from problem
            connection_tests.ask_line(line)
        return Response(LineTestSerializer(_data(connection_tests.of_line(line))).data)


def _data(test: ConnectionTest | None) -> dict[str, object]:
    times = ("asked_at", "finished_at", "last_success_at", "last_failure_at")
    return {name: getattr(test, name, None) for name in times} | {
        "state": (test.state if test else ConnectionState.NONE).value,
        "result": test.result if test else "",
        "message": connection_tests.message_of(test),
        "last_failure": translate_stored(test.last_failure) if test else "",
    }
