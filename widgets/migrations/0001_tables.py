"""Widgets, their consent texts, and on which sites they were seen."""

import django.core.validators
import django.db.models.deletion
import django.utils.timezone
import sips.validators
import widgets.allowed_countries
import widgets.models
import widgets.replaced_texts
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    replaces = [
        ("widgets", "0001_initial"),
        ("widgets", "0002_lines_lead_limits_and_consent_texts"),
        ("widgets", "0003_sightings"),
        ("widgets", "0004_configurations_may_go"),
        ("widgets", "0005_countries_by_name"),
        ("widgets", "0006_texts_of_its_own_and_top_corners"),
        ("widgets", "0007_minimum_notice"),
    ]

    dependencies = [
        ('sips', '0001_tables'),
    ]

    operations = [
        migrations.CreateModel(
            name='Widget',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=255, verbose_name='name')),
                ('description', models.TextField(blank=True, max_length=2000, verbose_name='description')),
                ('active', models.BooleanField(default=True, verbose_name='active')),
                ('token', models.CharField(default=widgets.models.new_token, editable=False, max_length=64, unique=True, verbose_name='token')),
                ('locale', models.CharField(choices=[('pl', 'polski'), ('en', 'English'), ('uk', 'українська'), ('es', 'español'), ('cs', 'čeština')], default='pl', max_length=2, verbose_name='language')),
                ('call_now', models.BooleanField(default=True, verbose_name='call now')),
                ('call_future', models.BooleanField(default=True, verbose_name='book a call')),
                ('opening_time', models.JSONField(blank=True, default=dict, verbose_name='opening hours')),
                ('time_zone', models.CharField(default='Europe/Warsaw', max_length=64, validators=[sips.validators.validate_time_zone], verbose_name='time zone')),
                ('holidays', models.CharField(blank=True, help_text='Country whose public holidays are closed, such as PL; blank: none.', max_length=2, verbose_name='public holidays')),
                ('consent_text', models.TextField(blank=True, max_length=5000, verbose_name='consent text')),
                ('color', models.CharField(default='#1a73e8', max_length=7, validators=[django.core.validators.RegexValidator('^#[0-9a-fA-F]{6}\\Z', 'Give a color such as #1a73e8.')], verbose_name='color')),
                ('position', models.CharField(choices=[('bottom-right', 'bottom right'), ('bottom-left', 'bottom left'), ('top-right', 'top right'), ('top-left', 'top left')], default='bottom-right', max_length=12, verbose_name='position')),
                ('texts', models.JSONField(blank=True, default=dict, help_text='Instead of the texts of the product; a blank one is not replaced.', validators=[widgets.replaced_texts.validate_texts], verbose_name='texts of your own')),
                ('allowed_countries', models.JSONField(blank=True, default=list, help_text="Countries that may be called, as [“PL”, “CZ”]; empty: the configuration's own; [“*”]: any.", validators=[widgets.allowed_countries.validate_countries], verbose_name='allowed countries')),
                ('ring_first', models.CharField(choices=[('operator', 'operator'), ('visitor', 'visitor')], default='operator', max_length=8, verbose_name='ring first')),
                ('slot_minutes', models.PositiveSmallIntegerField(default=15, validators=[django.core.validators.MinValueValidator(5), django.core.validators.MaxValueValidator(240)], verbose_name='minutes of a slot')),
                ('slot_capacity', models.PositiveSmallIntegerField(default=1, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(1000)], verbose_name='calls in a slot')),
                ('minimum_notice_minutes', models.PositiveSmallIntegerField(default=15, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(10080)], verbose_name='minimum notice in minutes')),
                ('days_ahead', models.PositiveSmallIntegerField(default=7, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(60)], verbose_name='days ahead at most')),
                ('daily_limit', models.PositiveSmallIntegerField(default=300, help_text='What visitors may ask for in 24 hours.', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(10000)], verbose_name='requests a day')),
                ('form_token_required', models.BooleanField(default=False, help_text='Each request needs a fresh token from widget_data, which is good once. Scripts then cannot just post.', verbose_name='form token required')),
                ('max_attempts', models.PositiveSmallIntegerField(default=3, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(10)], verbose_name='attempts at most')),
                ('retry_minutes', models.PositiveSmallIntegerField(default=10, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(1440)], verbose_name='minutes to the next attempt')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='changed')),
                ('lines', models.ManyToManyField(blank=True, help_text='Operators who are rung in turn; none: every active line of the configuration.', related_name='widgets', to='sips.sip', verbose_name='lines')),
                ('voip', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='widgets', to='sips.voip', verbose_name='configuration')),
            ],
            options={
                'verbose_name': 'widget',
                'verbose_name_plural': 'widgets',
            },
        ),
        migrations.CreateModel(
            name='Sighting',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('origin', models.CharField(max_length=255)),
                ('first_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('last_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('widget', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='sightings', to='widgets.widget')),
            ],
        ),
        migrations.CreateModel(
            name='ConsentText',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.CharField(max_length=12)),
                ('text', models.TextField()),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('widget', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='consent_texts', to='widgets.widget')),
            ],
        ),
        migrations.AddIndex(
            model_name='widget',
            index=models.Index(fields=['voip', 'id'], name='widget_voip'),
        ),
        migrations.AddConstraint(
            model_name='widget',
            constraint=models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='widget_has_a_name'),
        ),
        migrations.AddConstraint(
            model_name='widget',
            constraint=models.CheckConstraint(condition=models.Q(('locale__in', ['pl', 'en', 'uk', 'es', 'cs'])), name='widget_locale_is_known'),
        ),
        migrations.AddConstraint(
            model_name='widget',
            constraint=models.CheckConstraint(condition=models.Q(('position__in', ['bottom-right', 'bottom-left', 'top-right', 'top-left'])), name='widget_position_is_known'),
        ),
        migrations.AddConstraint(
            model_name='widget',
            constraint=models.CheckConstraint(condition=models.Q(('ring_first__in', ['operator', 'visitor'])), name='widget_ring_first_is_known'),
        ),
        migrations.AddConstraint(
            model_name='widget',
            constraint=models.CheckConstraint(condition=models.Q(('slot_minutes__range', (5, 240))), name='widget_slot_minutes_5_to_240'),
        ),
        migrations.AddConstraint(
            model_name='widget',
            constraint=models.CheckConstraint(condition=models.Q(('slot_capacity__range', (1, 1000))), name='widget_slot_capacity_1_to_1000'),
        ),
        migrations.AddConstraint(
            model_name='widget',
            constraint=models.CheckConstraint(condition=models.Q(('max_attempts__range', (1, 10))), name='widget_max_attempts_1_to_10'),
        ),
        migrations.AddConstraint(
            model_name='widget',
            constraint=models.CheckConstraint(condition=models.Q(('retry_minutes__range', (1, 1440))), name='widget_retry_minutes_1_to_1440'),
        ),
        migrations.AddConstraint(
            model_name='widget',
            constraint=models.CheckConstraint(condition=models.Q(('minimum_notice_minutes__range', (0, 10080))), name='widget_minimum_notice_minutes_0_to_10080'),
        ),
        migrations.AddConstraint(
            model_name='widget',
            constraint=models.CheckConstraint(condition=models.Q(('days_ahead__range', (0, 60))), name='widget_days_ahead_0_to_60'),
        ),
        migrations.AddConstraint(
            model_name='widget',
            constraint=models.CheckConstraint(condition=models.Q(('daily_limit__range', (1, 10000))), name='widget_daily_limit_1_to_10000'),
        ),
        migrations.AddIndex(
            model_name='sighting',
            index=models.Index(fields=['widget', '-last_at'], name='sighting_latest'),
        ),
        migrations.AddConstraint(
            model_name='sighting',
            constraint=models.UniqueConstraint(fields=('widget', 'origin'), name='sighting_is_stored_once'),
        ),
        migrations.AddConstraint(
            model_name='sighting',
            constraint=models.CheckConstraint(condition=models.Q(('origin__regex', '^https?://')), name='sighting_is_of_a_web_site'),
        ),
        migrations.AddConstraint(
            model_name='consenttext',
            constraint=models.UniqueConstraint(fields=('widget', 'version'), name='consent_text_is_stored_once'),
        ),
    ]
