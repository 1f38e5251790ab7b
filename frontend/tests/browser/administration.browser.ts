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
const forgive = (part: string): void => void here.problems.splice(0, Infinity, ...here.problems.filter((one) => !one.includes(part)));

const LANGUAGES = ['en-GB', 'zh-CN'];

describe('the tabs of the section', () => {
  it.each(LANGUAGES)('lead to every page with the keyboard alone, and have room at 1280 pixels (%s)', async (locale) => {
    const page = await enter('/plugins', locale);
    const tabs = page.getByTestId('tabs').getByRole('link');
    await tabs.first().waitFor();
    for (const [at, path] of ['/plugins', '/rules', '/acceptance', '/keys', '/entitlements', '/catalogue-policy'].entries()) {
      await tabs.nth(at).focus();
      await page.keyboard.press('Enter');
      await page.waitForURL(`**${path}*`);
      await page.locator(`[data-testid=tabs] [aria-current=page][href="${path}"]`).waitFor();
      expect(await page.getByTestId('pages').locator('[aria-current=true]').count()).toBe(1);
    }
    const ends = await page.evaluate(() => [...document.querySelectorAll('header a, header button, [data-testid=tabs] a')].map((one) => one.getBoundingClientRect().right));
    expect(Math.max(...ends)).toBeLessThanOrEqual(1280);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(1280);
  });

  it('are not there for those who have no other page of it', async () => {
    const page = await enter('/plugins', 'en-GB', 'radiologist');
    await page.getByTestId('plugin-row').first().waitFor();
    expect(await page.getByTestId('tabs').count()).toBe(0);
  });
});

describe('the page of entitlements', () => {
  it.each(LANGUAGES)('keeps nobody out, nor do its dialogues (%s)', async (locale) => {
    const page = await enter('/entitlements', locale);
    await page.getByTestId('token').first().waitFor();
    await page.getByTestId('month').last().waitFor();
    await page.locator('[data-testid=token] summary').first().click();
    expect(await axeViolations(page)).toEqual([]);
    await page.keyboard.press('n');
    await page.getByTestId('token-confirm').waitFor();
    expect(await axeViolations(page)).toEqual([]);
  });

  it('takes in a token from a file', async () => {
    const page = await enter('/entitlements');
    await page.getByTestId('token').first().waitFor();
    const before = await page.getByTestId('token').count();
    await page.getByTestId('add-token').click();
    await page.getByTestId('file').setInputFiles({ name: 'token.json', mimeType: 'application/json', buffer: Buffer.from('{"payload": "eA=="}') });
    await page.getByTestId('token-confirm').click();
    await expect.poll(() => page.getByTestId('token').count()).toBe(before + 1);
  });

  it('lets a month be looked at and saved as a table', async () => {
    const page = await enter('/entitlements');
    await page.locator('[data-month="2026-08"]').click();
    await page.locator('[data-testid=month-table][data-month="2026-08"]').waitFor();
    expect(await page.getByTestId('usage-csv').getAttribute('download')).toBe('usage-2026-08.csv');
  });
});

describe('the page of publisher keys', () => {
  it.each(LANGUAGES)('keeps nobody out, nor do its questions (%s)', async (locale) => {
    const page = await enter('/keys', locale);
    await page.getByTestId('key-row').first().waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await page.getByTestId('select-key').last().click();
    await page.getByTestId('key-revoke').click();
    await page.getByTestId('key-confirm').waitFor();
    expect(await axeViolations(page)).toEqual([]);
  });

  it('saves the public part of the own key as a file', async () => {
    const page = await enter('/keys');
    await page.getByTestId('own-key').first().waitFor();
    const [saved] = await Promise.all([page.waitForEvent('download'), page.getByTestId('download-key').click()]);
    expect(saved.suggestedFilename()).toMatch(/^central-hospital-[0-9a-f]{8}\.json$/);
  });
});

describe('the page of catalogue and policy', () => {
  it.each(LANGUAGES)('keeps nobody out, nor does its question (%s)', async (locale) => {
    const page = await enter('/catalogue-policy', locale);
    await page.getByTestId('entry').first().waitFor();
    await page.getByTestId('sharing-state').waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await page.getByTestId('authority-FDA').click();
    await page.getByTestId('turned-stopped').waitFor();
    expect(await axeViolations(page)).toEqual([]);
  });

  it('follows another catalogue by the bytes of its root.json', async () => {
    const page = await enter('/catalogue-policy');
    await page.getByTestId('another').click();
    await page.getByTestId('location-field').fill('https://other.example.org/catalogue');
    await page.getByTestId('file').setInputFiles({ name: '1.root.json', mimeType: 'application/json', buffer: Buffer.from('{"a":1}\r\n') });
    await page.getByTestId('proposed-fingerprint').getByText('34ca028eb53bbc3ba8f2391662e32c658b6aeb2fb3b47c583cb845c70e01f47e').waitFor();
    await page.getByTestId('compared').check();
    await page.getByTestId('follow-confirm').click();
    await page.getByTestId('location').getByText('https://other.example.org/catalogue').waitFor();
    expect(await page.getByTestId('fingerprint').textContent()).toContain('34ca028e');
  });
});

describe('the page of acceptance', () => {
  it.each(LANGUAGES)('keeps nobody out, on any of its tabs and dialogues (%s)', async (locale) => {
    const page = await enter('/acceptance', locale);
    await page.getByTestId('select-set').last().click();
    await page.getByTestId('report').waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await page.getByTestId('tab-cases').click();
    await page.getByTestId('case').first().waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await page.getByTestId('required').click();
    await page.getByTestId('required-department').first().waitFor();
    expect(await axeViolations(page)).toEqual([]);
  });

  it('leads from a new set to one that runs and is stopped', async () => {
    const page = await enter('/acceptance');
    await page.getByTestId('set').first().waitFor();
    await page.keyboard.press('n');
    await page.getByTestId('field-name').fill('Spleens of spring');
    await page.getByTestId('field-version').click();
    await page.getByRole('option').filter({ hasText: '1.1.0' }).click();
    await page.getByTestId('field-label').click();
    await page.getByRole('option').first().click();
    await page.getByTestId('new-set-confirm').click();
    await page.getByTestId('first-cases').click();
    await page.getByTestId('way-table').click();
    await page.getByTestId('paste').last().fill('series_instance_uid,present\n1.2.840.1,perhaps\n');
    await page.getByTestId('cases-confirm').click();
    await page.getByTestId('cases-refused').waitFor();
    expect(await page.getByTestId('cases-refused').textContent()).toContain('Line 2');
    forgive('400');
    await page.getByTestId('paste').last().fill('series_instance_uid,present\n1.2.840.1,yes\n1.2.840.2,no\n');
    await page.getByTestId('cases-confirm').click();
    await expect.poll(() => page.getByTestId('case').count()).toBe(2);
    await page.getByTestId('set-start').click();
    await page.getByTestId('set-confirm').click();
    await page.getByTestId('progress').waitFor();
    await page.getByTestId('set-cancel').click();
    await page.getByTestId('set-confirm').click();
    await page.locator('[data-testid=set-panel][data-state=canceled]').waitFor();
  });

  it('has room on a narrow screen', async () => {
    const page = await enter('/acceptance');
    await page.getByTestId('select-set').last().click();
    await page.getByTestId('report').waitFor();
    await page.setViewportSize({ width: 900, height: 700 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(900);
  });
});
