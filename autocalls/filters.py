import django_filters
from django.db.models import QuerySet

from autocalls.models import OPEN, AttemptOutcome, Autocall, RequestSource, Standing, Status
from autocalls.reaching import operator_reached, talked
from calls.filters import NumberFilter
from sips.staff_fields import UsernameFilter
from voipcrm.rest.query_filters import MomentFilter, WholeNumberFilter, YesNoFilter

NO_REASON = "none"
REASONS = [(NO_REASON, "none"), *AttemptOutcome.choices, *Standing.choices]


class AutocallFilter(django_filters.FilterSet):
    status = django_filters.ChoiceFilter(choices=Status.choices, help_text="How the call-back stands.")
    source = django_filters.ChoiceFilter(
        choices=RequestSource.choices, help_text="Who asked for it: a visitor through a widget, the API, or staff."
    )
    widget_id = WholeNumberFilter(help_text="Call-backs of this widget.")
    voip_id = WholeNumberFilter(help_text="Those to be made through this configuration.")
    sip_id = WholeNumberFilter(help_text="Those that name this line.")
    client_id = WholeNumberFilter(help_text="Those of this client of the CRM.")
    contact_id = WholeNumberFilter(help_text="Those of this contact of the CRM.")
    taken_by = UsernameFilter("taken_by", help_text="Login name of who has taken them.")
    number = NumberFilter(
        fields=("number",), help_text="The number to be called, in any writing, or at least its last three digits."
    )
    call_at_after = MomentFilter("call_at", "gte", help_text="To be called at this time or later.")
    call_at_before = MomentFilter("call_at", "lt", help_text="To be called before this time.")
    updated_since = MomentFilter("updated_at", "gte", help_text="Changed at this time or later.")
    created_after = MomentFilter("created_at", "gte", help_text="Asked for at this time or later.")
    created_before = MomentFilter("created_at", "lt", help_text="Asked for before this time.")
    finished = YesNoFilter(method="filter_finished", help_text="Whether nothing more is done about it.")
    operator_reached = YesNoFilter(
        method="filter_operator_reached", help_text="Whether an operator picked up in one of its calls."
    )
    talked = YesNoFilter(method="filter_talked", help_text="Whether the two talked in one of its calls.")
    reason = django_filters.ChoiceFilter(
        choices=REASONS,
        method="filter_reason",
        help_text=f"Why it waits or ended; `{NO_REASON}`: those without a reason.",
    )

    class Meta:
        model = Autocall
        fields = ()

    def filter_finished(self, queryset: QuerySet[Autocall], _name: str, value: bool) -> QuerySet[Autocall]:
        return queryset.exclude(status__in=OPEN) if value else queryset.filter(status__in=OPEN)

    def filter_operator_reached(self, queryset: QuerySet[Autocall], _name: str, value: bool) -> QuerySet[Autocall]:
        return queryset.filter(operator_reached() if value else ~operator_reached())

    def filter_talked(self, queryset: QuerySet[Autocall], _name: str, value: bool) -> QuerySet[Autocall]:
        return queryset.filter(talked() if value else ~talked())

    def filter_reason(self, queryset: QuerySet[Autocall], _name: str, value: str) -> QuerySet[Autocall]:
        return queryset.filter(reason="" if value == NO_REASON else value)
