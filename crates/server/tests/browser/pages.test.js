// Every page, light and dark: accessible, readable at 320 px, nothing blocked by its own policy.
// KEYWRIGHT_SCREENSHOTS=1 keeps what was seen in docs/screenshots.

import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import axe from 'axe-core';

import { authorizeUrl, SHOP } from './keywright.js';
import { press, raise, signIn, visit } from './stage.js';

const SCREENSHOTS = fileURLToPath(new URL('../../../../docs/screenshots/', import.meta.url));
const PHONE = { width: 320, height: 640 };
/** Of these the narrow view is kept too. */
const NARROW = ['login', 'consent', 'account'];
const DESKTOP = { width: 880, height: 660 };

let stage;

before(async () => { stage = await raise(); });
after(() => stage?.stop());

const ask = (more) => authorizeUrl(stage.issuer, SHOP, SHOP.redirect, more);
const heading = (page, name) => page.getByRole('heading', { level: 1, name }).waitFor();

/** How to come to each page, in this order in one browser. */
const WAYS = {
  landing: (page) => page.goto(`${stage.issuer}/`),
  error: (page) => page.goto(authorizeUrl(stage.issuer, SHOP, 'https://elsewhere.example/cb')),
  login: async (page) => {
    await page.goto(ask({ scope: 'openid profile email offline_access orders:read orders:write', prompt: 'consent' }));
    await heading(page, 'Sign in');
  },
  'login-refused': async (page) => {
    await signIn(page, 'a wrong password');
    await page.getByRole('alert').waitFor();
  },
  consent: async (page) => {
    await signIn(page);
    await heading(page, 'Allow access?');
  },
  'account-select': async (page) => {
    await page.goto(ask({ prompt: 'select_account' }));
    await heading(page, 'Choose an account');
  },
  account: async (page) => {
    await page.goto(ask({ scope: 'openid profile email offline_access orders:read orders:write', prompt: 'consent' }));
    await press(page, 'Allow');
    await page.waitForURL('https://app.example/cb?**');
    await page.goto(`${stage.issuer}/account`);
    await heading(page, 'Your account');
  },
  'account-password': async (page) => {
    await page.goto(`${stage.issuer}/account/password`);
    await heading(page, 'Change password');
  },
  setup: async (page) => {
    await page.goto(`${stage.issuer}${stage.setupPath}`);
    await heading(page, 'Welcome');
  },
  'setup-over': async (page) => {
    await page.goto(`${stage.issuer}/setup/replaced`);
    await heading(page, 'This setup link does not work any more');
  },
  'form-post': async (page) => {
    // Without its script the page stays to be looked at.
    const empty = { contentType: 'text/javascript', body: '' };
    await page.route('**/static/form_post.js', (route) => route.fulfill(empty));
    await page.goto(ask({ response_mode: 'form_post', prompt: 'none', client_id: SHOP.id }));
    await heading(page, 'One more step');
  },
  logout: async (page) => {
    await page.goto(`${stage.issuer}/logout?client_id=${SHOP.id}`);
    await heading(page, 'Sign out?');
  },
  'signed-out': async (page) => {
    await press(page, 'Sign out');
    await heading(page, 'You are signed out');
  },
};

async function look(page, name, scheme) {
  await page.setViewportSize(PHONE);
  const width = await page.evaluate(() => document.scrollingElement.scrollWidth);
  assert.ok(width <= PHONE.width, `${name} scrolls sideways at 320 px: ${width}`);
  if (NARROW.includes(name)) await keep(page, `${name}-${scheme}-320`);
  await page.setViewportSize(DESKTOP);
  const found = await page.evaluate(`${axe.source}; axe.run()`);
  const violations = found.violations.map(({ id, impact, nodes }) => ({
    id,
    impact,
    where: nodes.map(({ target }) => target.join(' ')),
  }));
  assert.deepEqual(violations, [], `${name} in ${scheme}`);
  await keep(page, `${name}-${scheme}`);
}

async function keep(page, name) {
  if (!process.env.KEYWRIGHT_SCREENSHOTS) return;
  await mkdir(SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: `${SCREENSHOTS}${name}.png`, fullPage: true });
}

for (const scheme of ['light', 'dark']) {
  test(`every page is accessible and fits a narrow screen in ${scheme} colours`, async (t) => {
    const visitor = await visit(stage, { colorScheme: scheme, reducedMotion: 'reduce' });
    t.after(() => visitor.close());
    for (const [name, go] of Object.entries(WAYS)) {
      await t.test(name, async () => {
        await go(visitor.page);
        await look(visitor.page, name, scheme);
        const blocked = visitor.complaints.filter((text) => !text.startsWith('Failed to load resource'));
        assert.deepEqual(blocked, []);
      });
    }
  });
}
