"""When a job that failed is tried again."""

import asyncio

from procrastinate import BaseRetryStrategy, RetryDecision
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job

from classifr.errors import Unavailable
from classifr.jobs.attempts import MOST_ATTEMPTS

_LONGEST_WAIT_SECONDS = 60


class Retries(BaseRetryStrategy):
    """At once if the worker stops; later, and later still, if something was not there."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if isinstance(exception, asyncio.CancelledError):
            return RetryDecision(retry_in={"seconds": 0})
        is_outage = isinstance(exception, Unavailable | ConnectorException)
        if is_outage and job.attempts + 1 < MOST_ATTEMPTS:
            return RetryDecision(retry_in={"seconds": min(2**job.attempts, _LONGEST_WAIT_SECONDS)})
        return None
