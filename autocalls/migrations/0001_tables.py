"""Call-backs and their attempts, refused requests and used form tokens."""

import django.contrib.postgres.indexes
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    replaces = [("autocalls", "0001_initial")]

    dependencies = [
        ('calls', '0001_tables'),
        ('sips', '0001_tables'),
        ('widgets', '0001_tables'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='UsedFormToken',
            fields=[
                ('nonce', models.CharField(max_length=32, primary_key=True, serialize=False)),
                ('used_at', models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
            ],
        ),
        migrations.CreateModel(
            name='Autocall',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=64, verbose_name='number')),
                ('status', models.CharField(choices=[('scheduled', 'scheduled'), ('calling', 'calling'), ('taken', 'taken'), ('done', 'done'), ('failed', 'failed'), ('canceled', 'canceled'), ('expired', 'expired')], default='scheduled', max_length=9, verbose_name='status')),
                ('call_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='call at')),
                ('client_id', models.BigIntegerField(blank=True, null=True, verbose_name='CRM client')),
                ('contact_id', models.BigIntegerField(blank=True, null=True, verbose_name='CRM contact')),
                ('name', models.CharField(blank=True, max_length=255, verbose_name='name')),
                ('note', models.TextField(blank=True, max_length=2000, verbose_name='note')),
                ('source', models.CharField(choices=[('widget', 'widget'), ('api', 'API'), ('staff', 'staff')], default='staff', editable=False, max_length=6, verbose_name='source')),
                ('consent_at', models.DateTimeField(editable=False, null=True, verbose_name='consent given')),
                ('consent_version', models.CharField(blank=True, db_default='', default='', editable=False, max_length=12, verbose_name='consent text')),
                ('page_url', models.CharField(blank=True, editable=False, max_length=1000, verbose_name='page')),
                ('address', models.CharField(blank=True, db_default='', default='', editable=False, max_length=45, verbose_name="visitor's address")),
                ('network', models.CharField(blank=True, db_default='', default='', editable=False, max_length=45)),
                ('promised_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='promised for')),
                ('slot_at', models.DateTimeField(editable=False, null=True)),
                ('attempts', models.PositiveSmallIntegerField(default=0, editable=False, verbose_name='attempts')),
                ('max_attempts', models.PositiveSmallIntegerField(default=3, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(10)], verbose_name='attempts at most')),
                ('hunting', models.BooleanField(db_default=False, default=False, editable=False)),
                ('reason', models.CharField(blank=True, choices=[('answered', 'answered'), ('operator', 'operator not reached'), ('busy', 'busy'), ('no_answer', 'no answer'), ('declined', 'declined'), ('impossible', 'no such number'), ('failed', 'failed'), ('not_dialed', 'not dialed in time'), ('no_line', 'no line can dial'), ('no_configuration', 'no configuration is left to make it'), ('never_open', 'the office never opens'), ('expired', 'could not be made in time'), ('taken', 'taken by staff'), ('erased', 'the person was erased')], editable=False, max_length=32, verbose_name='reason')),
                ('taken_at', models.DateTimeField(editable=False, null=True, verbose_name='taken')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='changed')),
                ('finished_at', models.DateTimeField(editable=False, null=True, verbose_name='finished')),
                ('last_call', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='autocalls', to='calls.call', verbose_name='last call')),
                ('sip', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='autocalls', to='sips.sip', verbose_name='line')),
                ('taken_by', models.ForeignKey(db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='taken by')),
                ('voip', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='autocalls', to='sips.voip', verbose_name='configuration')),
                ('widget', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='autocalls', to='widgets.widget', verbose_name='widget')),
            ],
            options={
                'verbose_name': 'call-back',
                'verbose_name_plural': 'call-backs',
                'permissions': [('reassign_autocall', 'Can change call-backs that somebody else has taken')],
            },
        ),
        migrations.CreateModel(
            name='Attempt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveSmallIntegerField(verbose_name='attempt')),
                ('outcome', models.CharField(blank=True, choices=[('answered', 'answered'), ('operator', 'operator not reached'), ('busy', 'busy'), ('no_answer', 'no answer'), ('declined', 'declined'), ('impossible', 'no such number'), ('failed', 'failed'), ('not_dialed', 'not dialed in time')], max_length=10, verbose_name='outcome')),
                ('started_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='started')),
                ('settled_at', models.DateTimeField(null=True, verbose_name='settled')),
                ('call', models.OneToOneField(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='made_for_autocall', to='calls.call', verbose_name='call')),
                ('sip', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='autocall_attempts', to='sips.sip', verbose_name='line')),
                ('autocall', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='calls_made', to='autocalls.autocall')),
            ],
            options={
                'verbose_name': 'attempt',
                'verbose_name_plural': 'attempts',
            },
        ),
        migrations.CreateModel(
            name='Refusal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=32, verbose_name='why')),
                ('number', models.CharField(blank=True, max_length=64, verbose_name='number')),
                ('address', models.CharField(blank=True, max_length=45, verbose_name="visitor's address")),
                ('day', models.DateField()),
                ('times', models.PositiveIntegerField(default=1, verbose_name='times')),
                ('call_at', models.DateTimeField(null=True, verbose_name='call at')),
                ('name', models.CharField(blank=True, max_length=255, verbose_name='name')),
                ('note', models.TextField(blank=True, max_length=2000, verbose_name='note')),
                ('page_url', models.CharField(blank=True, max_length=1000, verbose_name='page')),
                ('first_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='first')),
                ('last_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='last')),
                ('allowed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='allowed by')),
                ('autocall', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='refusals', to='autocalls.autocall', verbose_name='call-back')),
                ('widget', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='refusals', to='widgets.widget', verbose_name='widget')),
            ],
            options={
                'verbose_name': 'refused request',
                'verbose_name_plural': 'refused requests',
            },
        ),
    ]
