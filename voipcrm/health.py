"""`/healthz` and `/metrics`."""

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from django_prometheus.exports import ExportToDjangoView

from integrations.sip_dialer import presence
from voipcrm.metrics import gathered
from voipcrm.networks import is_within
from voipcrm.rest import replica

_OLDEST_DUE_JOB = """
SELECT COALESCE(EXTRACT(epoch FROM now() - min(COALESCE(job.scheduled_at, event.at))), 0)
FROM procrastinate_jobs job JOIN procrastinate_events event ON event.job_id = job.id AND event.type = 'deferred'
WHERE job.status = 'todo' AND (job.scheduled_at IS NULL OR job.scheduled_at <= now()) AND (job.queue_name <> 'sip' OR %s)
"""


def oldest_due_job(dialers: int) -> float:
    """How many seconds the oldest due job has waited. Without a dialer its jobs do not count: their calls expire."""
    with connection.cursor() as cursor:
        cursor.execute(_OLDEST_DUE_JOB, [dialers > 0])
        return round(float(cursor.fetchone()[0]), 1)


@csrf_exempt
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """200 if the database answers and due jobs start in time, else 503; the body says which."""
    try:
        dialers = presence.count_living()
        waited = oldest_due_job(dialers)
    except DatabaseError:
        return JsonResponse({"status": "failing", "database": "unreachable"}, status=503)
    late = waited > settings.JOBS_LATE_AFTER.total_seconds()
    answer = {
        "status": "failing" if late else "ok",
        "database": "ok",
        "jobs": "late" if late else "ok",
        "oldest_job_seconds": waited,
        "sip_dialers": dialers,
        **_replica_state(),
    }
    return JsonResponse(answer, status=503 if late else 200)


def _replica_state() -> dict[str, object]:
    """Nothing where there is none. That it is late or away is no failure: the primary is read instead."""
    finding = replica.find()
    return {"replica": finding.state, "replica_lag_seconds": finding.lag} if finding else {}


@csrf_exempt
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus metrics, for the addresses in METRICS_ALLOWED_IPS."""
    if not is_within(request.META["REMOTE_ADDR"], settings.METRICS_ALLOWED_IPS):
        raise Http404
    gathered.write()
    answer: HttpResponse = ExportToDjangoView(request)
    return answer
