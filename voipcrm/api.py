"""The routes of the API, and what concerns several apps: idempotency keys, and the call-back of a call."""

from autocalls.calls_of_widgets import CallOfWidgetFilter
from autocalls.serializers import CallOfAutocallSerializer
from autocalls.views import AutocallViewSet
from calls.follow_up_api import FollowUpViewSet
from calls.note_api import NoteViewSet
from calls.outcome_api import OutcomeViewSet
from calls.views import CallViewSet
from integrations.line_test_api import TestedSipViewSet
from integrations.webhooks.voip_api import ReadingVoipViewSet
from sips.staff_line_api import StaffLineViewSet
from voipcrm.idempotency import OncePerKey
from voipcrm.rest.routers import JsonRouter
from widgets.views import WidgetViewSet


class Calls(OncePerKey, CallViewSet):
    """Calls: the log, and click-to-call."""

    queryset = CallViewSet.queryset.select_related("made_for_autocall")
    serializer_class = CallOfAutocallSerializer
    filterset_class = CallOfWidgetFilter


class Sips(OncePerKey, TestedSipViewSet):
    """Lines: SIP accounts and extensions."""


class Voips(OncePerKey, ReadingVoipViewSet):
    """VoIP configurations. When one is deleted, its calls, lines, widgets and call-backs stay without a configuration."""


class Widgets(OncePerKey, WidgetViewSet):
    """Call-back widgets."""


class Autocalls(OncePerKey, AutocallViewSet):
    """Automatic call-backs."""


class StaffLines(OncePerKey, StaffLineViewSet):
    """Lines of users: whose telephone rings. Users without the right to see all lines see only the calls of their own."""


class Notes(OncePerKey, NoteViewSet):
    """Notes of staff on calls. The author is the token's user; the CRM's own text is the call's `description`."""


class FollowUps(OncePerKey, FollowUpViewSet):
    """Numbers that staff are to call, have called, or will call. There is one open follow-up per number and configuration."""


class Outcomes(OncePerKey, OutcomeViewSet):
    """Outcomes of calls, in the company's own words."""


router = JsonRouter()
router.register("calls", Calls, basename="call")
router.register("sips", Sips, basename="sip")
router.register("voips", Voips, basename="voip")
router.register("widgets", Widgets, basename="widget")
router.register("autocalls", Autocalls, basename="autocall")
router.register("staff_lines", StaffLines, basename="staff_line")
router.register("notes", Notes, basename="note")
router.register("follow_ups", FollowUps, basename="follow_up")
router.register("outcomes", Outcomes, basename="outcome")
