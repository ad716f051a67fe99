from rest_framework.routers import SimpleRouter


class JsonRouter(SimpleRouter):
    """Routes that end in `.json`: `/voip/calls.json`, `/voip/calls/1.json`, `/voip/calls/make_call.json`."""

    def __init__(self) -> None:
        super().__init__(trailing_slash=False)
        self.trailing_slash = r"\.json"
        self._default_value_pattern = "[0-9]{1,19}"  # so that `1_0` or `１` are not read as an id
