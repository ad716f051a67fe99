from integrations.events import OutboundRequest, OutboundResponse


class NotSent(Exception): ...


class Unanswered(Exception): ...


def send(request: OutboundRequest) -> OutboundResponse:
    raise NotSent("")
