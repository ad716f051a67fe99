from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False  # made beside the intake, which a lock on the table would stop for as long as it takes

    dependencies = [('integrations', '0011_connection_tests')]

    operations = [
        AddIndexConcurrently(
            model_name='webhookdelivery',
            index=models.Index(condition=models.Q(('erased_at', None), _negated=True), fields=['-id'], name='delivery_erased'),
        ),
    ]
