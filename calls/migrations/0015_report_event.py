from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ('calls', '0014_reason_labels'),
    ]

    operations = [
        migrations.RenameField(model_name='report', old_name='said', new_name='event'),
    ]
