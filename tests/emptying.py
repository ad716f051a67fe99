"""Empties the database after a test that commits.

Django's own flush truncates every table, filled or not, and then makes all permissions anew: a second for each such test. Here the tables
that hold something are emptied, and what the migrations have put in stays, or comes back where the test has changed it.
"""

from django.db import connection
from django.test import TransactionTestCase

OF_MIGRATIONS = "'{django_migrations,django_content_type,auth_permission,auth_group,auth_group_permissions}'::name[]"

REMEMBER = f"""
DO $$ DECLARE kept name; BEGIN
    CREATE SCHEMA of_migrations;
    FOREACH kept IN ARRAY {OF_MIGRATIONS} LOOP
        EXECUTE format('CREATE TABLE of_migrations.%1$I AS TABLE public.%1$I', kept);
    END LOOP;
END $$"""

EMPTY = f"""
DO $$ DECLARE chosen name; has_changed boolean; changed text; BEGIN
    FOR chosen IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
        IF chosen = ANY ({OF_MIGRATIONS}) THEN
            EXECUTE format('SELECT EXISTS (TABLE public.%1$I EXCEPT TABLE of_migrations.%1$I)
                                OR EXISTS (TABLE of_migrations.%1$I EXCEPT TABLE public.%1$I)', chosen) INTO has_changed;
        ELSE
            EXECUTE format('SELECT EXISTS (SELECT FROM public.%I)', chosen) INTO has_changed;
        END IF;
        IF has_changed THEN
            changed := concat_ws(', ', changed, format('public.%I', chosen));
        END IF;
    END LOOP;
    IF changed IS NOT NULL THEN
        EXECUTE 'TRUNCATE ' || changed || ' CASCADE';
        FOREACH chosen IN ARRAY {OF_MIGRATIONS} LOOP
            EXECUTE format('INSERT INTO public.%1$I OVERRIDING SYSTEM VALUE (TABLE of_migrations.%1$I EXCEPT TABLE public.%1$I)', chosen);
        END LOOP;
    END IF;
END $$"""


def remember() -> None:
    """What the migrations have put in; before any test."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regnamespace('of_migrations') IS NULL")
        if cursor.fetchone() == (True,):  # a database that is used again has it
            cursor.execute(REMEMBER)


def send_home() -> None:
    """End what is still connected, as a server's thread that answered a page's last question; the database cannot be dropped before."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def empty(_test: TransactionTestCase) -> None:
    with connection.cursor() as cursor:
        cursor.execute(EMPTY)
