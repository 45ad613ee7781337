// oidc-provider with its in-memory adapter and the same clients as Keywright has in this benchmark.
// node server.mjs PORT
import { Provider } from "oidc-provider";
import { generateKeyPairSync } from "node:crypto";

const port = Number(process.argv[2]);
const issuer = `http://127.0.0.1:${port}`;
const jwk = (alg, type, options) => ({
  ...generateKeyPairSync(type, options).privateKey.export({ format: "jwk" }),
  alg, use: "sig", kid: alg,
});
const formats = { "https://rs256.example": "RS256", "https://es256.example": "ES256", "https://eddsa.example": "EdDSA" };
const secret = "a-client-secret-of-at-least-32-characters";

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
    {
      client_id: "site", client_secret: secret, grant_types: ["authorization_code", "refresh_token"],
      redirect_uris: ["http://127.0.0.1:9/cb"], scope: "openid offline_access es:read email",
    },
  ],
  pkce: { required: () => true },
  cookies: { keys: ["benchmark"] },
  scopes: ["openid", "offline_access", "email"],
  claims: { email: ["email"] },
  findAccount: (_context, id) => ({ accountId: id, claims: async () => ({ sub: id, email: `${id}@example.org` }) }),
  issueRefreshToken: async () => true,
  rotateRefreshToken: true,
  ttl: { AccessToken: 3600, ClientCredentials: 300, RefreshToken: 86400, Session: 86400, Grant: 86400, Interaction: 3600, IdToken: 300 },
  loadExistingGrant: async (context) => {
    const { client, session } = context.oidc;
    const grantId = session.grantIdFor(client.clientId);
    if (grantId) return context.oidc.provider.Grant.find(grantId);
    const grant = new context.oidc.provider.Grant({ clientId: client.clientId, accountId: session.accountId });
    grant.addOIDCScope("openid email offline_access");
    await grant.save();
    return grant;
  },
  features: {
    clientCredentials: { enabled: true },
    introspection: { enabled: true, allowedPolicy: async () => true },
    revocation: { enabled: true },
    devInteractions: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: async () => undefined,
      useGrantedResource: async () => true,
      getResourceServerInfo: async (_context, resource) => ({
        scope: "es:read", audience: resource, accessTokenTTL: 300, accessTokenFormat: "jwt",
        jwt: { sign: { alg: formats[resource] } },
      }),
    },
  },
});
provider.listen(port, "127.0.0.1", () => console.log(`listening on ${issuer}`));
