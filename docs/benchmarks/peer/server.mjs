// oidc-provider with its in-memory adapter and the clients that Keywright has in this benchmark, in one process.
// node server.mjs PORT
//
// Who is sent to log in is logged in at once as the `login_hint`, and nobody is asked for consent, as for
// Keywright's first-party clients.
import { Provider } from "oidc-provider";
import { generateKeyPairSync } from "node:crypto";

const port = Number(process.argv[2]);
const issuer = `http://127.0.0.1:${port}`;
const jwk = (alg, type, options) => ({
  ...generateKeyPairSync(type, options).privateKey.export({ format: "jwk" }),
  alg, use: "sig", kid: alg,
});
const resources = {
  "https://rs256.example": { alg: "RS256", scope: "rs:read" },
  "https://es256.example": { alg: "ES256", scope: "es:read" },
  "https://eddsa.example": { alg: "EdDSA", scope: "ed:read" },
};
const secret = "a-client-secret-of-at-least-32-characters";
const site = (client_id, algorithm) => ({
  client_id, client_secret: secret, grant_types: ["authorization_code", "refresh_token"],
  redirect_uris: ["http://127.0.0.1:9/cb"], id_token_signed_response_alg: algorithm,
});

const provider = new Provider(issuer, {
  jwks: {
    keys: [
      jwk("RS256", "rsa", { modulusLength: 2048 }),
      jwk("ES256", "ec", { namedCurve: "P-256" }),
      jwk("EdDSA", "ed25519", {}),
    ],
  },
  enabledJWA: { idTokenSigningAlgValues: ["RS256", "ES256", "EdDSA"] },
  clients: [
    { client_id: "robot", client_secret: secret, grant_types: ["client_credentials"], redirect_uris: [], response_types: [] },
    site("site", "RS256"), site("site-es", "ES256"), site("refresher", "ES256"),
  ],
  pkce: { required: () => true },
  cookies: { keys: ["benchmark"] },
  scopes: ["openid", "email"],
  claims: { email: ["email", "email_verified"] },
  findAccount: (_context, id) => ({
    accountId: id, claims: async () => ({ sub: id, email: `${id}@example.org`, email_verified: true }),
  }),
  issueRefreshToken: async (_context, client) => client.grantTypeAllowed("refresh_token"),
  rotateRefreshToken: true,
  ttl: { AccessToken: 3600, ClientCredentials: 3600, RefreshToken: 86400, Session: 86400, Grant: 86400, Interaction: 3600, IdToken: 300 },
  loadExistingGrant: async ({ oidc }) => {
    const id = oidc.session.grantIdFor(oidc.client.clientId);
    if (id) return oidc.provider.Grant.find(id);
    const grant = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
    grant.addOIDCScope("openid email");
    for (const [resource, { scope }] of Object.entries(resources)) grant.addResourceScope(resource, scope);
    await grant.save();
    return grant;
  },
  interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
  features: {
    clientCredentials: { enabled: true },
    introspection: { enabled: true, allowedPolicy: async () => true },
    revocation: { enabled: true },
    devInteractions: { enabled: false },
    resourceIndicators: {
      enabled: true,
      defaultResource: async () => undefined,
      useGrantedResource: async () => true,
      getResourceServerInfo: async (_context, resource) => ({
        scope: resources[resource].scope, audience: resource, accessTokenTTL: 3600, accessTokenFormat: "jwt",
        jwt: { sign: { alg: resources[resource].alg } },
      }),
    },
  },
});
provider.use(async (context, next) => {
  if (!context.path.startsWith("/interaction/")) return next();
  const { params } = await provider.interactionDetails(context.req, context.res);
  context.respond = false;
  return provider.interactionFinished(context.req, context.res, { login: { accountId: params.login_hint } });
});
provider.listen(port, "127.0.0.1");
