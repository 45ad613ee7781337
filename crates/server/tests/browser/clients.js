// The places that answers are sent to: http on both loopback addresses, https under two names.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Starts them. `arrivals` collects what came to each callback; `redirectOn(url)` makes every
 * callback answer with a redirect to there.
 */
export async function startClients() {
  const arrivals = [];
  let onward = null;
  const answer = async (request, response) => {
    const url = new URL(request.url, 'http://client');
    if (url.pathname === '/favicon.ico') return response.writeHead(204).end();
    let body = '';
    for await (const chunk of request) body += chunk;
    if (url.pathname === '/cb') {
      const parameters = request.method === 'POST' ? new URLSearchParams(body) : url.searchParams;
      arrivals.push({ method: request.method, ...Object.fromEntries(parameters) });
      if (onward) return response.writeHead(303, { location: onward }).end();
    }
    response.writeHead(200, { 'content-type': 'text/html' });
    return response.end('<!doctype html><html lang="en"><link rel="icon" href="data:,"><title>client</title><p>arrived');
  };
  const servers = [createServer(answer), createServer(answer), createTlsServer(certificate(), answer)];
  const addresses = ['127.0.0.1', '::1', '127.0.0.1'];
  const ports = await Promise.all(servers.map((server, i) => listen(server, addresses[i])));
  return {
    arrivals,
    ipv4: `http://127.0.0.1:${ports[0]}`,
    ipv6: `http://[::1]:${ports[1]}`,
    tlsPort: ports[2],
    redirectOn: (url) => (onward = url),
    stop: () => servers.forEach((server) => { server.close(); server.closeAllConnections(); }),
  };
}

function listen(server, address) {
  return new Promise((resolve, reject) => {
    server.once('error', reject).listen(0, address, () => resolve(server.address().port));
  });
}

function certificate() {
  const directory = mkdtempSync(join(tmpdir(), 'keywright-browser-tls-'));
  const [key, cert] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
  try {
    const names = 'subjectAltName=DNS:app.example,DNS:other.example';
    const options = ['-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=app.example'];
    const files = ['-addext', names, '-keyout', key, '-out', cert];
    execFileSync('openssl', ['req', ...options, ...files], { stdio: 'ignore' });
    return { key: readFileSync(key), cert: readFileSync(cert) };
  } finally {
    rmSync(directory, { recursive: true });
  }
}
