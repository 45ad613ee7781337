// What the pages tell the browser besides their text.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { authorizeUrl, SHOP } from './keywright.js';
import { raise, visit } from './stage.js';

let stage;

before(async () => { stage = await raise(); });
after(() => stage?.stop());

test('a page forbids frames, sniffing, caching and anything from elsewhere', async () => {
  const response = await fetch(authorizeUrl(stage.issuer, SHOP, SHOP.redirect));
  assert.equal(response.status, 200);
  const policy = response.headers.get('content-security-policy');
  for (const directive of ["default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"]) {
    assert.ok(policy.split('; ').includes(directive), policy);
  }
  assert.ok(!policy.includes('unsafe') && !policy.includes('script-src'), policy);
  assert.equal(response.headers.get('x-content-type-options'), 'nosniff');
  assert.equal(response.headers.get('x-frame-options'), 'DENY');
  assert.equal(response.headers.get('referrer-policy'), 'strict-origin');
  assert.equal(response.headers.get('cache-control'), 'no-store');
  assert.match(response.headers.get('set-cookie'), /; HttpOnly/);
  assert.match(response.headers.get('set-cookie'), /; SameSite=Lax/);
});

test('a page of another site cannot show the login page in a frame', async () => {
  const visitor = await visit(stage);
  await visitor.page.goto(`${stage.clients.ipv4}/`);
  await visitor.page.evaluate((src) => new Promise((resolve) => {
    const frame = document.createElement('iframe');
    frame.addEventListener('load', resolve);
    frame.src = src;
    document.body.append(frame);
  }), authorizeUrl(stage.issuer, SHOP, SHOP.redirect));
  const [, frame] = visitor.page.frames();
  assert.equal(await frame.locator('form').count(), 0);
  await visitor.close();
});
