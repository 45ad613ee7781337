// Serves the page. It has no part in the login: any web server that sends files would do.

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';

const { ISSUER, CLIENT_ID, API_URL, PORT = '3000' } = process.env;
const BASE = `http://127.0.0.1:${PORT}`;
const REDIRECT_URI = process.env.REDIRECT_URI ?? `${BASE}/callback`;

const LIBRARY = 'node_modules/oidc-client-ts/dist/browser/oidc-client-ts.min.js';
const FILES = {
  // The answer of a login comes to /callback, and the page looks at its own address.
  '/': ['public/index.html', 'text/html; charset=utf-8'],
  '/callback': ['public/index.html', 'text/html; charset=utf-8'],
  '/app.js': ['public/app.js', 'text/javascript; charset=utf-8'],
  '/oidc-client-ts.js': [LIBRARY, 'text/javascript; charset=utf-8'],
};

// What the page must know; a build would put it into the page.
const SETTINGS = JSON.stringify({
  issuer: ISSUER,
  clientId: CLIENT_ID,
  redirectUri: REDIRECT_URI,
  home: `${BASE}/`,
  api: API_URL,
});

// Scripts from here alone, requests to Keywright and the API alone. A page that holds tokens
// must not run what somebody managed to write into it.
const HEADERS = {
  'Content-Security-Policy': `default-src 'none'; script-src 'self'; connect-src 'self' \
${new URL(ISSUER).origin} ${new URL(API_URL).origin}; base-uri 'none'; frame-ancestors 'none'`,
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
};

const server = createServer(async (request, response) => {
  const { pathname } = new URL(request.url, BASE);
  if (pathname === '/settings.json') {
    const headers = { ...HEADERS, 'Content-Type': 'application/json' };
    return response.writeHead(200, headers).end(SETTINGS);
  }
  if (!(pathname in FILES)) return response.writeHead(404, HEADERS).end();
  const [file, type] = FILES[pathname];
  const content = await readFile(new URL(file, import.meta.url));
  return response.writeHead(200, { ...HEADERS, 'Content-Type': type }).end(content);
});

server.listen(Number(PORT), '127.0.0.1', () => console.log(`site: ${BASE}`));
