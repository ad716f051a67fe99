-- What the deliveries of the calls with the ids :first to :last said.
INSERT INTO calls_report (id, voip_id, provider_call_id, delivery_id, event, received_at, stored_at)
SELECT call.id * 4 - 4 + step, voip_id, provider_call_id, call.id * 4 - 4 + step,
    jsonb_build_object('provider_call_id', provider_call_id, 'status', CASE step WHEN 4 THEN status ELSE word END, 'provider_status', told.event,
        'number_from', number_from, 'number_to', number_to, CASE step WHEN 4 THEN 'ended_at' ELSE 'started_at' END, at),
    at, at
FROM calls_call AS call
CROSS JOIN (VALUES (1, 'QUEUED', 'call.queued'), (2, 'RINGING', 'call.ringing'), (3, 'IN PROGRESS', 'call.answered'), (4, '', 'call.ended')) AS told (step, word, event)
CROSS JOIN LATERAL (SELECT start_time + (step - 1) * interval '3 s' AS at) AS came
WHERE call.id BETWEEN :first AND :last
ORDER BY call.id, step
