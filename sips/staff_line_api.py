"""Lines of users, in the API."""

import django_filters
from django.contrib.auth.models import AnonymousUser, User
from django.utils.translation import gettext as _
from rest_framework import mixins, serializers, status
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from sips.models import Sip, StaffLine
from sips.staff_fields import UsernameField, UsernameFilter
from sips.staff_lines import lines_of, sees_all_lines
from sips.visible_records import VisibleRecords
from voipcrm.rest.bodies import StrictBody
from voipcrm.rest.fields import IdField
from voipcrm.rest.query_filters import WholeNumberFilter


class StaffLineSerializer(StrictBody, serializers.ModelSerializer[StaffLine]):
    user = UsernameField(help_text="Login name of whose telephone this line is.")
    sip_id = IdField(source="sip", queryset=Sip.objects.defer("password"))

    class Meta:
        model = StaffLine
        validators = ()  # creating is idempotent
        fields = ("id", "user", "sip_id", "created_at")


class StaffLineFilter(django_filters.FilterSet):
    user = UsernameFilter("user", help_text="Login name of whose lines they are.")
    sip_id = WholeNumberFilter(help_text="Users of this line.")

    class Meta:
        model = StaffLine
        fields = ()


class StaffLineViewSet(
    VisibleRecords[StaffLine],
    mixins.CreateModelMixin,
    mixins.RetrieveModelMixin,
    mixins.DestroyModelMixin,
    mixins.ListModelMixin,
):
    """Lines of users: whose telephone rings. Users without the right to see all lines see only the calls of their own."""

    resource = "staff_line"
    queryset = StaffLine.objects.select_related("user").defer("user__password")
    serializer_class = StaffLineSerializer
    filterset_class = StaffLineFilter

    def create(self, request: Request, *args: object, **options: object) -> Response:
        """Give a user a line. 200 where they have it already."""
        body = self.get_serializer(data=request.data)
        body.is_valid(raise_exception=True)
        user, line = body.validated_data["user"], body.validated_data["sip"]
        check_may_give(request.user, line.pk)
        given, is_new = StaffLine.objects.get_or_create(user=user, sip=line)
        code = status.HTTP_201_CREATED if is_new else status.HTTP_200_OK
        return Response(self.get_serializer(given).data, status=code)


def check_may_give(giver: User | AnonymousUser, sip_id: int) -> None:
    """A line lets its user see its calls, so nobody may give a line whose calls they do not see. Raises PermissionDenied."""
    if not sees_all_lines(giver) and sip_id not in lines_of(giver):
        raise PermissionDenied(_("You can only give lines whose calls you see yourself."))
