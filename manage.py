#!/usr/bin/env python
"""Django's command line. Wrong settings, and a database that does not answer, are one sentence and no traceback."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db import OperationalError

from voipcrm.audit.actors import acting_as, of_command
from voipcrm.postgres_programs import EmbeddedPostgresError

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "voipcrm.settings")
    try:
        with acting_as(lambda: of_command(*sys.argv[1:2] or ("",))):
            execute_from_command_line(sys.argv)
    except (ImproperlyConfigured, EmbeddedPostgresError) as problem:
        sys.exit(str(problem))
    except OperationalError as problem:
        if "--traceback" in sys.argv or getattr(problem.__cause__, "sqlstate", None):  # the database said what is wrong
            raise
        sys.exit(f"The database does not answer: {problem}")
