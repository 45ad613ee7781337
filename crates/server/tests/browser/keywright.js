// A keywright of our own: scratch data directory, declared clients and users, a free port.

import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

export const USER = { login: 'ada', password: 'correct horse battery staple' };

/** Confidential, answers go to https. */
export const SHOP = {
  id: 'shop',
  name: 'Harbour Books',
  redirect: 'https://app.example/cb',
  afterLogout: 'https://app.example/bye',
};

/** Public, answers stay on the device. */
export const DESK = { id: 'desk', name: 'Deckhand', scheme: 'com.example.deckhand:/cb' };

const configuration = (port, directory) => `
issuer = "http://127.0.0.1:${port}/id"
listen = "127.0.0.1:${port}"
data_dir = ${JSON.stringify(join(directory, 'data'))}

[passwords]
cost = 10

[log]
level = "warn"

[[resources]]
identifier = "https://orders.example/api"
name = "Harbour Orders"
scopes = [
  { name = "orders:read", description = "Read your orders" },
  { name = "orders:write", description = "Place and change orders for you" },
]

[[clients]]
client_id = "${SHOP.id}"
client_secret = "a-secret-of-the-browser-tests-and-nothing-else"
client_name = "${SHOP.name}"
client_uri = "https://app.example/"
tos_uri = "https://app.example/terms"
policy_uri = "https://app.example/privacy"
redirect_uris = ["${SHOP.redirect}"]
post_logout_redirect_uris = ["${SHOP.afterLogout}"]

[[clients]]
client_id = "${DESK.id}"
client_name = "${DESK.name}"
application_type = "native"
token_endpoint_auth_method = "none"
redirect_uris = ["http://127.0.0.1/cb", "http://[::1]/cb", "${DESK.scheme}"]

[[users]]
login = "${USER.login}"
password = "${USER.password}"
claims = { name = "Ada Lovelace", email = "ada@example.com", email_verified = true }
`;

/** Starts $KEYWRIGHT_BIN and waits until it answers. */
export async function startKeywright() {
  const binary = process.env.KEYWRIGHT_BIN;
  if (!binary) throw new Error('set KEYWRIGHT_BIN to the path of the keywright binary');
  const directory = await mkdtemp(join(tmpdir(), 'keywright-browser-'));
  const port = await freePort();
  const file = join(directory, 'keywright.toml');
  await writeFile(file, configuration(port, directory));
  const child = spawn(binary, ['serve', '--config', file], {
    cwd: directory,
    env: { PATH: process.env.PATH, KEYWRIGHT_MANAGEMENT__LISTEN: '' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (log += text));
  const ended = new Promise((resolve) => child.once('close', resolve));
  const issuer = `http://127.0.0.1:${port}/id`;
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
    await rm(directory, { recursive: true, force: true });
  };
  if (!(await answers(`${issuer}/.well-known/openid-configuration`, child))) {
    await stop();
    throw new Error(`keywright did not start:\n${log}`);
  }
  // Printed after the line that says that it listens, whatever the log level.
  const printed = () => log.match(/\/setup\/[\w-]{43}/);
  for (let tries = 0; tries < 200 && !printed(); tries += 1) await wait(50);
  return { issuer, setupPath: printed()?.[0], stop };
}

/** The address of an authorization request; `more` adds or replaces parameters. */
export function authorizeUrl(issuer, client, redirect, more = {}) {
  const verifier = randomBytes(32).toString('base64url');
  const url = new URL(`${issuer}/authorize`);
  url.search = new URLSearchParams({
    response_type: 'code',
    client_id: client.id,
    redirect_uri: redirect,
    scope: 'openid profile email',
    state: 'a state',
    nonce: 'a nonce',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...more,
  });
  return url.href;
}

async function answers(url, child) {
  for (let tries = 0; tries < 600 && child.exitCode === null; tries += 1) {
    try {
      if ((await fetch(url)).ok) return true;
    } catch {
      // Not listening yet.
    }
    await wait(50);
  }
  return false;
}

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject).listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}
