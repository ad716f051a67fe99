from django.db import migrations, models

STORE = """
CREATE FUNCTION voipcrm_audit_store(of_model text, of_record bigint, did text, what jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    actor jsonb := current_setting('voipcrm.actor')::jsonb;
BEGIN
    -- One entry for what one transaction does to one record: the first value that was, and the last one that is.
    INSERT INTO voipcrm_auditentry AS kept (at, user_id, who, by, token, address, action, model, object_id, changes)
    VALUES (now(), (actor->>'user_id')::bigint, actor->>'who', actor->>'by', actor->>'token', (actor->>'address')::inet, did, of_model, of_record, what)
    ON CONFLICT (at, model, object_id) DO UPDATE SET
        action = CASE WHEN EXCLUDED.action = 'changed' THEN kept.action ELSE EXCLUDED.action END,
        changes = kept.changes || (
            SELECT coalesce(jsonb_object_agg(key, CASE
                WHEN jsonb_typeof(value) = 'null' OR jsonb_typeof(kept.changes->key) = 'null' THEN 'null'::jsonb
                WHEN kept.changes ? key THEN jsonb_build_array(kept.changes->key->0, value->1)
                ELSE value
            END), '{}') FROM jsonb_each(EXCLUDED.changes)
        );
END $$
"""

# Arguments: the model, columns that are not mentioned, columns of which only the change is told.
RECORD = """
CREATE FUNCTION voipcrm_audit() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before jsonb := CASE WHEN TG_OP = 'INSERT' THEN '{}'::jsonb ELSE to_jsonb(OLD) END;
    after jsonb := CASE WHEN TG_OP = 'DELETE' THEN '{}'::jsonb ELSE to_jsonb(NEW) END;
    did text := CASE TG_OP WHEN 'INSERT' THEN 'added' WHEN 'DELETE' THEN 'deleted' ELSE 'changed' END;
    unmentioned text[] := string_to_array(TG_ARGV[1], ' ');
    untold text[] := string_to_array(TG_ARGV[2], ' ');
    what jsonb;
BEGIN
    SELECT jsonb_object_agg(key, CASE WHEN key = ANY(untold) THEN 'null'::jsonb ELSE jsonb_build_array(before->key, after->key) END) INTO what
    FROM jsonb_object_keys(before || after) AS key
    WHERE key <> ALL(unmentioned) AND key <> 'id'
        AND coalesce(nullif(before->key, 'null'), '""') IS DISTINCT FROM coalesce(nullif(after->key, 'null'), '""');
    IF what IS NULL AND TG_OP = 'UPDATE' THEN
        RETURN NULL;
    END IF;
    IF TG_TABLE_NAME = 'calls_call' THEN
        did := CASE
            WHEN TG_OP = 'INSERT' AND after->>'reference' <> '' THEN 'dialed'
            WHEN TG_OP = 'UPDATE' AND what ? 'deleted_at' THEN 'deleted'
            WHEN TG_OP = 'UPDATE' AND what ? 'hangup_requested_at' THEN 'hung_up'
            ELSE did
        END;
    END IF;
    PERFORM voipcrm_audit_store(TG_ARGV[0], coalesce(after->>'id', before->>'id')::bigint, did, coalesce(what, '{}'));
    RETURN NULL;
END $$
"""

# Arguments: the model, the column with its id, the name of its links, the column with the id of what is linked.
LINK = """
CREATE FUNCTION voipcrm_audit_link() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    link jsonb := CASE WHEN TG_OP = 'DELETE' THEN to_jsonb(OLD) ELSE to_jsonb(NEW) END;
    what jsonb := jsonb_build_object(
        (TG_ARGV[2] || ':') || (link->>TG_ARGV[3]), CASE WHEN TG_OP = 'DELETE' THEN '[true, false]'::jsonb ELSE '[false, true]'::jsonb END
    );
BEGIN
    PERFORM voipcrm_audit_store(TG_ARGV[0], (link->>TG_ARGV[1])::bigint, 'changed', what);
    RETURN NULL;
END $$
"""

KEPT_BY_DJANGO = "created_at updated_at"
RECORDS = {
    "sips_voip": ("sips.voip", f"{KEPT_BY_DJANGO} webhook_digest", "api_key webhook_secret"),
    "sips_sip": ("sips.sip", KEPT_BY_DJANGO, "password"),
    "sips_staffline": ("sips.staffline", KEPT_BY_DJANGO, ""),
    "widgets_widget": ("widgets.widget", KEPT_BY_DJANGO, "token"),
    "calls_call": (
        "calls.call",
        f"{KEPT_BY_DJANGO} customer_number provider_call_id provider_status reason precedence sip_precedence kind_precedence customer_precedence "
        "ended_precedence identity_set erased_at reference customer_first dial_by dialed_at held_by via",
        "number_from number_to description recording_url client_id contact_id",
    ),
    "calls_note": ("calls.note", KEPT_BY_DJANGO, "text"),
    "calls_followup": ("calls.followup", KEPT_BY_DJANGO, "number"),
    "calls_outcome": ("calls.outcome", KEPT_BY_DJANGO, ""),
    "autocalls_autocall": (
        "autocalls.autocall",
        f"{KEPT_BY_DJANGO} address network consent_at consent_version hunting last_call_id",
        "number name note page_url client_id contact_id",
    ),
    "autocalls_refusal": ("autocalls.refusal", "day network first_at last_at", "number address name note page_url"),
    "voipcrm_apitoken": ("voipcrm.apitoken", "created_at last_used_at", "digest hint"),
    "auth_user": ("auth.user", "last_login date_joined", "password"),
    "auth_group": ("auth.group", "", ""),
}
LINKS = {
    "widgets_widget_lines": ("widgets.widget", "widget_id", "lines", "sip_id"),
    "auth_user_groups": ("auth.user", "user_id", "groups", "group_id"),
    "auth_user_user_permissions": ("auth.user", "user_id", "user_permissions", "permission_id"),
    "auth_group_permissions": ("auth.group", "group_id", "permissions", "permission_id"),
}


MODEL = migrations.CreateModel(
    name='AuditEntry',
    fields=[
        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
        ('at', models.DateTimeField(verbose_name='when')),
        ('user_id', models.BigIntegerField(null=True)),
        ('who', models.CharField(blank=True, max_length=150, verbose_name='who')),
        ('by', models.CharField(choices=[('admin', 'admin'), ('desk', 'desk'), ('api', 'API'), ('command', 'command line')], max_length=10, verbose_name='by')),
        ('token', models.CharField(blank=True, max_length=150, verbose_name='token or command')),
        ('address', models.GenericIPAddressField(null=True, verbose_name='address')),
        ('action', models.CharField(choices=[('added', 'added'), ('changed', 'changed'), ('deleted', 'deleted'), ('dialed', 'had a call dialed'), ('hung_up', 'hung up'), ('exported', 'exported'), ('signed_in', 'signed in'), ('signed_out', 'signed out'), ('locked_out', 'was locked out')], max_length=10, verbose_name='action')),
        ('model', models.CharField(blank=True, max_length=60, verbose_name='kind of record')),
        ('object_id', models.BigIntegerField(null=True, verbose_name='record')),
        ('changes', models.JSONField(default=dict, verbose_name='changes')),
    ],
    options={
        'verbose_name': 'audit entry',
        'verbose_name_plural': "audit entries",
        'default_permissions': ('view',),
        'indexes': [models.Index(fields=['who', '-at', '-id'], name='audit_who'), models.Index(fields=['model', 'object_id', '-at'], name='audit_record'), models.Index(fields=['action', '-at', '-id'], name='audit_action')],
        'constraints': [models.UniqueConstraint(fields=('at', 'model', 'object_id'), name='one_audit_entry_per_transaction')],
    },
)


def trigger(table, function, arguments):
    told = ", ".join(f"'{argument}'" for argument in arguments)
    return migrations.RunSQL(
        f"CREATE TRIGGER voipcrm_audit AFTER INSERT OR UPDATE OR DELETE ON {table} FOR EACH ROW "
        f"WHEN (current_setting('voipcrm.actor', true) <> '') EXECUTE FUNCTION {function}({told})",
        f"DROP TRIGGER voipcrm_audit ON {table}",
    )


def let_administrators_read(apps, schema_editor):
    """The group that a migration has made, unless it was taken the rights over accounts."""
    content_type, _is_new = apps.get_model("contenttypes", "ContentType").objects.get_or_create(app_label="voipcrm", model="auditentry")
    right, _is_new = apps.get_model("auth", "Permission").objects.get_or_create(
        content_type=content_type, codename="view_auditentry", defaults={"name": "Can view audit entry"}
    )
    for group in apps.get_model("auth", "Group").objects.filter(name="Administrator", permissions__codename="change_user").distinct():
        group.permissions.add(right)


class Migration(migrations.Migration):

    dependencies = [
        ("voipcrm", "0004_roles"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [
        MODEL,
        *(migrations.RunSQL(sql, f"DROP FUNCTION {name}") for name, sql in (
            ("voipcrm_audit_store", STORE), ("voipcrm_audit", RECORD), ("voipcrm_audit_link", LINK),
        )),
        *(trigger(table, "voipcrm_audit", arguments) for table, arguments in RECORDS.items()),
        *(trigger(table, "voipcrm_audit_link", arguments) for table, arguments in LINKS.items()),
        migrations.RunPython(let_administrators_read, migrations.RunPython.noop),
    ]
