"""Links from the desk into the CRM, by address templates of the settings."""

from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

PLACE = "{id}"


def check_template(name: str, value: str) -> str:
    """An address with `{id}` in place of the client's or contact's number, or blank. Raises ImproperlyConfigured."""
    if value and (PLACE not in value or urlsplit(value).scheme not in ("http", "https")):
        raise ImproperlyConfigured(f"{name} is “{value}”; write it like https://crm.example.com/clients/{PLACE}.")
    return value


def link_to(template: str, number: int) -> str:
    """ "" without a template."""
    return template.replace(PLACE, str(number))
