from django.utils.translation import gettext_lazy as _

from sips.models import Voip
from voipcrm.backoffice.filters import ChosenFilter


class ConfigurationFilter(ChosenFilter):
    """Narrows a list of the back-office to one configuration."""

    title = _("configuration")
    parameter_name = "voip"
    model = Voip
