import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { axeViolations } from './hands';
import { openHospital, signIn, visit, type Hospital, type Visit } from './hospital';

let hospital: Hospital;
let here: Visit;
beforeAll(async () => {
  hospital = await openHospital('--pace', '0');
});
afterAll(() => hospital.close());
afterEach(async () => {
  await here.context.close();
  expect(here.problems).toEqual([]);
});

async function enter(path: string, locale = 'en-GB', username = 'administrator'): Promise<Page> {
  here = await visit(hospital, path, locale);
  await signIn(here.page, username);
  return here.page;
}

const LANGUAGES = ['en-GB', 'zh-CN'];
const PAGES = [
  ['/report-templates', 'paper', 'administrator'],
  ['/guidelines', 'rule', 'administrator'],
  ['/ris', 'message-row', 'administrator'],
  ['/critical-values?show=all', 'notice-row', 'radiologist'],
] as const;

describe('the pages of reporting', () => {
  it.each(PAGES.flatMap(([path, shown, who]) => LANGUAGES.map((locale) => [path, locale, shown, who] as const)))('%s keeps nobody out and has room at 1280 pixels (%s)', async (path, locale, shown, who) => {
    const page = await enter(path, locale, who);
    await page.getByTestId(shown).first().waitFor();
    expect(await axeViolations(page)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(1280);
  });

  it('a connection is added by keys, stands in the list, and is switched off', async () => {
    const page = await enter('/ris');
    await page.getByTestId('connection-row').first().waitFor();
    await page.keyboard.press('n');
    await page.getByTestId('field-name').fill('RIS of the old building');
    await page.getByTestId('field-host').fill('ris-2.example');
    expect(await axeViolations(page)).toEqual([]);
    await page.keyboard.press('Enter');
    const row = page.getByTestId('connection-row').filter({ hasText: 'ris-2.example:2575' });
    await row.waitFor();
    await row.getByTestId('switch-connection').click();
    await row.getByText('Switched off').waitFor();
  });

  it('a guideline is taken into use, put first, and its rules are found by a word', async () => {
    const page = await enter('/guidelines');
    await page.getByTestId('use').first().click();
    await expect.poll(() => page.getByTestId('in-use').getByRole('listitem').count()).toBe(2);
    await page.getByTestId('earlier').last().click();
    await page.getByTestId('in-use').getByRole('listitem').first().getByText('Fleischner Society 2017').waitFor();
    const whole = await page.getByTestId('rule').count();
    await page.keyboard.press('/');
    await page.keyboard.type('ground-glass');
    await expect.poll(() => page.getByTestId('rule').count()).toBeLessThan(whole);
    expect(await page.getByTestId('rule').count()).toBeGreaterThan(0);
  });

  it('a critical value is told and acknowledged from the list, which the worklist leads to', async () => {
    const page = await enter('/worklist', 'en-GB', 'radiologist');
    await page.getByTestId('critical-link').getByText('2').waitFor();
    await page.getByTestId('critical-link').click();
    const row = page.getByTestId('notice-row').first();
    await row.getByTestId('say').click();
    await page.getByTestId('critical-recipient').fill('Dr Zhao, ward 3');
    expect(await axeViolations(page)).toEqual([]);
    await page.getByTestId('critical-tell').click();
    await row.getByText('Dr Zhao, ward 3').waitFor();
    await row.getByTestId('say').click();
    await page.getByTestId('critical-acknowledge').click();
    await expect.poll(() => page.getByTestId('notice-row').count()).toBe(1);
  });
});
