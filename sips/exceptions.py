from django.utils.translation import gettext_lazy as _
from rest_framework import status
from rest_framework.exceptions import APIException


class Conflict(APIException):
    """The record's state does not allow what was asked."""

    status_code = status.HTTP_409_CONFLICT
    default_detail = _("The record's state does not allow this.")
    default_code = "conflict"
    "Raised with a more specific code, see docs/api.md."
