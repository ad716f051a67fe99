"""Links from the desk into the CRM, by address templates of the settings."""

from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

PLACEHOLDER = "{id}"


def check_template(name: str, value: str) -> str:
    """An address with `{id}` for the id of the client or contact, or blank. Raises ImproperlyConfigured."""
    if value and (PLACEHOLDER not in value or urlsplit(value).scheme not in ("http", "https")):
        raise ImproperlyConfigured(f"{name} is “{value}”; write it like https://crm.example.com/clients/{PLACEHOLDER}.")
    return value


def link_to(template: str, number: int) -> str:
    """The address; "" without a template."""
    return template.replace(PLACEHOLDER, str(number))
