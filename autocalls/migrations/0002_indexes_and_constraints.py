"""What is looked up in them, and what must hold of them."""

import django.contrib.postgres.indexes
import django.db.models.functions.text
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [
        ("autocalls", "0002_attempts_refusals_and_origins"),
        ("autocalls", "0003_number_endings"),
        ("autocalls", "0004_numbers_of_finished_may_go"),
        ("autocalls", "0005_configurations_may_go"),
        ("autocalls", "0006_reasons"),
        ("autocalls", "0007_promised_index"),
        ("autocalls", "0008_taken"),
        ("autocalls", "0009_hunting"),
    ]

    dependencies = [("autocalls", "0001_tables")]

    operations = [
        migrations.AddIndex(
            model_name='autocall',
            index=models.Index(fields=['status', '-id'], name='autocall_status'),
        ),
        migrations.AddIndex(
            model_name='autocall',
            index=models.Index(fields=['widget', '-id'], name='autocall_widget'),
        ),
        migrations.AddIndex(
            model_name='autocall',
            index=models.Index(fields=['voip', '-id'], name='autocall_voip'),
        ),
        migrations.AddIndex(
            model_name='autocall',
            index=models.Index(fields=['number', '-id'], name='autocall_number'),
        ),
        migrations.AddIndex(
            model_name='autocall',
            index=models.Index(django.contrib.postgres.indexes.OpClass(django.db.models.functions.text.Reverse('number'), name='text_pattern_ops'), name='autocall_number_end'),
        ),
        migrations.AddIndex(
            model_name='autocall',
            index=models.Index(fields=['call_at'], name='autocall_call_at'),
        ),
        migrations.AddIndex(
            model_name='autocall',
            index=models.Index(condition=models.Q(('status', 'scheduled')), fields=['call_at', 'id'], name='autocall_due'),
        ),
        migrations.AddIndex(
            model_name='autocall',
            index=models.Index(condition=models.Q(('status', 'scheduled')), fields=['promised_at'], name='autocall_promised'),
        ),
        migrations.AddIndex(
            model_name='autocall',
            index=models.Index(condition=models.Q(('taken_by__isnull', False)), fields=['taken_by', '-id'], name='autocall_taken_by'),
        ),
        migrations.AddIndex(
            model_name='autocall',
            index=models.Index(condition=models.Q(('status__in', ('scheduled', 'calling', 'taken'))), fields=['widget', 'slot_at'], name='autocall_slot'),
        ),
        migrations.AddIndex(
            model_name='autocall',
            index=models.Index(condition=models.Q(('source', 'widget')), fields=['number', 'created_at'], name='autocall_by_number'),
        ),
        migrations.AddIndex(
            model_name='autocall',
            index=models.Index(condition=models.Q(('source', 'widget')), fields=['address', 'created_at'], name='autocall_by_address'),
        ),
        migrations.AddIndex(
            model_name='autocall',
            index=models.Index(condition=models.Q(('source', 'widget')), fields=['network', 'created_at'], name='autocall_by_network'),
        ),
        migrations.AddIndex(
            model_name='autocall',
            index=models.Index(condition=models.Q(('source', 'widget')), fields=['widget', 'created_at'], name='autocall_by_widget'),
        ),
        migrations.AddConstraint(
            model_name='autocall',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['scheduled', 'calling', 'taken', 'done', 'failed', 'canceled', 'expired'])), name='autocall_status_is_known'),
        ),
        migrations.AddConstraint(
            model_name='autocall',
            constraint=models.CheckConstraint(condition=models.Q(('source__in', ['widget', 'api', 'staff'])), name='autocall_source_is_known'),
        ),
        migrations.AddConstraint(
            model_name='autocall',
            constraint=models.CheckConstraint(condition=models.Q(('reason__in', ['', 'answered', 'operator', 'busy', 'no_answer', 'declined', 'impossible', 'failed', 'not_dialed', 'no_line', 'no_configuration', 'never_open', 'expired', 'taken', 'erased'])), name='autocall_reason_is_known'),
        ),
        migrations.AddConstraint(
            model_name='autocall',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('number', ''), _negated=True), models.Q(('status__in', ('scheduled', 'calling', 'taken')), _negated=True), _connector='OR'), name='autocall_has_a_number_while_open'),
        ),
        migrations.AddConstraint(
            model_name='autocall',
            constraint=models.CheckConstraint(condition=models.Q(('max_attempts__range', (1, 10))), name='autocall_max_attempts_1_to_10'),
        ),
        migrations.AddConstraint(
            model_name='autocall',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('finished_at', None), ('status__in', ('scheduled', 'calling', 'taken'))), models.Q(models.Q(('status__in', ('scheduled', 'calling', 'taken')), _negated=True), ('finished_at__isnull', False)), _connector='OR'), name='autocall_is_finished_or_open'),
        ),
        migrations.AddConstraint(
            model_name='autocall',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status', 'taken'), _negated=True), ('taken_at__isnull', False), _connector='OR'), name='autocall_is_taken_at_a_time'),
        ),
        migrations.AddConstraint(
            model_name='autocall',
            constraint=models.UniqueConstraint(condition=models.Q(('status__in', ('scheduled', 'calling', 'taken'))), fields=('widget', 'number'), name='autocall_is_open_once_per_widget'),
        ),
        migrations.AddIndex(
            model_name='attempt',
            index=models.Index(fields=['autocall', 'id'], name='attempt_autocall'),
        ),
        migrations.AddIndex(
            model_name='attempt',
            index=models.Index(fields=['sip', '-started_at'], name='attempt_line'),
        ),
        migrations.AddIndex(
            model_name='attempt',
            index=models.Index(condition=models.Q(('outcome', '')), fields=['started_at'], name='attempt_open'),
        ),
        migrations.AddConstraint(
            model_name='attempt',
            constraint=models.CheckConstraint(condition=models.Q(('outcome__in', ['', 'answered', 'operator', 'busy', 'no_answer', 'declined', 'impossible', 'failed', 'not_dialed'])), name='attempt_outcome_is_known'),
        ),
        migrations.AddConstraint(
            model_name='attempt',
            constraint=models.UniqueConstraint(condition=models.Q(('outcome', '')), fields=('autocall',), name='attempt_is_one_at_a_time'),
        ),
        migrations.AddConstraint(
            model_name='attempt',
            constraint=models.UniqueConstraint(condition=models.Q(('outcome', 'not_dialed'), _negated=True), fields=('autocall', 'number', 'sip'), name='attempt_rings_a_line_once'),
        ),
        migrations.AddIndex(
            model_name='refusal',
            index=models.Index(fields=['widget', '-id'], name='refusal_widget'),
        ),
        migrations.AddIndex(
            model_name='refusal',
            index=models.Index(fields=['number'], name='refusal_number'),
        ),
        migrations.AddIndex(
            model_name='refusal',
            index=models.Index(django.contrib.postgres.indexes.OpClass(django.db.models.functions.text.Reverse('number'), name='text_pattern_ops'), name='refusal_number_end'),
        ),
        migrations.AddIndex(
            model_name='refusal',
            index=models.Index(fields=['last_at'], name='refusal_last'),
        ),
        migrations.AddConstraint(
            model_name='refusal',
            constraint=models.UniqueConstraint(fields=('widget', 'day', 'code', 'number', 'address'), name='refusal_is_stored_once_a_day'),
        ),
    ]
