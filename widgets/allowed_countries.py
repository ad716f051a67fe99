"""Which countries may be called for the visitors of a widget."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from sips.validators import validate_country

ANY_COUNTRY = "*"


def validate_countries(value: object) -> None:
    if not isinstance(value, list) or len(value) > 300:
        raise ValidationError(_("Give a list of countries such as [“PL”, “CZ”]."))
    for country in value:
        if country != ANY_COUNTRY:
            validate_country(str(country))
