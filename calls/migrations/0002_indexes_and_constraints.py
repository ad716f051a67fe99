"""What is looked up in them, and what must hold of them."""

import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.functions.text
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [
        ("calls", "0002_dialing"),
        ("calls", "0003_dial_by"),
        ("calls", "0004_erasure"),
        ("calls", "0005_configurations_may_go"),
        ("calls", "0006_reasons"),
        ("calls", "0007_reports"),
        ("calls", "0008_search_without_marks"),
        ("calls", "0009_lists_by_provider_id_and_nobody"),
        ("calls", "0010_notes_follow_ups_and_outcomes"),
        ("calls", "0011_names"),
        ("calls", "0012_talked_index"),
    ]

    dependencies = [("calls", "0001_tables")]

    operations = [
        migrations.AddIndex(
            model_name='call',
            index=models.Index(models.OrderBy(models.F('start_time'), descending=True), models.OrderBy(models.F('id'), descending=True), name='call_newest'),
        ),
        migrations.AddIndex(
            model_name='call',
            index=models.Index(models.F('status'), models.OrderBy(models.F('start_time'), descending=True), models.OrderBy(models.F('id'), descending=True), name='call_status'),
        ),
        migrations.AddIndex(
            model_name='call',
            index=models.Index(models.F('kind'), models.OrderBy(models.F('start_time'), descending=True), models.OrderBy(models.F('id'), descending=True), name='call_kind'),
        ),
        migrations.AddIndex(
            model_name='call',
            index=models.Index(models.F('voip'), models.OrderBy(models.F('start_time'), descending=True), models.OrderBy(models.F('id'), descending=True), name='call_voip'),
        ),
        migrations.AddIndex(
            model_name='call',
            index=models.Index(models.F('sip'), models.OrderBy(models.F('start_time'), descending=True), models.OrderBy(models.F('id'), descending=True), name='call_sip'),
        ),
        migrations.AddIndex(
            model_name='call',
            index=models.Index(models.F('client_id'), models.OrderBy(models.F('start_time'), descending=True), models.OrderBy(models.F('id'), descending=True), condition=models.Q(('client_id__isnull', False)), name='call_client'),
        ),
        migrations.AddIndex(
            model_name='call',
            index=models.Index(models.F('contact_id'), models.OrderBy(models.F('start_time'), descending=True), models.OrderBy(models.F('id'), descending=True), condition=models.Q(('contact_id__isnull', False)), name='call_contact'),
        ),
        migrations.AddIndex(
            model_name='call',
            index=models.Index(models.F('number_from'), models.OrderBy(models.F('start_time'), descending=True), models.OrderBy(models.F('id'), descending=True), name='call_number_from'),
        ),
        migrations.AddIndex(
            model_name='call',
            index=models.Index(models.F('number_to'), models.OrderBy(models.F('start_time'), descending=True), models.OrderBy(models.F('id'), descending=True), name='call_number_to'),
        ),
        migrations.AddIndex(
            model_name='call',
            index=models.Index(django.contrib.postgres.indexes.OpClass(django.db.models.functions.text.Reverse('number_from'), name='text_pattern_ops'), name='call_number_from_end'),
        ),
        migrations.AddIndex(
            model_name='call',
            index=models.Index(django.contrib.postgres.indexes.OpClass(django.db.models.functions.text.Reverse('number_to'), name='text_pattern_ops'), name='call_number_to_end'),
        ),
        migrations.AddIndex(
            model_name='call',
            index=models.Index(models.OrderBy(models.F('start_time'), descending=True), models.OrderBy(models.F('id'), descending=True), condition=models.Q(('client_id__isnull', True)), name='call_without_client'),
        ),
        migrations.AddIndex(
            model_name='call',
            index=models.Index(models.OrderBy(models.F('start_time'), descending=True), models.OrderBy(models.F('id'), descending=True), condition=models.Q(('contact_id__isnull', True)), name='call_without_contact'),
        ),
        migrations.AddIndex(
            model_name='call',
            index=models.Index(models.F('provider_call_id'), models.OrderBy(models.F('start_time'), descending=True), models.OrderBy(models.F('id'), descending=True), condition=models.Q(('provider_call_id', ''), _negated=True), name='call_provider_id'),
        ),
        migrations.AddIndex(
            model_name='call',
            index=models.Index(fields=['duration'], name='call_duration'),
        ),
        migrations.AddIndex(
            model_name='call',
            index=models.Index(condition=models.Q(('deleted_at', None), ('status', 'ANSWERED'), models.Q(('customer_number', ''), _negated=True)), fields=['customer_number', 'start_time'], name='call_talked'),
        ),
        migrations.AddIndex(
            model_name='call',
            index=models.Index(fields=['updated_at'], name='call_updated'),
        ),
        migrations.AddIndex(
            model_name='call',
            index=models.Index(models.OrderBy(models.F('start_time'), descending=True), models.OrderBy(models.F('id'), descending=True), condition=models.Q(('kind', 'incoming'), ('status__in', ('NO ANSWER', 'BUSY', 'FAILED', 'CANCELED'))), name='call_missed'),
        ),
        migrations.AddIndex(
            model_name='call',
            index=models.Index(models.F('customer_number'), models.OrderBy(models.F('start_time'), descending=True), models.OrderBy(models.F('id'), descending=True), condition=models.Q(models.Q(('customer_number', ''), _negated=True), models.Q(('client_id__isnull', False), ('contact_id__isnull', False), ('identity_set', True), _connector='OR')), name='call_identified'),
        ),
        migrations.AddIndex(
            model_name='call',
            index=models.Index(condition=models.Q(('precedence__gt', 0), ('precedence__lt', 50)), fields=['updated_at'], name='call_unfinished'),
        ),
        migrations.AddIndex(
            model_name='call',
            index=models.Index(condition=models.Q(('precedence__lt', 80), ('provider_call_id', ''), ('via', 'provider'), models.Q(('reference', ''), _negated=True)), fields=['voip', 'dialed_at'], name='call_awaits_id'),
        ),
        migrations.AddIndex(
            model_name='call',
            index=models.Index(condition=models.Q(models.Q(('held_by', ''), _negated=True), ('precedence__lt', 50)), fields=['held_by'], name='call_held'),
        ),
        migrations.AddIndex(
            model_name='call',
            index=models.Index(models.F('outcome'), models.OrderBy(models.F('start_time'), descending=True), models.OrderBy(models.F('id'), descending=True), condition=models.Q(('outcome__isnull', False)), name='call_outcome'),
        ),
        migrations.AddIndex(
            model_name='call',
            index=models.Index(models.F('placed_by'), models.OrderBy(models.F('start_time'), descending=True), models.OrderBy(models.F('id'), descending=True), condition=models.Q(('placed_by__isnull', False)), name='call_placed_by'),
        ),
        migrations.AddIndex(
            model_name='call',
            index=models.Index(condition=models.Q(('erased_at__isnull', False)), fields=['erased_at'], name='call_erased'),
        ),
        migrations.AddIndex(
            model_name='call',
            index=django.contrib.postgres.indexes.GinIndex(django.contrib.postgres.search.SearchVector(models.Func('description', models.Value('ÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÑÒÓÔÕÖÙÚÛÜÝàáâãäåçèéêëìíîïñòóôõöùúûüýÿĀāĂăĄąĆćĈĉĊċČčĎďĒēĔĕĖėĘęĚěĜĝĞğĠġĢģĤĥĨĩĪīĬĭĮįİĴĵĶķĹĺĻļĽľŃńŅņŇňŌōŎŏŐőŔŕŖŗŘřŚśŜŝŞşŠšŢţŤťŨũŪūŬŭŮůŰűŲųŴŵŶŷŸŹźŻżŽžłŁđĐøØħĦıŧŦ'), models.Value('AAAAAACEEEEIIIINOOOOOUUUUYaaaaaaceeeeiiiinooooouuuuyyAaAaAaCcCcCcCcDdEeEeEeEeEeGgGgGgGgHhIiIiIiIiIJjKkLlLlLlNnNnNnOoOoOoRrRrRrSsSsSsSsTtTtUuUuUuUuUuUuWwYyYZzZzZzlLdDoOhHitT'), function='TRANSLATE', output_field=models.TextField()), config='simple'), name='call_description_words'),
        ),
        migrations.AddConstraint(
            model_name='call',
            constraint=models.UniqueConstraint(condition=models.Q(('provider_call_id', ''), _negated=True), fields=('voip', 'provider_call_id'), name='call_is_unique_in_its_voip'),
        ),
        migrations.AddConstraint(
            model_name='call',
            constraint=models.UniqueConstraint(condition=models.Q(('reference', ''), _negated=True), fields=('reference',), name='call_reference_is_unique'),
        ),
        migrations.AddConstraint(
            model_name='call',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['', 'QUEUED', 'DIALING', 'RINGING', 'IN PROGRESS', 'ANSWERED', 'BUSY', 'NO ANSWER', 'FAILED', 'CANCELED'])), name='call_status_is_known'),
        ),
        migrations.AddConstraint(
            model_name='call',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['', 'incoming', 'outgoing', 'internal'])), name='call_kind_is_known'),
        ),
        migrations.AddConstraint(
            model_name='call',
            constraint=models.CheckConstraint(condition=models.Q(('via__in', ['', 'sip', 'provider'])), name='call_via_is_known'),
        ),
        migrations.AddConstraint(
            model_name='call',
            constraint=models.CheckConstraint(condition=models.Q(('reason__in', ['', 'operator_ringing', 'operator_answered', 'number_answered', 'operator_no_answer', 'operator_busy', 'operator_rejected', 'operator_unreachable', 'operator_incompatible', 'rejected', 'no_such_number', 'unreachable', 'no_route', 'forbidden', 'incompatible', 'dial_failed', 'congestion', 'server_unreachable', 'refused', 'expired', 'lost', 'operator_hung_up', 'number_hung_up', 'hung_up', 'no_sound', 'talk_limit', 'shutdown'])), name='call_reason_is_known'),
        ),
        migrations.AddIndex(
            model_name='report',
            index=models.Index(fields=['voip', 'provider_call_id'], name='report_call'),
        ),
        migrations.AddIndex(
            model_name='report',
            index=models.Index(condition=models.Q(('delivery_id__isnull', False)), fields=['delivery_id'], name='report_delivery'),
        ),
        migrations.AddIndex(
            model_name='report',
            index=django.contrib.postgres.indexes.BrinIndex(autosummarize=True, fields=['stored_at'], name='report_stored'),
        ),
    ]
