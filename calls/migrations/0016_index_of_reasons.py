from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False  # made beside the intake, which a lock on the table would stop for as long as it takes

    dependencies = [('calls', '0015_report_event')]

    operations = [
        AddIndexConcurrently(
            model_name='call',
            index=models.Index(models.F('reason'), models.OrderBy(models.F('start_time'), descending=True), models.OrderBy(models.F('id'), descending=True), condition=models.Q(('reason', ''), _negated=True), name='call_reason'),
        ),
    ]
