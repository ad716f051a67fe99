"""The groups that a new database has."""

from importlib import import_module
from typing import Any

import make
from django.apps import apps
from django.contrib.auth.models import Group, User

from sips.models import Sip

MIGRATION: Any = import_module("voipcrm.migrations.0002_roles")
AUDIT: Any = import_module("voipcrm.migrations.0005_audit")
NAMES = tuple(MIGRATION.ROLES)


def role(name: str) -> Group:
    """A test that commits leaves the tables empty, so the groups are made where they are missing."""
    MIGRATION.make_roles(apps)
    AUDIT.let_administrators_read(apps, None)
    return Group.objects.get(name=name)


def in_role(name: str, *lines: Sip, username: str = "ewa") -> User:
    """Somebody of the staff with that role alone, and these lines."""
    user = User.objects.create_user(username, is_staff=True)
    user.groups.add(role(name))
    for line in lines:
        make.staff_line(user, line)
    return user
