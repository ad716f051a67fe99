"""The call-backs of the API."""

from rest_framework import viewsets
from rest_framework.serializers import BaseSerializer

from autocalls import services
from autocalls.filters import AutocallFilter
from autocalls.models import Autocall, Source
from autocalls.serializers import AutocallSerializer
from calls.exceptions import Conflict


class AutocallViewSet(viewsets.ModelViewSet[Autocall]):
    """Automatic call-backs."""

    resource = "autocall"
    queryset = Autocall.objects.all()
    serializer_class = AutocallSerializer
    filterset_class = AutocallFilter
    http_method_names = ("get", "post", "patch", "delete", "head", "options")

    def perform_create(self, serializer: BaseSerializer[Autocall]) -> None:
        try:
            serializer.instance = services.schedule(serializer.validated_data, source=Source.API)
        except services.AlreadyPromised as problem:
            raise Conflict(str(problem)) from problem

    def perform_update(self, serializer: BaseSerializer[Autocall]) -> None:
        assert serializer.instance is not None
        try:
            serializer.instance = services.edit(serializer.instance, serializer.validated_data)
        except (services.TooLate, services.AlreadyPromised) as problem:
            raise Conflict(str(problem)) from problem

    def perform_destroy(self, instance: Autocall) -> None:
        try:
            services.delete(instance)
        except services.TooLate as problem:
            raise Conflict(str(problem)) from problem
