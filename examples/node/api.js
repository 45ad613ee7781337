// An API that accepts Keywright's access tokens.
//
// Reading and adding is decided by the token alone: signature, issuer, audience, expiry, scope.
// That needs no call, and a token that was revoked is good for its remaining minutes. Deleting
// cannot be undone, so there the API asks Keywright whether the token is still alive.

import express from 'express';
import { createRemoteJWKSet, errors, jwtVerify } from 'jose';
import * as oidc from 'openid-client';

const { ISSUER, AUDIENCE, API_CLIENT_ID, API_CLIENT_SECRET, ALLOWED_ORIGIN } = process.env;
const PORT = Number(process.env.PORT ?? '3001');

const execute = ISSUER.startsWith('http://127.0.0.1:') ? [oidc.allowInsecureRequests] : [];
const config = await oidc.discovery(
  new URL(ISSUER), API_CLIENT_ID, {}, oidc.ClientSecretBasic(API_CLIENT_SECRET), { execute },
);
const keys = createRemoteJWKSet(new URL(config.serverMetadata().jwks_uri));

/** Refuses as RFC 6750 section 3 says. */
function refuse(response, status, error, description) {
  const challenge = error ? ` error="${error}", error_description="${description}"` : '';
  response.set('WWW-Authenticate', `Bearer${challenge}`).status(status).json({ error });
}

/** The access token of a request, or undefined. */
const bearer = (request) => /^Bearer +(\S+)$/i.exec(request.get('authorization') ?? '')?.[1];

/** Whether the token is to blame, and not a key set that could not be fetched. */
const blamesToken = (error) =>
  error instanceof errors.JOSEError &&
  !['ERR_JOSE_GENERIC', 'ERR_JWKS_TIMEOUT'].includes(error.code);

/** Lets a request pass whose token is for this API and has the scope (RFC 9068 section 4). */
const needs = (scope) => async (request, response, next) => {
  const token = bearer(request);
  if (!token) return refuse(response, 401);
  try {
    const { payload } = await jwtVerify(token, keys, {
      issuer: ISSUER,
      audience: AUDIENCE,
      typ: 'at+jwt',
      algorithms: ['RS256'],
      requiredClaims: ['exp', 'sub', 'client_id'],
    });
    request.claims = payload;
  } catch (error) {
    if (!blamesToken(error)) return next(error);
    return refuse(response, 401, 'invalid_token', 'The access token is not valid');
  }
  if (!(request.claims.scope ?? '').split(' ').includes(scope)) {
    return refuse(response, 403, 'insufficient_scope', `This needs ${scope}`);
  }
  return next();
};

/** Lets a request pass whose token Keywright calls active (RFC 7662). */
async function alive(request, response, next) {
  const { active } = await oidc.tokenIntrospection(config, bearer(request));
  if (!active) return refuse(response, 401, 'invalid_token', 'The access token was revoked');
  return next();
}

/** Lets a page of another origin call this API: no cookies, so no credentials. */
function cors(request, response, next) {
  if (!ALLOWED_ORIGIN || request.get('origin') !== ALLOWED_ORIGIN) return next();
  response.set({
    'Access-Control-Allow-Origin': ALLOWED_ORIGIN,
    'Access-Control-Allow-Headers': 'Authorization, Content-Type',
    'Access-Control-Allow-Methods': 'GET, POST, DELETE',
    'Access-Control-Expose-Headers': 'WWW-Authenticate',
    Vary: 'Origin',
  });
  return request.method === 'OPTIONS' ? response.sendStatus(204) : next();
}

/** Notes by `sub`. */
const notes = new Map();
const of = ({ claims }) => notes.get(claims.sub) ?? [];

const api = express();
api.use(cors, express.json());

api.get('/notes', needs('notes:read'), (request, response) => response.json(of(request)));

api.post('/notes', needs('notes:write'), (request, response) => {
  const note = { text: String(request.body?.text ?? '').slice(0, 500) };
  notes.set(request.claims.sub, [...of(request), note]);
  response.status(201).json(note);
});

api.delete('/notes', needs('notes:write'), alive, (request, response) => {
  notes.delete(request.claims.sub);
  response.sendStatus(204);
});

api.listen(PORT, '127.0.0.1', () => console.log(`api: http://127.0.0.1:${PORT}`));
