-- Fills the log of calls up to :calls rows: two years of a telephone desk. The newest are the same however many there are.
-- Most customers call now and then; +48501000007, client and contact 1007, is in every fiftieth call.
INSERT INTO calls_call (
    voip_id, sip_id, number_from, number_to, customer_number, start_time, answered_at, ended_at, duration, kind, status, precedence, sip_precedence,
    via, provider_call_id, provider_status, reason, recording_url, client_id, contact_id, description, created_at, updated_at
)
SELECT
    line.voip_id, line.id,
    CASE kind WHEN 'incoming' THEN customer WHEN 'outgoing' THEN own ELSE line.sip END,
    CASE kind WHEN 'incoming' THEN own WHEN 'outgoing' THEN customer ELSE '102' END,
    CASE kind WHEN 'internal' THEN '' ELSE customer END,
    start_time, CASE WHEN talk > 0 THEN start_time + interval '8 s' END, start_time + interval '8 s' + talk * interval '1 s', NULLIF(talk, 0),
    kind, status, 80, 80, 'provider', 'bench-' || number, status, '', '',
    CASE WHEN number % 5 < 3 THEN 1000 + customer_number END, CASE WHEN number % 5 = 0 THEN 1000 + customer_number END,
    CASE number % 40 WHEN 0 THEN 'Complaint about a delivery' WHEN 1 THEN 'Asked for an offer' WHEN 2 THEN 'Invoice ' || number ELSE '' END,
    start_time, start_time
FROM (
    SELECT number, CASE WHEN number % 100 IN (0, 15) THEN 7 ELSE abs(hashint8(number)::bigint) % 200000 END AS customer_number,
        now() - number * interval '30 s' AS start_time,
        CASE WHEN number % 20 < 13 THEN 'incoming' WHEN number % 20 < 19 THEN 'outgoing' ELSE 'internal' END AS kind,
        CASE WHEN number % 97 < 64 THEN 'ANSWERED' WHEN number % 97 < 82 THEN 'NO ANSWER' WHEN number % 97 < 90 THEN 'BUSY'
            WHEN number % 97 < 94 THEN 'CANCELED' ELSE 'FAILED' END AS status
    FROM generate_series((SELECT count(*) + 1 FROM calls_call), :calls) AS number
) AS made
CROSS JOIN LATERAL (
    SELECT '+48501' || lpad(customer_number::text, 6, '0') AS customer,
        CASE status WHEN 'ANSWERED' THEN 5 + number * 31 % 700 ELSE 0 END AS talk
) AS made_up
JOIN (
    SELECT sip.id, sip.voip_id, sip.sip, voip.number AS own, row_number() OVER (ORDER BY sip.id) - 1 AS place, count(*) OVER () AS lines
    FROM sips_sip AS sip JOIN sips_voip AS voip ON voip.id = sip.voip_id
) AS line ON line.place = (number * 13 + number / 7) % line.lines
