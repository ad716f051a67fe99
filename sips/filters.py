import django_filters
from django import forms

from sips import catalog
from sips.models import Sip, Voip
from sips.validators import validate_provider
from voipcrm.rest.query_filters import WholeNumberFilter, YesNoFilter


class ProviderInput(forms.CharField):
    def clean(self, value: object) -> str:
        slug = catalog.slug_of(super().clean(value))
        if slug:
            validate_provider(slug)
        return slug


class ProviderFilter(django_filters.CharFilter):
    field_class = ProviderInput


class VoipFilter(django_filters.FilterSet):
    provider = ProviderFilter(help_text="The provider, in any writing of its name.")

    class Meta:
        model = Voip
        fields = ()


class SipFilter(django_filters.FilterSet):
    voip_id = WholeNumberFilter(help_text="Lines of this configuration.")
    active = YesNoFilter(help_text="Whether calls may be placed from the line.")
    sip = django_filters.CharFilter(max_length=64, help_text="The line's SIP number, exactly.")
    kind = django_filters.CharFilter(max_length=50, help_text="The kind, exactly as it was written.")

    class Meta:
        model = Sip
        fields = ()
