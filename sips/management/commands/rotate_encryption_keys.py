from django.core.management.base import BaseCommand
from django.db import connection, models, transaction

from sips.encryption import EncryptedTextField, rotate
from sips.models import Sip, Voip


class Command(BaseCommand):
    help = "Encrypt all stored secrets anew under the first key of ENCRYPTION_KEYS. Afterwards the other keys can be removed. Safe to repeat."

    def handle(self, *args: object, **options: object) -> None:
        for model in (Voip, Sip):
            for field in model._meta.get_fields():
                if isinstance(field, EncryptedTextField):
                    count = _rotate_column(model, str(field.column))
                    self.stdout.write(f"{model.__name__}.{field.name}: {count} encrypted anew")


def _rotate_column(model: type[models.Model], column: str) -> int:
    """Re-encrypts row by row under lock: a secret changed meanwhile is not overwritten. Raises DecryptionError."""
    name = connection.ops.quote_name
    table, field = name(model._meta.db_table), name(column)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SELECT id, {field} FROM {table} WHERE {field} <> '' ORDER BY id FOR UPDATE")
        rows = cursor.fetchall()
        cursor.executemany(
            f"UPDATE {table} SET {field} = %s WHERE id = %s", [(rotate(secret), pk) for pk, secret in rows]
        )
    return len(rows)
