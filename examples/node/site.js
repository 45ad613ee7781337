// A site that logs its users in with Keywright and calls an API in their name.
//
// The browser gets two cookies: one that names a session, kept here with its tokens, and, while a
// login is under way, one with what the answer must match. Both are `SameSite=Lax`, so a form on
// another site cannot act for a user. Behind https, set `secure` on both.

import { randomBytes } from 'node:crypto';

import cookieParser from 'cookie-parser';
import express from 'express';
import session from 'express-session';

import { NotesApi } from './notes.js';
import { home, welcome } from './pages.js';
import { Provider, reason } from './provider.js';

const { ISSUER, CLIENT_ID, CLIENT_SECRET, API_URL, PORT = '3000' } = process.env;
const BASE = `http://127.0.0.1:${PORT}`;
const REDIRECT_URI = process.env.REDIRECT_URI ?? `${BASE}/callback`;
const SECRET = process.env.SESSION_SECRET ?? randomBytes(32).toString('base64url');
const COOKIE = { httpOnly: true, sameSite: 'lax' };

const provider = await Provider.discover(ISSUER, CLIENT_ID, CLIENT_SECRET);
const api = new NotesApi(API_URL);
const site = express();

site.use(express.urlencoded({ extended: false }));
site.use(cookieParser(SECRET));
// The default store is memory: right for an example, wrong for a site with two processes.
site.use(session({
  name: 'node_session',
  secret: SECRET,
  resave: false,
  saveUninitialized: false,
  cookie: COOKIE,
}));

/** A sentence for the next page that this browser sees. */
const tell = (request, sentence) => { request.session.message = sentence; };

const signedIn = (request, response, next) =>
  request.session.user ? next() : response.redirect(303, '/');

/** Does something with the user's tokens, tells how it went, and goes home. */
const button = (action) => [signedIn, async (request, response) => {
  try {
    tell(request, await action(request));
  } catch (error) {
    tell(request, `That did not work: ${reason(error)}`);
  }
  response.redirect(303, '/');
}];

site.get('/', async (request, response) => {
  const { user, tokens, message } = request.session;
  if (message) delete request.session.message;
  if (!user) return response.send(welcome(message));
  try {
    const notes = await api.list(tokens.access_token);
    return response.send(home({ user, notes, message }));
  } catch (error) {
    const trouble = `The notes could not be read: ${reason(error)}`;
    return response.send(home({ user, notes: [], message: message ?? trouble }));
  }
});

site.post('/login', async (request, response) => {
  const { url, expected } = await provider.begin(REDIRECT_URI);
  response.cookie('node_login', expected, { ...COOKIE, signed: true, maxAge: 600_000 });
  response.redirect(303, url);
});

site.get('/callback', async (request, response) => {
  const expected = request.signedCookies.node_login;
  response.clearCookie('node_login', COOKIE);
  try {
    if (!expected) throw new Error('no login is under way in this browser');
    const answer = new URL(REDIRECT_URI);
    answer.search = new URL(request.originalUrl, BASE).search;
    const { tokens, user } = await provider.finish(answer, expected);
    // A new session, so that nobody can log a user in to a session that they know.
    await new Promise((done, failed) =>
      request.session.regenerate((error) => (error ? failed(error) : done())));
    Object.assign(request.session, { tokens, user });
  } catch (error) {
    tell(request, `The login did not work: ${reason(error)}`);
  }
  response.redirect(303, '/');
});

site.post('/notes', button(async ({ session: { tokens }, body }) => {
  await api.add(tokens.access_token, body.text);
  return 'The note was added.';
}));

site.post('/notes/delete', button(async ({ session: { tokens } }) => {
  await api.clear(tokens.access_token);
  return 'All notes were deleted.';
}));

site.post('/refresh', button(async ({ session }) => {
  session.tokens = await provider.refresh(session.tokens);
  return 'The access token was refreshed.';
}));

site.post('/revoke', button(async ({ session: { tokens } }) => {
  await provider.revoke(tokens.refresh_token);
  return 'The tokens were revoked.';
}));

site.post('/logout', signedIn, (request, response) => {
  const { url } = provider.logout(request.session.tokens.id_token, `${BASE}/`);
  request.session.destroy(() => response.redirect(303, url));
});

site.listen(Number(PORT), '127.0.0.1', () => console.log(`site: ${BASE}`));
