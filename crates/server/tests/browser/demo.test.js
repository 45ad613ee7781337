// The demo as a newcomer sees it: from the first page through a login to the logout.
// KEYWRIGHT_SCREENSHOTS=1 keeps what was seen in docs/screenshots.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import axe from 'axe-core';

import { launch, press, visit } from './stage.js';

const SCREENSHOTS = fileURLToPath(new URL('../../../../docs/screenshots/', import.meta.url));
/** Of these a picture is kept. */
const KEPT = ['start-light', 'answer-light', 'tokens-light'];

let demo;
let browser;

before(async () => {
  const child = spawn(process.env.KEYWRIGHT_BIN, ['demo', '--listen', '127.0.0.1:0'], {
    env: { PATH: process.env.PATH },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  demo = { child, ended: new Promise((resolve) => child.once('close', resolve)) };
  const lines = createInterface({ input: child.stderr });
  for await (const line of lines) {
    demo.home ??= line.match(/open (\S+)/)?.[1];
    demo.password ??= line.match(/alice with (\S+),/)?.[1];
    if (demo.home && demo.password) break;
  }
  child.stderr.resume();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  demo.child.kill('SIGTERM');
  await demo.ended;
});

/** Fits a narrow screen and is accessible; some are kept as a picture. */
async function look(page, name) {
  await page.setViewportSize({ width: 320, height: 640 });
  const width = await page.evaluate(() => document.scrollingElement.scrollWidth);
  assert.ok(width <= 320, `${name} scrolls sideways at 320 px: ${width}`);
  await page.setViewportSize({ width: 1000, height: 900 });
  // Without preload: axe would fetch Keywright's style sheet, which is not of this origin.
  const found = await page.evaluate(`${axe.source}; axe.run({ preload: false })`);
  const violations = found.violations.map(({ id, nodes }) => [id, nodes.map(({ target }) => target)]);
  assert.deepEqual(violations, [], name);
  if (process.env.KEYWRIGHT_SCREENSHOTS && KEPT.includes(name)) {
    await page.screenshot({ path: `${SCREENSHOTS}demo-${name}.png` });
  }
}

for (const colorScheme of ['light', 'dark']) {
  test(`a newcomer clicks through the demo in ${colorScheme} colours`, async (t) => {
    const { page, complaints, close } = await visit({ browser }, { colorScheme, reducedMotion: 'reduce' });
    t.after(close);
    const heading = (name) => page.getByRole('heading', { level: 1, name }).waitFor();
    const follow = (name) => page.getByRole('link', { name }).click();
    await page.goto(demo.home);
    await look(page, `start-${colorScheme}`);
    await press(page, 'Begin');
    await heading('Ask Keywright who the user is');
    await look(page, `request-${colorScheme}`);
    await follow('Go to Keywright');
    await page.getByLabel('Username').fill('alice');
    await page.getByLabel('Password').fill(demo.password);
    await press(page, 'Sign in');
    if (colorScheme === 'light') await press(page, 'Allow');
    await heading('Keywright sent a code');
    await look(page, `answer-${colorScheme}`);
    await press(page, 'Exchange the code');
    await heading('Alice Example is logged in');
    for (const [button, seen] of [
      ['Ask UserInfo', '"email": "alice@example.com"'],
      ['Call it with a forged token', 'its signature does not fit'],
      ['Call the API', 'Call the keywright'],
    ]) {
      await press(page, button);
      await page.getByText(seen).first().waitFor();
    }
    await page.goto(`${demo.home}tokens`);
    await look(page, `tokens-${colorScheme}`);
    await follow('Log out');
    await heading('Ask Keywright to log the user out');
    await follow('Go to Keywright');
    await heading('You are logged out');
    await look(page, `goodbye-${colorScheme}`);
    assert.deepEqual(complaints, []);
  });
}
