"""Working on jobs in such a way that what a job itself defers belongs to its transaction."""

from procrastinate import App
from procrastinate.contrib.django import app as jobs
from procrastinate.contrib.django.django_connector import DjangoConnector


def worker_app() -> App:
    """The app for a worker: a copy of the one that our code defers with.

    procrastinate's own worker command gives the app itself a connection of the worker's while it runs. A job that stores a call and defers its
    dialing would then have it taken up before the call is committed, and found missing. The copy alone has that connection; our code goes on
    through Django's.
    """
    connector = jobs.connector
    assert isinstance(connector, DjangoConnector)
    return jobs.with_connector(connector.get_worker_connector())
