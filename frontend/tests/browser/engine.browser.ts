import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { axeViolations } from './hands';
import { openHospital, signIn, visit, type Hospital, type Visit } from './hospital';

let hospital: Hospital;
let here: Visit;
beforeAll(async () => {
  hospital = await openHospital('--pace', '1');
});
afterAll(() => hospital.close());
afterEach(async () => {
  await here.context.close();
  expect(here.problems).toEqual([]);
});

async function enter(username: string, { path = '/', locale = 'en-GB' } = {}): Promise<Page> {
  here = await visit(hospital, path, locale);
  await signIn(here.page, username);
  return here.page;
}

const playAway = (page: Page, away: boolean) => page.evaluate((value) => fetch('/api/v1/engine/away/', { method: 'POST', body: JSON.stringify({ away: value }) }).then(() => undefined), away);

describe('the engine page', () => {
  it.each(['en-GB', 'zh-CN'])('is where the operator begins, and keeps nobody out (%s)', async (locale) => {
    const page = await enter('operator', { locale });
    await page.getByTestId('lane').first().waitFor();
    expect(page.url()).toContain('/engine');
    expect(await page.getByTestId('pages').getByRole('link').first().getAttribute('href')).toBe('/engine');
    expect(await page.getByTestId('live').count()).toBe(0);
    expect(await axeViolations(page)).toEqual([]);
  });

  it('moves on by itself, and stands still when held', async () => {
    const page = await enter('operator');
    const progress = page.getByTestId('engine-job').first().getByRole('progressbar');
    const now = () => page.getByTestId('as-of').textContent();
    await progress.waitFor();
    const before = await now();
    await expect.poll(now, { timeout: 8000 }).not.toBe(before);
    await page.keyboard.press('Space');
    await page.locator('[data-held=true]').waitFor();
    await page.waitForTimeout(300);
    const held = await now();
    await page.waitForTimeout(3000);
    expect(await now()).toBe(held);
  });

  it('is gone through with the keyboard, and the sheet names its keys', async () => {
    const page = await enter('operator');
    await page.getByTestId('lane').first().waitFor();
    await page.keyboard.press('Digit5');
    expect(await page.evaluate(() => document.activeElement?.getAttribute('data-testid'))).toBe('panel-models');
    await page.keyboard.press('Shift+Slash');
    const sheet = page.getByRole('dialog');
    await sheet.waitFor();
    expect(await sheet.textContent()).toContain('Go to: models');
    expect(await sheet.textContent()).not.toContain('Accept the finding');
    expect(await axeViolations(page)).toEqual([]);
  });

  it('releases from quarantine by keys, after a question', async () => {
    const page = await enter('operator');
    await page.getByTestId('quarantined').first().waitFor();
    await page.keyboard.press('KeyJ');
    await page.keyboard.press('KeyR');
    await page.getByTestId('release-confirm').waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await page.keyboard.press('Enter');
    await expect.poll(() => page.getByTestId('quarantined').count()).toBe(1);
  });

  it('is calm while the engine or the server is away, and comes back by itself', async () => {
    const page = await enter('operator');
    await page.getByTestId('lane').first().waitFor();
    await playAway(page, true);
    await page.getByTestId('engine-away').waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await playAway(page, false);
    await page.getByTestId('lane').first().waitFor();
    await here.context.route('**/api/v1/engine/', (route) => route.abort('connectionrefused'));
    await page.getByTestId('stale').waitFor();
    expect(await page.getByTestId('lane').count()).toBe(2);
    await here.context.unroute('**/api/v1/engine/');
    await expect.poll(() => page.getByTestId('stale').count(), { timeout: 8000 }).toBe(0);
  });

  it('shows a hospital its own work and the others as a number', async () => {
    const page = await enter('administrator');
    await page.getByTestId('lane').first().waitFor();
    expect(await page.getByTestId('engine-page').textContent()).not.toContain('East County');
    expect(await page.getByTestId('release').count()).toBe(0);
    expect(await axeViolations(page)).toEqual([]);
  });

  it('is no page of a radiologist: there is no way to it, and the server says no', async () => {
    const page = await enter('radiologist');
    await page.getByTestId('worklist-row').first().waitFor();
    expect(await page.getByTestId('pages').count()).toBe(0);
    await page.goto(`${hospital.address}/engine`);
    await page.getByTestId('failure').waitFor();
    expect(await page.getByTestId('failure').textContent()).toContain('Your role does not allow this');
    here.problems.splice(0, Infinity, ...here.problems.filter((one) => !one.includes('403')));
  });

  it('has room on a narrow screen', async () => {
    const page = await enter('operator');
    await page.getByTestId('lane').first().waitFor();
    await page.setViewportSize({ width: 900, height: 700 });
    const width = await page.evaluate(() => [document.documentElement.scrollWidth, document.getElementById('main')?.scrollWidth ?? 0]);
    expect(Math.max(...width)).toBeLessThanOrEqual(900);
  });
});
