/** Pictures of every page for looking at: node dev/shots.mjs FOLDER [ADDRESS]. The development server must run. */

import path from 'node:path';
import { chromium } from 'playwright-core';

const [folder = '/tmp/allward-shots', address = 'http://127.0.0.1:5180'] = process.argv.slice(2);
const FLAGS = ['--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', headless: true, args: FLAGS });

async function fresh(locale) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale });
  const page = await context.newPage();
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && console.log(`[${locale}] ${message.type()}: ${message.text()}`));
  page.on('pageerror', (failure) => console.log(`[${locale}] crashed: ${failure.stack}`));
  const shot = (name) => page.screenshot({ path: path.join(folder, `${name}-${locale.slice(0, 2)}.png`) });
  return { page, shot };
}

async function signIn(page, username = 'radiologist', password = 'allward') {
  await page.getByTestId('username').fill(username);
  await page.getByTestId('password').fill(password);
  await page.getByTestId('sign-in').click();
}

async function openFirst(page) {
  page.locator('[data-first-image=true]').waitFor().then(() => console.log(`first image after ${Date.now() - started} ms`));
  const started = Date.now();
  await page.getByTestId('worklist-row').first().getByTestId('open-study').click();
  await page.locator('[data-viewer-ready=true][data-overlay-ready=true]').waitFor({ timeout: 60_000 });
}

for (const locale of ['zh-CN', 'en-GB']) {
  const { page, shot } = await fresh(locale);
  await page.goto(address);
  await page.getByTestId('username').waitFor();
  await shot('login');
  await signIn(page, 'radiologist', 'wrong');
  await page.getByTestId('login-error').waitFor();
  await shot('login-wrong');
  await signIn(page);
  await page.getByTestId('worklist-row').first().waitFor();
  await page.waitForTimeout(400);
  await shot('worklist');
  const started = Date.now();
  await openFirst(page);
  console.log(`viewer ready after ${Date.now() - started} ms`);
  await shot('viewer');
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await page.waitForTimeout(900);
  await shot('viewer-lesion');
  await page.keyboard.press('a');
  await page.getByTestId('review-toast').waitFor();
  await shot('viewer-accepted');
  await page.keyboard.press('Control+z');
  console.log(JSON.stringify(await page.evaluate(() => window.__allward)));
  await page.keyboard.press('Shift+Slash');
  await page.waitForTimeout(300);
  await shot('keys');
  await page.keyboard.press('Escape');
  await page.keyboard.press('n');
  await page.keyboard.press('x');
  await page.waitForTimeout(300);
  await shot('viewer-reject');
  await page.keyboard.press('Escape');
  await page.keyboard.press('f');
  await page.waitForTimeout(500);
  await shot('viewer-maximised');
  await page.keyboard.press('f');
  await page.getByTestId('series').nth(1).click();
  await page.locator('[data-viewer-ready=true]').waitFor();
  await page.waitForTimeout(600);
  await shot('viewer-single');
  for (const [row, name] of [[1, 'running'], [3, 'not-evaluable'], [5, 'none'], [6, 'failed'], [7, 'phantom']]) {
    await page.getByTestId('home').click();
    await page.getByTestId('worklist-row').nth(row).getByTestId('open-study').click();
    await page.locator('[data-viewer-ready=true]').waitFor();
    await page.waitForTimeout(500);
    await shot(`viewer-${name}`);
  }
  await page.getByTestId('home').click();
  await page.context().setOffline(true);
  await page.getByTestId('search').fill('zhang');
  await page.waitForTimeout(5000);
  await shot('worklist-offline');
  await page.context().close();
}
await browser.close();
