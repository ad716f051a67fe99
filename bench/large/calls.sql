-- The calls with the ids :first to :last of a desk that has had :all of them, :per_day each day; the newest are the same however many
-- there are. Few lines and few customers have most of the calls; a desk works twelve hours a day, and the newest forty are going on.
INSERT INTO calls_call (
    id, voip_id, sip_id, number_from, number_to, customer_number, start_time, answered_at, ended_at, duration, kind, status, precedence, sip_precedence,
    via, provider_call_id, provider_status, reason, recording_url, client_id, contact_id, description, outcome_id, placed_by_id, created_at, updated_at
)
SELECT
    made.id, line.voip_id, line.id,
    CASE kind WHEN 'outgoing' THEN own WHEN 'internal' THEN line.sip ELSE customer END,
    CASE kind WHEN 'outgoing' THEN customer WHEN 'internal' THEN '102' ELSE own END,
    CASE kind WHEN 'internal' THEN '' ELSE customer END,
    start_time, CASE WHEN talk > 0 THEN start_time + ring * interval '1 s' END,
    CASE WHEN status <> 'IN PROGRESS' THEN start_time + (ring + talk) * interval '1 s' END, CASE WHEN talk > 0 AND status = 'ANSWERED' THEN talk END,
    kind, status, CASE status WHEN 'IN PROGRESS' THEN 40 WHEN 'ANSWERED' THEN 84 WHEN 'NO ANSWER' THEN 83 WHEN 'BUSY' THEN 82 ELSE 80 END, 80,
    'provider', 'bench-' || made.id, CASE WHEN age % 3 = 0 THEN status ELSE '' END,
    CASE status WHEN 'BUSY' THEN 'operator_busy' WHEN 'FAILED' THEN 'no_such_number' WHEN 'NO ANSWER' THEN CASE age % 4 WHEN 0 THEN 'operator_no_answer' ELSE '' END ELSE '' END,
    CASE WHEN status = 'ANSWERED' AND age % 4 = 0 THEN 'https://recordings.example.com/' || made.id ELSE '' END,
    CASE WHEN customer_number % 5 < 3 THEN customer_number + 1 END, CASE WHEN customer_number % 5 = 3 THEN customer_number + 1 END,
    CASE WHEN age % 4 > 0 THEN '' ELSE (ARRAY['Complaint about a delivery', 'Asked for an offer', 'Invoice ' || made.id, 'Wants to be called back on Monday',
        'Łódź, the second warehouse', 'Order ' || made.id || ' is late', 'Wrong number', 'Thanks'])[1 + age / 4 % 8] END,
    CASE WHEN status = 'ANSWERED' AND age % 5 = 0 THEN :outcome + age / 5 % 10 END, CASE WHEN kind = 'outgoing' AND age % 3 = 0 THEN :operator + age / 3 % 20 END,
    start_time, start_time + (ring + talk) * interval '1 s'
FROM (
    SELECT id, age, floor(500000 * power(of_customer, 3))::bigint AS customer_number, floor(120 * power(of_line, 2.5)) AS place,
        ':now'::timestamptz - age / :per_day * interval '1 day' - mod(age, :per_day) * 43200.0 / :per_day * interval '1 s' AS start_time,
        CASE WHEN of_kind < 0.64 THEN 'incoming' WHEN of_kind < 0.94 THEN 'outgoing' WHEN of_kind < 0.99 THEN 'internal' ELSE '' END AS kind,
        CASE WHEN age < 40 THEN 'IN PROGRESS' WHEN of_status < 0.66 THEN 'ANSWERED' WHEN of_status < 0.84 THEN 'NO ANSWER' WHEN of_status < 0.92 THEN 'BUSY'
            WHEN of_status < 0.96 THEN 'CANCELED' ELSE 'FAILED' END AS status,
        3 + floor(30 * of_ring * of_ring)::int AS ring, floor(1200 * power(of_talk, 3))::int AS long
    FROM (
        SELECT id, :all - id AS age,
            (hashint8extended(:all - id, 1) & 1073741823) / 1073741824.0::float8 AS of_customer,
            (hashint8extended(:all - id, 2) & 1073741823) / 1073741824.0::float8 AS of_line,
            (hashint8extended(:all - id, 3) & 1073741823) / 1073741824.0::float8 AS of_kind,
            (hashint8extended(:all - id, 4) & 1073741823) / 1073741824.0::float8 AS of_status,
            (hashint8extended(:all - id, 5) & 1073741823) / 1073741824.0::float8 AS of_ring,
            (hashint8extended(:all - id, 6) & 1073741823) / 1073741824.0::float8 AS of_talk
        FROM generate_series(:first::bigint, :last::bigint) AS id OFFSET 0
    ) AS chances OFFSET 0
) AS made
CROSS JOIN LATERAL (
    SELECT '+48501' || lpad(customer_number::text, 6, '0') AS customer, CASE status WHEN 'ANSWERED' THEN 5 + long WHEN 'IN PROGRESS' THEN 1 ELSE 0 END AS talk
) AS said
JOIN (
    SELECT sip.id, sip.voip_id, sip.sip, voip.number AS own, row_number() OVER (ORDER BY sip.id) - 1 AS place
    FROM sips_sip AS sip JOIN sips_voip AS voip ON voip.id = sip.voip_id
) AS line ON line.place = made.place
