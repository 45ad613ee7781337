"""What the clients of this benchmark send, to either server."""
import base64

SECRET = "a-client-secret-of-at-least-32-characters"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
CALLBACK = "http://127.0.0.1:9/cb"
ALGORITHMS = ["RS256", "ES256", "EdDSA"]
CODE_BODY = f"grant_type=authorization_code&redirect_uri=http%3A%2F%2F127.0.0.1%3A9%2Fcb&code_verifier={VERIFIER}"


def basic(client):
    return "Basic " + base64.b64encode(f"{client}:{SECRET}".encode()).decode()


def scope_of(algorithm):
    """The scope of the resource whose access tokens are signed so: `rs:read`; `op:read` for opaque ones."""
    return f"{algorithm.lower()[:2]}:read"


def authorize_path(client, scope, endpoint="/authorize"):
    return (f"{endpoint}?client_id={client}&response_type=code&scope={scope.replace(' ', '%20')}"
            f"&redirect_uri=http%3A%2F%2F127.0.0.1%3A9%2Fcb&code_challenge={CHALLENGE}&code_challenge_method=S256&state=x")
