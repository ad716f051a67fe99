from rest_framework.routers import SimpleRouter


class JsonRouter(SimpleRouter):
    """Routes that end in `.json`: `/voip/calls.json`, `/voip/calls/1.json`, `/voip/calls/make_call.json`."""

    def __init__(self) -> None:
        super().__init__(trailing_slash=False)
        self.trailing_slash = r"\.json"
