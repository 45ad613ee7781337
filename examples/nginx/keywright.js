// Asks Keywright about the token of a request (RFC 7662) and answers nginx's auth_request: 204
// lets the request pass, 401 and 403 do not.

const AUDIENCE = "https://notes.example/api";
const SCOPES = { GET: "notes:read", HEAD: "notes:read" };
const OTHER = "notes:write";

function refuse(request, status, code) {
    request.headersOut["WWW-Authenticate"] = "Bearer" + (code ? ` error="${code}"` : "");
    request.return(status);
}

async function check(request) {
    const shown = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i.exec(request.headersIn.Authorization || "");
    if (!shown) return refuse(request, 401);
    const answer = await request.subrequest("/_introspect", {
        method: "POST",
        body: "token=" + encodeURIComponent(shown[1]),
    });
    if (answer.status !== 200) {
        request.error(`Keywright answered ${answer.status} to an introspection`);
        return request.return(500);
    }
    const token = JSON.parse(answer.responseText);
    const meant = token.active && [].concat(token.aud).includes(AUDIENCE);
    if (!meant) return refuse(request, 401, "invalid_token");
    const scope = SCOPES[request.variables.asked_method] || OTHER;
    if (!(token.scope || "").split(" ").includes(scope)) return request.return(403);
    request.headersOut["X-Subject"] = token.sub;
    request.return(204);
}

export default { check };
