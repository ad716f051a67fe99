"""Configurations, their lines, and whose telephone a line is."""

import django.db.models.deletion
import sips.encryption
import sips.models
import sips.validators
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    replaces = [
        ("sips", "0001_initial"),
        ("sips", "0002_configurations_may_go"),
        ("sips", "0003_calls_by_sip"),
        ("sips", "0004_former_providers"),
        ("sips", "0005_submissions"),
        ("sips", "0006_number_validators"),
        ("sips", "0007_staff_lines"),
        ("sips", "0008_submissions_moved"),
    ]

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Voip',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=255, verbose_name='name')),
                ('number', models.CharField(blank=True, max_length=64, validators=[sips.validators.validate_number], verbose_name='main number')),
                ('provider', models.CharField(blank=True, max_length=50, validators=[sips.validators.validate_provider], verbose_name='provider')),
                ('extension_number', models.CharField(blank=True, max_length=64, verbose_name='extension')),
                ('address', models.CharField(blank=True, max_length=255, validators=[sips.validators.validate_host], verbose_name='server address')),
                ('port', models.CharField(blank=True, max_length=5, validators=[sips.validators.validate_port], verbose_name='server port')),
                ('outbound_proxy', models.CharField(blank=True, help_text='Where calls by SIP are sent if not to the server itself, with a port or without: sbc.example.com:5060.', max_length=255, validators=[sips.validators.validate_host_and_port], verbose_name='outbound proxy')),
                ('caller_id', models.CharField(blank=True, help_text='By calls by SIP, where the line has none of its own; blank: what the server shows by itself.', max_length=64, validators=[sips.validators.validate_caller_id], verbose_name='number shown to customers')),
                ('caller_id_header', models.CharField(choices=[('p-asserted-identity', 'P-Asserted-Identity'), ('remote-party-id', 'Remote-Party-ID'), ('from', 'From')], default='p-asserted-identity', help_text='Where the server looks for it. From only where the server does not know the account by it.', max_length=32, verbose_name='header of the shown number')),
                ('time_zone', models.CharField(default='Europe/Warsaw', help_text='Of the provider: several send local times without a zone.', max_length=64, validators=[sips.validators.validate_time_zone], verbose_name='time zone')),
                ('country', models.CharField(default='PL', help_text='For numbers written without a country code.', max_length=2, validators=[sips.validators.validate_country], verbose_name='country')),
                ('api_url', models.URLField(blank=True, max_length=500, verbose_name='API address')),
                ('api_login', models.CharField(blank=True, max_length=255, verbose_name='API login')),
                ('api_key', sips.encryption.EncryptedTextField(blank=True, max_length=1000, verbose_name='API key')),
                ('webhook_secret', sips.encryption.EncryptedTextField(default=sips.models.new_webhook_secret, editable=False, verbose_name='webhook secret')),
                ('webhook_digest', models.CharField(editable=False, max_length=64, unique=True)),
                ('webhook_ips', models.JSONField(blank=True, default=list, help_text='Addresses or networks that may send webhooks, as a JSON list; empty: any.', validators=[sips.validators.validate_networks], verbose_name='allowed addresses')),
                ('settings', models.JSONField(blank=True, default=dict, help_text="What the provider's page in the docs describes.", verbose_name='provider settings')),
                ('former_providers', models.JSONField(db_default={}, default=dict, editable=False)),
                ('active', models.BooleanField(default=True, verbose_name='active')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='changed')),
            ],
            options={
                'verbose_name': 'provider configuration',
                'verbose_name_plural': 'provider configurations',
                'indexes': [models.Index(fields=['provider', 'id'], name='voip_provider'), models.Index(fields=['number'], name='voip_number')],
                'constraints': [models.CheckConstraint(condition=models.Q(('port', ''), ('port__regex', '^([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])$'), _connector='OR'), name='voip_port_is_1_to_65535'), models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='voip_has_a_name')],
            },
        ),
        migrations.CreateModel(
            name='Sip',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=255, verbose_name='name')),
                ('sip', models.CharField(blank=True, max_length=64, validators=[sips.validators.validate_sip_number], verbose_name='SIP number')),
                ('username', models.CharField(blank=True, max_length=255, verbose_name='SIP login')),
                ('auth_username', models.CharField(blank=True, help_text='If the server wants another than the login, as 3CX does (Authentication ID).', max_length=255, verbose_name='authentication name')),
                ('password', sips.encryption.EncryptedTextField(blank=True, max_length=1000, verbose_name='SIP password')),
                ('kind', models.CharField(blank=True, max_length=50, verbose_name='kind')),
                ('number', models.CharField(blank=True, max_length=64, validators=[sips.validators.validate_number], verbose_name='telephone number')),
                ('caller_id', models.CharField(blank=True, help_text="By calls by SIP; blank: the configuration's.", max_length=64, validators=[sips.validators.validate_caller_id], verbose_name='number shown to customers')),
                ('hands_free', models.BooleanField(default=False, help_text='Asks the telephone to answer calls by SIP without ringing (Call-Info, Alert-Info). It must be allowed in the telephone.', verbose_name='answers by itself')),
                ('active', models.BooleanField(default=True, verbose_name='active')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='changed')),
                ('voip', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='sips', to='sips.voip', verbose_name='configuration')),
            ],
            options={
                'verbose_name': 'SIP line',
                'verbose_name_plural': 'SIP lines',
            },
        ),
        migrations.CreateModel(
            name='StaffLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('sip', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='staff_lines', to='sips.sip', verbose_name='line')),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='staff_lines', to=settings.AUTH_USER_MODEL, verbose_name='user')),
            ],
            options={
                'verbose_name': 'line of a user',
                'verbose_name_plural': 'lines of users',
                'permissions': [('view_all_lines', 'Can see the calls of all lines, not of their own alone')],
                'constraints': [models.UniqueConstraint(fields=('user', 'sip'), name='staff_line_is_given_once', violation_error_message='This user has this line already.')],
            },
        ),
        migrations.AddIndex(
            model_name='sip',
            index=models.Index(fields=['voip', 'id'], name='sip_voip'),
        ),
        migrations.AddIndex(
            model_name='sip',
            index=models.Index(fields=['sip', 'id'], name='sip_sip'),
        ),
        migrations.AddIndex(
            model_name='sip',
            index=models.Index(fields=['number'], name='sip_number'),
        ),
        migrations.AddConstraint(
            model_name='sip',
            constraint=models.UniqueConstraint(condition=models.Q(('sip', ''), _negated=True), fields=('voip', 'sip'), name='sip_is_unique_in_its_voip', violation_error_message='This configuration already has a line with this SIP number.'),
        ),
        migrations.AddConstraint(
            model_name='sip',
            constraint=models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='sip_has_a_name'),
        ),
    ]
