"""Maintenance jobs: the job queue, logins, the audit log, history and idempotency keys."""

import logging

from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.exceptions import ConnectorException, UniqueViolation
from procrastinate.jobs import Status

from voipcrm import history_retention, idempotency, logins
from voipcrm.audit import entries

logger = logging.getLogger(__name__)


@app.periodic(cron="* * * * *")
@app.task(name="voipcrm.retry_stalled_jobs", queueing_lock="voipcrm.retry_stalled_jobs", pass_context=True)
async def retry_stalled_jobs(context: JobContext, timestamp: int) -> None:
    """Return the jobs of a dead worker to the queue. Every job claims its row first, so running it again changes nothing.

    A job that cannot be returned does not block the others.
    """
    jobs = context.app.job_manager
    for job in await jobs.get_stalled_jobs():
        try:
            await jobs.retry_job(job)
        except UniqueViolation:  # the same job waits already, with the same queueing lock
            await jobs.finish_job(job, status=Status.FAILED, delete_job=False)
        except ConnectorException:  # it has ended meanwhile: its worker was only slow
            logger.warning("stalled_job_not_retried", exc_info=True, extra={"job_id": job.id, "task": job.task_name})


@app.periodic(cron="41 3 * * *")
@app.task(name="voipcrm.delete_old_jobs", queueing_lock="voipcrm.delete_old_jobs", pass_context=True)
async def delete_old_jobs(context: JobContext, timestamp: int) -> None:
    """Delete jobs that ended a week ago."""
    await context.app.job_manager.delete_old_jobs(
        nb_hours=7 * 24, include_failed=True, include_cancelled=True, include_aborted=True
    )


@app.periodic(cron="47 3 * * *")
@app.task(name="voipcrm.forget_logins", queueing_lock="voipcrm.forget_logins")
def forget_logins(timestamp: int) -> None:
    logins.forget()


@app.periodic(cron="53 3 * * *")
@app.task(name="voipcrm.forget_audit_entries", queueing_lock="voipcrm.forget_audit_entries")
def forget_audit_entries(timestamp: int) -> int:
    return entries.forget()


@app.periodic(cron="17 3 * * *")
@app.task(name="voipcrm.forget_old_idempotency_keys", queueing_lock="voipcrm.forget_old_idempotency_keys")
def forget_old_idempotency_keys(timestamp: int) -> int:
    return idempotency.forget_old_keys()


@app.periodic(cron="57 3 * * *")
@app.task(name="voipcrm.forget_old_history", queueing_lock="voipcrm.forget_old_history")
def forget_old_history(timestamp: int) -> int:
    return history_retention.forget_old_history()
