"""The map of the API."""

from autocalls.views import AutocallViewSet
from calls.views import CallViewSet
from sips.views import SipViewSet, VoipViewSet
from voipcrm.routers import JsonRouter
from widgets.views import WidgetViewSet

router = JsonRouter()
router.register("calls", CallViewSet, basename="call")
router.register("sips", SipViewSet, basename="sip")
router.register("voips", VoipViewSet, basename="voip")
router.register("widgets", WidgetViewSet, basename="widget")
router.register("autocalls", AutocallViewSet, basename="autocall")
