-- The four deliveries of each of the calls with the ids :first to :last.
INSERT INTO integrations_webhookdelivery (
    id, voip_id, fingerprint, provider, event, method, headers, query, body, received_at, processed_at, error, notes, provider_call_id
)
SELECT
    call.id * 4 - 4 + step, voip_id, md5(call.id::text) || md5(call.id || '-' || step), 'simulator', '', 'POST', '{"Content-Type": "application/json"}', '',
    convert_to(format('{"event":"%s","id":"%s","at":"%s","from":"%s","to":"%s","status":"%s"}', event, provider_call_id, at, number_from, number_to, status), 'UTF8'),
    at, CASE WHEN mod(call.id, 5000) <> step OR call.id + 4000 > :all THEN at END,
    CASE WHEN mod(call.id, 5000) = step AND call.id + 4000 <= :all THEN 'The event has no id.' ELSE '' END,
    CASE WHEN mod(call.id, 2000) = 7 AND step = 4 THEN 'A word that is not known.' ELSE '' END, provider_call_id
FROM calls_call AS call
CROSS JOIN (VALUES (1, 'call.queued'), (2, 'call.ringing'), (3, 'call.answered'), (4, 'call.ended')) AS told (step, event)
CROSS JOIN LATERAL (SELECT start_time + (step - 1) * interval '3 s' AS at) AS came
WHERE call.id BETWEEN :first AND :last
ORDER BY call.id, step
