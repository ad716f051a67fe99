from django.db import migrations


class Migration(migrations.Migration):
    """Failed jobs are counted for the page of health: without reading those that went well."""

    dependencies = [("voipcrm", "0005_audit"), ("procrastinate", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "CREATE INDEX IF NOT EXISTS voipcrm_failed_jobs ON procrastinate_jobs (id) WHERE status = 'failed'",
            "DROP INDEX IF EXISTS voipcrm_failed_jobs",
        )
    ]
