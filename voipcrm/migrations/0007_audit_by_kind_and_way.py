from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False  # made beside those who work, whom a lock on the table would stop for as long as it takes

    dependencies = [('voipcrm', '0006_failed_jobs')]

    operations = [
        AddIndexConcurrently(
            model_name='auditentry',
            index=models.Index(fields=['model', '-at', '-id'], name='audit_model'),
        ),
        AddIndexConcurrently(
            model_name='auditentry',
            index=models.Index(fields=['by', '-at', '-id'], name='audit_by'),
        ),
    ]
