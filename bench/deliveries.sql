-- A delivery and a report for each call: what webhooks of the past have left.
INSERT INTO integrations_webhookdelivery (
    voip_id, fingerprint, provider, event, method, headers, query, body, received_at, processed_at, error, notes, provider_call_id
)
SELECT voip_id, encode(sha256(provider_call_id::bytea), 'hex'), 'simulator', '', 'POST', '{"content-type": "application/json"}', '',
    convert_to(json_build_object('event', 'call.ended', 'id', provider_call_id, 'from', number_from, 'to', number_to)::text, 'UTF8'),
    created_at, created_at, '', '', provider_call_id
FROM calls_call;

INSERT INTO calls_report (voip_id, provider_call_id, delivery_id, event, received_at, stored_at)
SELECT voip_id, provider_call_id, id, convert_from(body, 'UTF8')::jsonb, received_at, received_at FROM integrations_webhookdelivery
