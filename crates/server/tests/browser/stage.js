// A keywright, its clients and a Chromium; and what a visitor does with them.

import assert from 'node:assert/strict';

import { chromium } from 'playwright-core';

import { startClients } from './clients.js';
import { startKeywright, USER } from './keywright.js';

const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A Chromium with these arguments more. */
export function launch(more = []) {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [...ARGUMENTS, ...more],
  });
}

/** Starts everything; `stop()` ends it. */
export async function raise() {
  const keywright = await startKeywright();
  const clients = await startClients();
  const tls = `127.0.0.1:${clients.tlsPort}`;
  const rules = `--host-resolver-rules=MAP app.example:443 ${tls}, MAP other.example:443 ${tls}`;
  const launching = launch([rules]);
  const stop = async () => {
    clients.stop();
    await keywright.stop();
    await launching.then((browser) => browser.close(), () => {});
  };
  try {
    const { issuer, setupPath } = keywright;
    return { browser: await launching, clients, issuer, setupPath, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * A browser of its own (no cookies), with what its console complained about and every URL that it
 * was sent to.
 */
export async function visit(stage, options = {}) {
  const context = await stage.browser.newContext({ ignoreHTTPSErrors: true, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  const complaints = [];
  const requested = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => requested.push(request.url()));
  return { page, complaints, requested, close: () => context.close() };
}

/** Fills the login form and presses the button. */
export async function signIn(page, password = USER.password) {
  await page.getByLabel('Username').fill(USER.login);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click({ noWaitAfter: true });
}

/** Presses a button without waiting for what it leads to. */
export async function press(page, name) {
  await page.getByRole('button', { name }).click({ noWaitAfter: true });
}

/** Presses the Tab key until the button or link `name` has the focus, and looks that it shows. */
export async function tabTo(page, name) {
  for (let steps = 0; steps < 24; steps += 1) {
    await page.keyboard.press('Tab');
    const focus = await page.evaluate(() => {
      const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
      return { name: document.activeElement.textContent.trim(), outlineStyle, outlineWidth };
    });
    assert.equal(focus.outlineStyle, 'solid', `the focus on ${focus.name} is visible`);
    assert.ok(parseFloat(focus.outlineWidth) >= 2, focus.outlineWidth);
    if (focus.name === name) return;
  }
  assert.fail(`${name} is not reached with the Tab key`);
}
