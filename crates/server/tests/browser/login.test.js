// What a visitor does: sign in, allow, deny, sign out.

import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';

import { authorizeUrl, SHOP, USER } from './keywright.js';
import { press, raise, signIn, tabTo, visit } from './stage.js';

let stage;
let visitor;

before(async () => { stage = await raise(); });
after(() => stage?.stop());
afterEach(async () => {
  await visitor?.close();
  stage.clients.arrivals.length = 0;
});

/** Consent is remembered from test to test, so ask for it. */
const ask = (more) =>
  authorizeUrl(stage.issuer, SHOP, SHOP.redirect, { prompt: 'consent', ...more });

test('a keyboard alone signs in and allows', async () => {
  visitor = await visit(stage);
  const { page } = visitor;
  await page.goto(ask());
  // The field takes the focus by itself, after the page has loaded.
  await page.locator('input[name=login]:focus').waitFor();
  await page.keyboard.type(USER.login);
  await page.keyboard.press('Tab');
  await page.keyboard.type(USER.password);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Allow access?' }).waitFor();
  await tabTo(page, 'Allow');
  await page.keyboard.press('Enter');
  await page.waitForURL('https://app.example/cb?**');
  const [answer] = stage.clients.arrivals;
  assert.equal(answer.state, 'a state');
  assert.equal(answer.iss, stage.issuer);
  assert.match(answer.code, /^[\w-]{43,}$/);
  assert.deepEqual(visitor.complaints, []);
});

test('everything works without JavaScript', async () => {
  visitor = await visit(stage, { javaScriptEnabled: false });
  const { page } = visitor;
  await page.goto(ask({ response_mode: 'form_post' }));
  await signIn(page);
  await press(page, 'Allow');
  await press(page, 'Continue');
  await page.waitForURL('https://app.example/cb');
  assert.equal(stage.clients.arrivals[0].method, 'POST');
  assert.match(stage.clients.arrivals[0].code, /^[\w-]{43,}$/);
});

test('a wrong password is told, keeps the name, and does not stop the right one', async () => {
  visitor = await visit(stage);
  const { page } = visitor;
  await page.goto(ask());
  await signIn(page, 'a wrong password');
  await page.getByRole('alert').waitFor();
  assert.equal(await page.getByLabel('Username').inputValue(), USER.login);
  assert.equal(await page.getByLabel('Password').inputValue(), '');
  const focus = await page.evaluate(() => document.activeElement.id);
  assert.equal(focus, 'password', 'the field to correct has the focus');
  await signIn(page);
  await page.getByRole('heading', { name: 'Allow access?' }).waitFor();
});

test('an unknown name is refused with the same words as a wrong password', async () => {
  visitor = await visit(stage);
  const { page } = visitor;
  await page.goto(ask());
  await signIn(page, 'a wrong password');
  const known = await page.getByRole('alert').textContent();
  await page.getByLabel('Username').fill('nobody');
  await page.getByLabel('Password').fill('a wrong password');
  await press(page, 'Sign in');
  await page.locator('input[value="nobody"]').waitFor();
  assert.equal(await page.getByRole('alert').textContent(), known);
});

test('denying sends access_denied to the client', async () => {
  visitor = await visit(stage);
  const { page } = visitor;
  await page.goto(ask());
  await signIn(page);
  await press(page, 'Deny');
  await page.waitForURL('https://app.example/cb?**');
  assert.equal(stage.clients.arrivals[0].error, 'access_denied');
  assert.equal(stage.clients.arrivals[0].state, 'a state');
});

test('cancelling the login sends access_denied to the client', async () => {
  visitor = await visit(stage);
  await visitor.page.goto(ask());
  await press(visitor.page, 'Cancel');
  await visitor.page.waitForURL('https://app.example/cb?**');
  assert.equal(stage.clients.arrivals[0].error, 'access_denied');
});

test('another account can be chosen instead of the one signed in', async () => {
  visitor = await visit(stage);
  const { page } = visitor;
  await page.goto(ask());
  await signIn(page);
  await press(page, 'Use another account');
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await signIn(page);
  await page.getByRole('heading', { name: 'Allow access?' }).waitFor();
  await page.goto(ask({ prompt: 'select_account consent' }));
  await press(page, USER.login);
  await page.getByRole('heading', { name: 'Allow access?' }).waitFor();
  assert.deepEqual(visitor.complaints, []);
});

test('signing out is asked for, and ends at the client', async () => {
  visitor = await visit(stage);
  const { page } = visitor;
  await page.goto(ask());
  await signIn(page);
  await page.getByRole('heading', { name: 'Allow access?' }).waitFor();
  const logout = new URL(`${stage.issuer}/logout`);
  logout.search = new URLSearchParams({
    client_id: SHOP.id,
    post_logout_redirect_uri: SHOP.afterLogout,
    state: 'gone',
  });
  await page.goto(logout.href);
  await press(page, 'Stay signed in');
  await page.getByRole('heading', { name: 'Still signed in' }).waitFor();
  await page.goto(logout.href);
  await page.getByText(SHOP.name).waitFor();
  await press(page, 'Sign out');
  await page.waitForURL(`${SHOP.afterLogout}?state=gone`);
  await page.goto(ask());
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  assert.deepEqual(visitor.complaints, []);
});
