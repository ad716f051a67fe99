"""Middleware as generators, so that one text runs around a view in a thread and around one that is awaited on the event loop.

A step yields once, where the view is; it is sent the response and returns it, or another one. A step that returns before that has answered by itself.
"""

from collections.abc import Callable, Generator, Sequence

from django.http import HttpRequest, HttpResponse

GetResponse = Callable[[HttpRequest], HttpResponse]
Begun = Generator[None, HttpResponse, HttpResponse]
Step = Callable[[HttpRequest], Begun]


def begin(steps: Sequence[Step], request: HttpRequest) -> tuple[list[Begun], HttpResponse | None]:
    """The steps that wait for the response, and the response of the one that did not let the request pass."""
    begun: list[Begun] = []
    for step in steps:
        around = step(request)
        try:
            next(around)
        except StopIteration as answered:
            return begun, answered.value
        begun.append(around)
    return begun, None


def end(begun: Sequence[Begun], response: HttpResponse) -> HttpResponse:
    """The response after all of these steps, the last begun first."""
    for around in reversed(begun):
        try:
            around.send(response)
        except StopIteration as done:
            response = done.value
    return response


def leave(begun: Sequence[Begun]) -> None:
    """End these steps as if they had never begun: somebody else answers the request, and has them too."""
    for around in reversed(begun):
        around.close()


def as_middleware(*steps: Step) -> Callable[[GetResponse], GetResponse]:
    def middleware(get_response: GetResponse) -> GetResponse:
        def process(request: HttpRequest) -> HttpResponse:
            begun, refusal = begin(steps, request)
            return end(begun, refusal or get_response(request))

        return process

    return middleware
