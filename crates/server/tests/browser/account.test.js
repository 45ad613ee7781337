// What users do about their own account, and how the first administrator comes to be.

import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';

import { authorizeUrl, SHOP, USER } from './keywright.js';
import { press, raise, signIn, tabTo, visit } from './stage.js';

let stage;
const visitors = [];

before(async () => { stage = await raise(); });
after(() => stage?.stop());
afterEach(async () => {
  await Promise.all(visitors.splice(0).map((visitor) => visitor.close()));
  stage.clients.arrivals.length = 0;
});

const heading = (page, name) => page.getByRole('heading', { level: 1, name, exact: true }).waitFor();

/** A browser of its own at a page of ours. */
async function open(path, options) {
  const visitor = await visit(stage, options);
  visitors.push(visitor);
  await visitor.page.goto(`${stage.issuer}${path}`);
  return visitor;
}

/** A browser of its own, signed in and at the account page. */
async function atHome(options) {
  const visitor = await open('/account', options);
  await signIn(visitor.page);
  await heading(visitor.page, 'Your account');
  return visitor;
}

async function changePassword(page, current, fresh) {
  await page.locator('input[type=password]:focus').waitFor();
  await page.keyboard.type(current);
  await page.keyboard.press('Tab');
  await page.keyboard.type(fresh);
  await page.keyboard.press('Tab');
  await page.keyboard.type(fresh);
  await page.keyboard.press('Enter');
}

/** Lets the shop in, with access while the user is away. */
async function letIn(page) {
  await page.goto(authorizeUrl(stage.issuer, SHOP, SHOP.redirect, {
    scope: 'openid email offline_access orders:read',
    prompt: 'consent',
  }));
  await press(page, 'Allow');
  await page.waitForURL('https://app.example/cb?**');
}

test('a keyboard alone comes to the account, changes the password and signs out', async () => {
  const { page, complaints } = await open('/account');
  await page.locator('input[name=login]:focus').waitFor();
  await page.keyboard.type(USER.login);
  await page.keyboard.press('Tab');
  await page.keyboard.type(USER.password);
  await page.keyboard.press('Enter');
  await heading(page, 'Your account');
  await tabTo(page, 'Change password');
  await page.keyboard.press('Enter');
  await heading(page, 'Change password');
  const fresh = 'another horse battery staple';
  await changePassword(page, 'a wrong password', fresh);
  await page.getByRole('alert').waitFor();
  await changePassword(page, USER.password, fresh);
  await heading(page, 'Your account');
  await page.goto(`${stage.issuer}/account/password`);
  await changePassword(page, fresh, USER.password);
  await heading(page, 'Your account');
  await tabTo(page, 'Sign out');
  await page.keyboard.press('Enter');
  await heading(page, 'This is a sign-in service');
  assert.deepEqual(complaints, []);
});

test('a changed password ends the session of another browser', async () => {
  const elsewhere = await atHome();
  const { page } = await atHome();
  await page.goto(`${stage.issuer}/account/password`);
  const fresh = 'another horse battery staple';
  await changePassword(page, USER.password, fresh);
  await heading(page, 'Your account');
  await elsewhere.page.reload();
  await heading(elsewhere.page, 'Sign in');
  await page.goto(`${stage.issuer}/account/password`);
  await changePassword(page, fresh, USER.password);
  await heading(page, 'Your account');
});

test('a session is ended from another browser', async () => {
  const lost = await atHome({ userAgent: 'Mozilla/5.0 (iPhone) Version/18.0 Safari/605.1.15' });
  const { page, complaints } = await atHome();
  await page.getByText('This browser').waitFor();
  await page.getByRole('button', { name: 'End session of Safari on iPhone' }).click();
  await page.getByText('Safari on iPhone').waitFor({ state: 'detached' });
  await lost.page.reload();
  await heading(lost.page, 'Sign in');
  assert.deepEqual(complaints, []);
});

test('an application is disconnected and has to ask again', async () => {
  const { page, complaints } = await atHome();
  await letIn(page);
  await page.goto(`${stage.issuer}/account`);
  await page.getByText('Read your orders').waitFor();
  await page.getByText('Keeps access while you are signed out').waitFor();
  await press(page, `Disconnect ${SHOP.name}`);
  await page.getByText('An application that you sign in to will be listed here.').waitFor();
  await page.goto(authorizeUrl(stage.issuer, SHOP, SHOP.redirect));
  await heading(page, 'Allow access?');
  assert.deepEqual(complaints, []);
});

test('signing out everywhere signs out everywhere', async () => {
  const elsewhere = await atHome();
  const { page, complaints } = await atHome();
  await press(page, 'Sign out everywhere');
  await heading(page, 'This is a sign-in service');
  for (const browser of [page, elsewhere.page]) {
    await browser.goto(`${stage.issuer}/account`);
    await heading(browser, 'Sign in');
  }
  assert.deepEqual(complaints, []);
});

test('the account works without JavaScript, and who cancels leaves', async () => {
  const { page } = await atHome({ javaScriptEnabled: false });
  await page.goto(`${stage.issuer}/`);
  await heading(page, 'Your account');
  await page.getByRole('button', { name: 'Sign out', exact: true }).click();
  await heading(page, 'This is a sign-in service');
  await page.getByRole('link', { name: 'Sign in to your account' }).click();
  await press(page, 'Cancel');
  await heading(page, 'This is a sign-in service');
});

test('a password manager finds the page to change a password', async () => {
  const { page } = await atHome();
  await page.goto(`${new URL(stage.issuer).origin}/.well-known/change-password`);
  await heading(page, 'Change password');
  assert.equal(await page.locator('[autocomplete=username]').inputValue(), USER.login);
  assert.equal(await page.locator('[autocomplete=username]').isVisible(), false);
});

test('the setup link makes the first administrator, once', async () => {
  const { page, complaints } = await open(stage.setupPath);
  await heading(page, 'Welcome');
  await page.getByLabel('Username').fill('grace');
  await page.getByLabel('Your name').fill('Grace Hopper');
  await page.getByLabel('Password', { exact: true }).fill('a moth in a relay');
  await page.getByLabel('Password again').fill('a moth in a relay');
  await press(page, 'Create administrator');
  await heading(page, 'Your account');
  await page.getByText('Grace Hopper').waitFor();
  await page.getByText('admin', { exact: true }).waitFor();
  assert.deepEqual(complaints, []);
  await page.goto(`${stage.issuer}${stage.setupPath}`);
  await heading(page, 'This setup link does not work any more');
});
