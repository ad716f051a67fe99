"""Webhook deliveries, what reads them again, and the dialers."""

import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    replaces = [
        ("integrations", "0001_initial"),
        ("integrations", "0002_dialing"),
        ("integrations", "0003_delivery_received_brin"),
        ("integrations", "0004_dialer"),
        ("integrations", "0005_erased_deliveries"),
        ("integrations", "0006_configurations_may_go"),
        ("integrations", "0007_reports"),
        ("integrations", "0008_rebuilding"),
        ("integrations", "0009_names"),
        ("integrations", "0010_field_terms"),
    ]

    dependencies = [
        ('sips', '0001_tables'),
    ]

    operations = [
        migrations.CreateModel(
            name='Dialer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=255, unique=True)),
                ('seen_at', models.DateTimeField()),
                ('calls', models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name='RateLimit',
            fields=[
                ('voip', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to='sips.voip')),
                ('next_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Rebuilding',
            fields=[
                ('voip', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to='sips.voip', verbose_name='configuration')),
                ('total', models.PositiveIntegerField(verbose_name='deliveries to read again')),
                ('done', models.PositiveIntegerField(verbose_name='deliveries read again')),
                ('read_to', models.BigIntegerField(verbose_name='last delivery read')),
                ('changed', models.PositiveIntegerField(verbose_name='calls changed')),
                ('unreadable', models.PositiveIntegerField(verbose_name='deliveries that cannot be read')),
                ('started_at', models.DateTimeField(verbose_name='started')),
                ('finished_at', models.DateTimeField(null=True, verbose_name='finished')),
            ],
            options={
                'verbose_name': 'reading again',
                'verbose_name_plural': 'readings again',
            },
        ),
        migrations.CreateModel(
            name='SyncCursor',
            fields=[
                ('voip', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to='sips.voip', verbose_name='configuration')),
                ('read_until', models.DateTimeField(verbose_name='read until')),
                ('read_at', models.DateTimeField(null=True, verbose_name='last read')),
                ('error', models.TextField(blank=True, verbose_name='why it could not be read')),
            ],
        ),
        migrations.CreateModel(
            name='WebhookDelivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('fingerprint', models.CharField(max_length=64)),
                ('provider', models.CharField(blank=True, db_default='', default='', max_length=50, verbose_name='provider')),
                ('event', models.CharField(blank=True, max_length=50, verbose_name='event in the address')),
                ('method', models.CharField(max_length=4, verbose_name='method')),
                ('headers', models.JSONField(default=dict, verbose_name='headers')),
                ('query', models.TextField(blank=True, verbose_name='query string')),
                ('body', models.BinaryField(verbose_name='body')),
                ('received_at', models.DateTimeField(verbose_name='received')),
                ('processed_at', models.DateTimeField(null=True, verbose_name='processed')),
                ('error', models.TextField(blank=True, verbose_name='why it cannot be read')),
                ('notes', models.TextField(blank=True, db_default='', default='', verbose_name='what could not be read')),
                ('provider_call_id', models.CharField(blank=True, max_length=255, verbose_name="provider's call id")),
                ('erased_at', models.DateTimeField(null=True, verbose_name='erased')),
                ('voip', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='sips.voip', verbose_name='configuration')),
            ],
            options={
                'verbose_name': 'webhook delivery',
                'verbose_name_plural': 'webhook deliveries',
                'indexes': [models.Index(fields=['voip', '-id'], name='delivery_voip'), models.Index(condition=models.Q(('error', ''), ('processed_at', None)), fields=['received_at'], name='delivery_waiting'), models.Index(condition=models.Q(('error', ''), _negated=True), fields=['voip', 'received_at'], name='delivery_unreadable'), models.Index(condition=models.Q(('error', ''), models.Q(('notes', ''), _negated=True)), fields=['voip', 'received_at'], name='delivery_read_in_part'), django.contrib.postgres.indexes.BrinIndex(autosummarize=True, fields=['received_at'], name='delivery_received')],
                'constraints': [models.UniqueConstraint(fields=('voip', 'fingerprint'), name='delivery_is_stored_once')],
            },
        ),
    ]
