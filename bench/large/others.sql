-- What belongs to the calls with the ids :first to :last: a call-back of every tenth, a follow-up of every twentieth, a note on every tenth, an audit entry of
-- every second, and a refused request for every fiftieth.
INSERT INTO autocalls_autocall (
    id, number, status, call_at, widget_id, voip_id, name, note, source, page_url, promised_at, attempts, max_attempts, reason, created_at, updated_at, finished_at
)
SELECT
    id / 10, '+48601' || lpad((id / 10)::text, 7, '0'), status, start_time, :widget, voip_id, 'Visitor ' || id, '', CASE mod(id, 30) WHEN 0 THEN 'api' ELSE 'widget' END,
    'https://www.example.com/', start_time, 1, 3, CASE status WHEN 'done' THEN 'answered' WHEN 'failed' THEN 'busy' ELSE '' END, start_time, start_time,
    CASE WHEN status <> 'scheduled' THEN start_time + interval '1 min' END
FROM (
    SELECT id, voip_id, start_time, CASE WHEN id + 200 > :all THEN 'scheduled' WHEN mod(id, 7) < 4 THEN 'done' WHEN mod(id, 7) < 6 THEN 'failed' ELSE 'canceled' END AS status
    FROM calls_call WHERE id BETWEEN :first AND :last AND mod(id, 10) = 0
) AS call ORDER BY id;
INSERT INTO autocalls_attempt (autocall_id, number, call_id, sip_id, outcome, started_at, settled_at)
SELECT id / 10, 1, id, sip_id, CASE status WHEN 'ANSWERED' THEN 'answered' ELSE 'no_answer' END, start_time, start_time + interval '1 min'
FROM calls_call WHERE id BETWEEN :first AND :last AND mod(id, 10) = 0 ORDER BY id;
INSERT INTO calls_followup (number, voip_id, state, assignee_id, taken_at, outcome_id, done_by_id, done_at, created_at, updated_at)
SELECT
    customer_number, voip_id, CASE WHEN is_open THEN 'taken' ELSE 'done' END, :operator + id / 20 % 20, start_time, CASE WHEN NOT is_open THEN :outcome + id / 20 % 10 END,
    CASE WHEN NOT is_open THEN :operator + id / 20 % 20 END, CASE WHEN NOT is_open THEN start_time END, start_time, start_time
FROM (SELECT *, id + 1000 > :all AS is_open FROM calls_call WHERE id BETWEEN :first AND :last AND mod(id, 20) = 0 AND customer_number <> '') AS call
ORDER BY id ON CONFLICT DO NOTHING;
INSERT INTO calls_note (call_id, author_id, text, created_at)
SELECT id, :operator + id / 10 % 20, 'Promised an answer by Friday', start_time FROM calls_call WHERE id BETWEEN :first AND :last AND mod(id, 10) = 5 ORDER BY id;
INSERT INTO voipcrm_auditentry (at, user_id, who, by, token, address, action, model, object_id, changes)
SELECT
    start_time, :operator + id / 2 % 20, 'operator-' || id / 2 % 20, (ARRAY['admin', 'desk', 'api'])[1 + id / 2 % 3], '', '192.0.2.7',
    (ARRAY['changed', 'changed', 'changed', 'dialed', 'added', 'exported'])[1 + id / 2 % 6], (ARRAY['calls.call', 'calls.call', 'calls.note', 'calls.followup'])[1 + id / 2 % 4], id,
    '{"description": null}'
FROM calls_call WHERE id BETWEEN :first AND :last AND mod(id, 2) = 0 ORDER BY id;
INSERT INTO autocalls_refusal (widget_id, code, number, address, day, times, name, note, page_url, first_at, last_at)
SELECT :widget, 'number_limit', '+48601' || lpad((id / 50)::text, 7, '0'), '192.0.2.' || id / 50 % 250, start_time::date, 1, '', '', '', start_time, start_time
FROM calls_call WHERE id BETWEEN :first AND :last AND mod(id, 50) = 0 ORDER BY id
