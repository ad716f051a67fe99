"""The groups that a new database has: one for each role of docs/rights.md."""

from django.contrib.auth.management import create_permissions
from django.db import migrations

OPERATOR = (
    "calls.view_call", "calls.add_call", "calls.change_call", "calls.view_note", "calls.add_note", "calls.view_followup", "calls.add_followup",
    "calls.change_followup", "calls.view_outcome", "autocalls.view_autocall", "autocalls.add_autocall", "autocalls.change_autocall",
)
LINES = ("sips.view_all_lines", "sips.view_staffline", "sips.add_staffline", "sips.delete_staffline")
OUTCOMES = ("calls.view_outcome", "calls.add_outcome", "calls.change_outcome", "calls.delete_outcome")
SUPERVISOR = (
    *OPERATOR, *LINES, *OUTCOMES, "calls.reassign_followup", "autocalls.reassign_autocall", "autocalls.view_refusal", "autocalls.change_refusal",
)
SET_UP = (
    *LINES, *OUTCOMES,
    *(f"sips.{verb}_{model}" for model in ("voip", "sip") for verb in ("view", "add", "change", "delete")),
    *(f"widgets.{verb}_widget" for verb in ("view", "add", "change", "delete")),
    "integrations.view_webhookdelivery", "integrations.change_webhookdelivery",
)
ADMINISTRATOR = (
    *SUPERVISOR, *SET_UP, "calls.delete_call", "autocalls.delete_autocall",
    *(f"auth.{verb}_{model}" for model in ("user", "group") for verb in ("view", "add", "change", "delete")),
    *(f"voipcrm.{verb}_apitoken" for verb in ("view", "add", "change", "delete")),
)
ROLES = {"Operator": OPERATOR, "Supervisor": SUPERVISOR, "Set-up": SET_UP, "Administrator": ADMINISTRATOR}


def right(apps, name):
    app, _dot, codename = name.partition(".")
    return apps.get_model("auth", "Permission").objects.get(content_type__app_label=app, codename=codename)


def make_permissions(apps):
    """Django makes them after all migrations; here they are needed now."""
    for config in apps.get_app_configs():
        config.models_module = True
        create_permissions(config, apps=apps, verbosity=0)
        config.models_module = None


def make_roles(apps):
    """The groups that there are not yet; one of that name that there is stays as it is, and is named."""
    for name, rights in ROLES.items():
        group, is_new = apps.get_model("auth", "Group").objects.get_or_create(name=name)
        if is_new:
            group.permissions.set([right(apps, each) for each in dict.fromkeys(rights)])
        else:
            print(f'\n    There is a group "{name}" already; it keeps its own rights (see docs/rights.md for ours).', end="")


def forwards(apps, schema_editor):
    make_permissions(apps)
    make_roles(apps)


class Migration(migrations.Migration):

    replaces = [("voipcrm", "0004_roles")]

    dependencies = [
        ("voipcrm", "0001_tables"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("sips", "0001_tables"),
        ("calls", "0001_tables"),
        ("autocalls", "0001_tables"),
        ("integrations", "0001_tables"),
        ("widgets", "0001_tables"),
    ]

    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]
