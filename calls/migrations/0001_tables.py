"""Calls and what is reported of them; notes, outcomes and follow-ups."""

import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
import django.db.models.functions.text
import django.db.models.manager
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    replaces = [("calls", "0001_initial")]

    dependencies = [
        ('sips', '0001_tables'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ForgottenReports',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('until', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Outcome',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100, verbose_name='name')),
                ('active', models.BooleanField(default=True, help_text='An outcome that is not active stays where it was chosen, and is not offered.', verbose_name='active')),
                ('position', models.PositiveSmallIntegerField(default=0, help_text='In the list; of equal ones by name.', verbose_name='position')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='changed')),
            ],
            options={
                'verbose_name': 'outcome',
                'verbose_name_plural': 'outcomes',
                'ordering': ('position', 'name'),
                'constraints': [models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='outcome_has_a_name'), models.UniqueConstraint(fields=('name',), name='outcome_name_is_unique', violation_error_message='There is an outcome with this name already.')],
            },
        ),
        migrations.CreateModel(
            name='Call',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number_from', models.CharField(blank=True, max_length=64, verbose_name='from')),
                ('number_to', models.CharField(blank=True, max_length=64, verbose_name='to')),
                ('start_time', models.DateTimeField(default=django.utils.timezone.now, verbose_name='start')),
                ('answered_at', models.DateTimeField(blank=True, null=True, verbose_name='answered')),
                ('ended_at', models.DateTimeField(blank=True, null=True, verbose_name='ended')),
                ('duration', models.PositiveIntegerField(blank=True, null=True, verbose_name='talk time (s)')),
                ('kind', models.CharField(blank=True, choices=[('incoming', 'incoming'), ('outgoing', 'outgoing'), ('internal', 'internal')], max_length=10, verbose_name='kind')),
                ('status', models.CharField(blank=True, choices=[('QUEUED', 'queued'), ('DIALING', 'dialing'), ('RINGING', 'ringing'), ('IN PROGRESS', 'in progress'), ('ANSWERED', 'answered'), ('BUSY', 'busy'), ('NO ANSWER', 'no answer'), ('FAILED', 'failed'), ('CANCELED', 'canceled')], max_length=12, verbose_name='status')),
                ('reason', models.CharField(blank=True, choices=[('', ''), ('operator_ringing', "the operator's telephone rings"), ('operator_answered', 'the operator has answered'), ('number_answered', 'the number has answered'), ('operator_no_answer', 'the operator did not answer'), ('operator_busy', 'the operator was busy'), ('operator_rejected', 'the operator declined'), ('operator_unreachable', "the operator's telephone is not registered or does not answer the server"), ('operator_incompatible', "the operator's telephone takes none of the codecs it was offered"), ('rejected', 'the other side declined'), ('no_such_number', 'there is no such number'), ('unreachable', 'the number cannot be reached now, for example because it is switched off'), ('no_route', 'the exchange knows no way to the number; its trunk may be down'), ('forbidden', 'the exchange or the network does not allow this call to the number'), ('incompatible', 'the two telephones have no codec in common'), ('dial_failed', 'the exchange could not place the call'), ('congestion', 'the network or the provider had no line free'), ('server_unreachable', "the SIP server's name has no address, or nothing answers there"), ('refused', 'the provider or the server did not accept the request, or a setting is missing'), ('expired', 'not dialed in time; nobody was rung'), ('lost', 'it is not known how the call went on'), ('operator_hung_up', 'the operator hung up'), ('number_hung_up', 'the other side hung up'), ('hung_up', 'ended by staff'), ('no_sound', 'the exchange ended the call because it received no sound'), ('talk_limit', 'ended after the longest time a call may take'), ('shutdown', 'ended because the dialer was stopped')], max_length=255, verbose_name='reason')),
                ('provider_status', models.CharField(blank=True, max_length=255, verbose_name="provider's word")),
                ('provider_call_id', models.CharField(blank=True, max_length=255, verbose_name="provider's id")),
                ('recording_url', models.URLField(blank=True, max_length=1000, verbose_name='recording')),
                ('client_id', models.BigIntegerField(blank=True, null=True, verbose_name='CRM client')),
                ('contact_id', models.BigIntegerField(blank=True, null=True, verbose_name='CRM contact')),
                ('description', models.TextField(blank=True, max_length=10000, verbose_name='description')),
                ('via', models.CharField(blank=True, choices=[('', 'entered by hand'), ('sip', 'our SIP dialer'), ('provider', 'the provider')], editable=False, max_length=8, verbose_name='reported by')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='changed')),
                ('customer_number', models.CharField(blank=True, editable=False, max_length=64, verbose_name="customer's number")),
                ('precedence', models.PositiveSmallIntegerField(default=0, editable=False)),
                ('sip_precedence', models.PositiveSmallIntegerField(default=0, editable=False)),
                ('kind_precedence', models.PositiveSmallIntegerField(db_default=0, default=0, editable=False)),
                ('customer_precedence', models.PositiveSmallIntegerField(db_default=0, default=0, editable=False)),
                ('ended_precedence', models.PositiveSmallIntegerField(db_default=0, default=0, editable=False)),
                ('identity_set', models.BooleanField(db_default=False, default=False, editable=False)),
                ('deleted_at', models.DateTimeField(editable=False, null=True)),
                ('erased_at', models.DateTimeField(editable=False, null=True)),
                ('reference', models.CharField(blank=True, db_default='', default='', editable=False, max_length=64)),
                ('customer_first', models.BooleanField(db_default=False, default=False, editable=False)),
                ('dial_by', models.DateTimeField(editable=False, null=True)),
                ('dialed_at', models.DateTimeField(editable=False, null=True)),
                ('held_by', models.CharField(blank=True, db_default='', default='', editable=False, max_length=255)),
                ('hangup_requested_at', models.DateTimeField(editable=False, null=True)),
                ('placed_by', models.ForeignKey(db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='placed by')),
                ('sip', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='calls', to='sips.sip', verbose_name='line')),
                ('voip', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='calls', to='sips.voip', verbose_name='configuration')),
                ('outcome', models.ForeignKey(blank=True, db_index=False, help_text="What came of it, in the company's own words.", null=True, on_delete=django.db.models.deletion.PROTECT, related_name='calls', to='calls.outcome', verbose_name='outcome')),
            ],
            options={
                'verbose_name': 'call',
                'verbose_name_plural': 'calls',
                'base_manager_name': 'everything',
                'default_manager_name': 'objects',
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('everything', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='Report',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('provider_call_id', models.CharField(max_length=255)),
                ('delivery_id', models.BigIntegerField(null=True)),
                ('said', models.JSONField()),
                ('received_at', models.DateTimeField()),
                ('stored_at', models.DateTimeField()),
                ('voip', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='sips.voip')),
            ],
        ),
        migrations.CreateModel(
            name='Note',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.TextField(max_length=10000, verbose_name='text')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='written')),
                ('author', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='author')),
                ('call', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='notes', to='calls.call', verbose_name='call')),
            ],
            options={
                'verbose_name': 'note',
                'verbose_name_plural': 'notes',
                'indexes': [models.Index(fields=['call', 'id'], name='note_call'), models.Index(fields=['author', '-id'], name='note_author'), models.Index(fields=['created_at'], name='note_created')],
                'constraints': [models.CheckConstraint(condition=models.Q(('text', ''), _negated=True), name='note_has_a_text')],
            },
        ),
        migrations.CreateModel(
            name='FollowUp',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=64, verbose_name='number')),
                ('state', models.CharField(choices=[('waiting', 'waiting'), ('taken', 'taken'), ('later', 'later'), ('done', 'done')], default='waiting', max_length=7, verbose_name='state')),
                ('taken_at', models.DateTimeField(null=True, verbose_name='taken')),
                ('due_at', models.DateTimeField(blank=True, null=True, verbose_name='due')),
                ('done_at', models.DateTimeField(null=True, verbose_name='done at')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='changed')),
                ('assignee', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='assignee')),
                ('done_by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='done by')),
                ('voip', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='follow_ups', to='sips.voip', verbose_name='configuration')),
                ('outcome', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='calls.outcome', verbose_name='outcome')),
            ],
            options={
                'verbose_name': 'follow-up',
                'verbose_name_plural': 'follow-ups',
                'permissions': [('reassign_followup', 'Can change follow-ups that somebody else has')],
                'indexes': [models.Index(fields=['state', '-id'], name='follow_up_state'), models.Index(fields=['number', '-id'], name='follow_up_number'), models.Index(fields=['voip', '-id'], name='follow_up_voip'), models.Index(fields=['assignee', '-id'], name='follow_up_assignee'), models.Index(fields=['done_by', '-id'], name='follow_up_done_by'), models.Index(condition=models.Q(('state', 'done')), fields=['done_at'], name='follow_up_done_at'), models.Index(fields=['updated_at'], name='follow_up_updated')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['waiting', 'taken', 'later', 'done'])), name='follow_up_state_is_known'), models.CheckConstraint(condition=models.Q(models.Q(('number', ''), _negated=True), ('state', 'done'), _connector='OR'), name='follow_up_has_a_number_while_open'), models.CheckConstraint(condition=models.Q(models.Q(('done_at__isnull', False), ('state', 'done')), models.Q(models.Q(('state', 'done'), _negated=True), ('done_at', None)), _connector='OR'), name='follow_up_is_done_or_open'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'later'), _negated=True), ('due_at__isnull', False), _connector='OR'), name='follow_up_of_later_is_due'), models.UniqueConstraint(condition=models.Q(('state__in', ('waiting', 'taken', 'later'))), fields=('number', 'voip'), name='follow_up_is_open_once'), models.UniqueConstraint(condition=models.Q(('state__in', ('waiting', 'taken', 'later')), ('voip', None)), fields=('number',), name='follow_up_is_open_once_without_voip')],
            },
        ),
    ]
