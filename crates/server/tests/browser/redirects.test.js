// Chromium holds form-action against every hop after a form post: the whole way must be allowed,
// for each kind of redirect URI, after the login page as after the consent page.

import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';

import { authorizeUrl, DESK, SHOP } from './keywright.js';
import { press, raise, signIn, visit } from './stage.js';

let stage;
let visitor;

before(async () => { stage = await raise(); });
after(() => stage?.stop());
afterEach(async () => {
  await visitor?.close();
  stage.clients.redirectOn(null);
  stage.clients.arrivals.length = 0;
});

/** Signs in and allows; then once more from the login page to the client, consent being given. */
async function arrive(client, redirect, { end = `${redirect}*`, more = {} } = {}) {
  visitor = await visit(stage);
  const { page, complaints } = visitor;
  await page.goto(authorizeUrl(stage.issuer, client, redirect, { prompt: 'consent', ...more }));
  await signIn(page);
  await press(page, 'Allow');
  await page.waitForURL(end);
  await page.goto(authorizeUrl(stage.issuer, client, redirect, { prompt: 'login', ...more }));
  await signIn(page);
  if (client === DESK) await press(page, 'Allow');
  await page.waitForURL(end);
  assert.equal(stage.clients.arrivals.length, 2);
  for (const answer of stage.clients.arrivals) assert.ok(answer.code, JSON.stringify(answer));
  assert.deepEqual(complaints, []);
}

test('the answer reaches an https client', () => arrive(SHOP, SHOP.redirect));

test('the answer reaches an https client that redirects on to another origin', async () => {
  stage.clients.redirectOn('https://other.example/done');
  await arrive(SHOP, SHOP.redirect, { end: 'https://other.example/done' });
});

test('the answer reaches an app on any port of 127.0.0.1', () =>
  arrive(DESK, `${stage.clients.ipv4}/cb`));

test('the answer reaches an app on 127.0.0.1 that redirects on to https', async () => {
  stage.clients.redirectOn('https://other.example/done');
  await arrive(DESK, `${stage.clients.ipv4}/cb`, { end: 'https://other.example/done' });
});

test('the answer reaches an app on any port of [::1]', () =>
  arrive(DESK, `${stage.clients.ipv6}/cb`, { end: (url) => url.href.startsWith(stage.clients.ipv6) }));

test('the answer reaches an app on [::1] that redirects on to https', async () => {
  stage.clients.redirectOn('https://other.example/done');
  await arrive(DESK, `${stage.clients.ipv6}/cb`, { end: 'https://other.example/done' });
});

test('form_post posts the answer at once', async () => {
  await arrive(SHOP, SHOP.redirect, { more: { response_mode: 'form_post' } });
  for (const { method } of stage.clients.arrivals) assert.equal(method, 'POST');
});

test('form_post reaches an app on [::1]', async () => {
  const redirect = `${stage.clients.ipv6}/cb`;
  const end = (url) => url.href === redirect;
  await arrive(DESK, redirect, { end, more: { response_mode: 'form_post' } });
});

test('form_post reaches a client that redirects on to another origin', async () => {
  stage.clients.redirectOn('https://other.example/done');
  const end = 'https://other.example/done';
  await arrive(SHOP, SHOP.redirect, { end, more: { response_mode: 'form_post' } });
});

test('fragment mode keeps the answer out of the query', async () => {
  visitor = await visit(stage);
  const { page } = visitor;
  const more = { prompt: 'consent', response_mode: 'fragment' };
  await page.goto(authorizeUrl(stage.issuer, SHOP, SHOP.redirect, more));
  await signIn(page);
  await press(page, 'Allow');
  await page.waitForURL(/#.*code=/);
  assert.equal(new URL(page.url()).search, '');
});

test('the answer is handed to the app of a private-use scheme', async () => {
  visitor = await visit(stage);
  const { page, requested } = visitor;
  await page.goto(authorizeUrl(stage.issuer, DESK, DESK.scheme));
  await signIn(page);
  const handed = page.waitForRequest((request) => request.url().startsWith(DESK.scheme));
  await press(page, 'Allow');
  const url = new URL((await handed).url());
  assert.ok(url.searchParams.get('code'), requested.join('\n'));
});
