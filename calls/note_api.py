"""Notes of the API: added and read, never changed."""

from typing import cast

import django_filters
from django.contrib.auth.models import User
from rest_framework import mixins, serializers
from rest_framework.serializers import BaseSerializer

from calls.models import Call, CallQuerySet, Note
from calls.note_models import LONGEST_NOTE
from calls.notes import add_note
from sips.staff_fields import UsernameField, UsernameFilter
from sips.visible_records import VisibleRecords
from voipcrm.rest.bodies import StrictBody
from voipcrm.rest.fields import IdField
from voipcrm.rest.query_filters import MomentFilter, WholeNumberFilter
from voipcrm.rest.replica import ListsFromReplica


class CallIdField(IdField[Call]):
    def get_queryset(self) -> CallQuerySet:
        rows: CallQuerySet = Call.objects.visible_to(self.context["request"].user).only("pk")
        return rows


class NoteSerializer(StrictBody, serializers.ModelSerializer[Note]):
    call_id = CallIdField(source="call", queryset=Call.objects.all())
    author = UsernameField(read_only=True)
    text = serializers.CharField(max_length=LONGEST_NOTE)

    class Meta:
        model = Note
        fields = ("id", "call_id", "author", "text", "created_at")
        read_only_fields = ("created_at",)


class NoteFilter(django_filters.FilterSet):
    call_id = WholeNumberFilter(help_text="Notes on this call.")
    author = UsernameFilter("author", help_text="Login name of who wrote them.")
    created_at_after = MomentFilter("created_at", "gte", help_text="Written at this time or later.")
    created_at_before = MomentFilter("created_at", "lt", help_text="Written before this time.")

    class Meta:
        model = Note
        fields = ()


class NoteViewSet(
    ListsFromReplica[Note],
    VisibleRecords[Note],
    mixins.CreateModelMixin,
    mixins.RetrieveModelMixin,
    mixins.ListModelMixin,
):
    """Notes of staff on calls. The author is the user of the token; the CRM's own text is the call's `description`."""

    resource = "note"
    queryset = Note.objects.select_related("author").defer("author__password")
    serializer_class = NoteSerializer
    filterset_class = NoteFilter

    def perform_create(self, serializer: BaseSerializer[Note]) -> None:
        serializer.instance = add_note(
            serializer.validated_data["call"],
            author=cast("User", self.request.user),
            text=serializer.validated_data["text"],
        )
