"""The story of services that call one another, with no user."""

from .probe import Api, until
from .refusals import ApiRefusals


class MachineStory(ApiRefusals):
    """The caller is asked over HTTP to ask the other service."""

    def __init__(self, stage):
        super().__init__(stage)
        self.stage = stage
        self.caller = Api(f"{stage.site}/")

    def rows(self):
        """The steps in the order in which they are walked."""
        return (
            *("discovery", "client_credentials", "api_call", "introspection"),
            *self.ROWS,
            *("wrong_secret", "disabled_client"),
        )

    def discovery(self):
        """Both services have started from the issuer alone."""
        assert self.provider.metadata["issuer"] == self.stage.issuer
        assert self.provider.keys()

    def client_credentials(self):
        """The caller gets a token by itself and writes a note."""
        self._says("POST", 200, "written")

    def api_call(self):
        """And reads it back."""
        self._says("GET", 200, "1 notes")

    def introspection(self):
        """Keywright calls the token active, so the note is gone."""
        self._says("DELETE", 200, "cleared")
        self._says("GET", 200, "0 notes")

    def wrong_secret(self):
        """No token, and so no call."""
        self.stage.start_site(CLIENT_SECRET="wrong-secret-wrong-secret-wrong-secret")
        self._says("GET", 502, "invalid_client")
        self.stage.start_site()

    def disabled_client(self):
        """Its live token stops where it is introspected, and it gets no other."""
        self._says("DELETE", 200, "cleared")
        self.stage.keywright.disable_client(self.stage.example.client_id)
        until(lambda: self.caller.call("DELETE").status_code == 502)
        self._says("DELETE", 502, "401")
        self.stage.start_site()
        self._says("GET", 502, "invalid_client")

    def _says(self, method, status, words):
        answer = self.caller.call(method)
        told = f"{answer.status_code} {answer.text}"
        assert answer.status_code == status and words in answer.text, told
