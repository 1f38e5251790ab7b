import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { axeViolations } from './hands';
import { openHospital, openRow, signIn, visit, type Hospital, type Visit } from './hospital';

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

async function enter(username: string, path: string, locale = 'en-GB'): Promise<Page> {
  here = await visit(hospital, path, locale);
  await signIn(here.page, username);
  return here.page;
}

const choose = (page: Page, name: string, bytes: string) =>
  page.getByTestId('file').setInputFiles({ name, mimeType: 'application/octet-stream', buffer: Buffer.from(bytes) });

describe('the plug-ins page', () => {
  it.each(['en-GB', 'zh-CN'])('keeps nobody out, on any of its tabs (%s)', async (locale) => {
    const page = await enter('administrator', '/plugins', locale);
    await page.getByTestId('select-plugin').nth(1).click();
    for (const tab of ['evidence', 'card', 'papers', 'history']) {
      await page.getByTestId(`tab-${tab}`).click();
      expect(await axeViolations(page)).toEqual([]);
    }
    await page.getByTestId('move-roll-back').click();
    await page.getByTestId('move-confirm').waitFor();
    expect(await axeViolations(page)).toEqual([]);
  });

  it('shows a refused package with the offending place, and takes a good one in', async () => {
    const page = await enter('administrator', '/plugins');
    await page.getByTestId('plugin-row').first().waitFor();
    await page.keyboard.press('i');
    await choose(page, 'spoiled.allward', 'bad bytes');
    await page.getByTestId('import-refused').waitFor();
    expect(await page.getByTestId('fault').allTextContents()).toContainEqual(expect.stringContaining('stages.0.input.window'));
    expect(await axeViolations(page)).toEqual([]);
    await choose(page, 'liver-ct-1.2.0.allward', 'good bytes');
    await page.getByText('Install it in a department next').waitFor();
    await expect.poll(() => page.getByTestId('plugin-panel').textContent()).toContain('1.2.0');
    here.problems.splice(0, Infinity, ...here.problems.filter((one) => !one.includes('400')));
  });

  it('takes a file that is dropped, too', async () => {
    const page = await enter('administrator', '/plugins');
    await page.getByTestId('import').click();
    const transfer = await page.evaluateHandle(() => {
      const held = new DataTransfer();
      held.items.add(new File(['good bytes'], 'liver-ct-1.2.0.allward'));
      return held;
    });
    await page.getByTestId('drop').dispatchEvent('drop', { dataTransfer: transfer });
    await page.getByText('Install it in a department next').waitFor();
  });

  it('leads a version from installed to enabled and back, by keys and questions', async () => {
    const page = await enter('administrator', '/plugins');
    await page.locator('[data-plugin="cn.central-hospital.kidney"] [data-testid=select-plugin]').click();
    await page.getByTestId('install').click();
    await page.getByTestId('install-confirm').click();
    await page.getByTestId('move-enable').click();
    expect(await page.getByTestId('happens').textContent()).toContain('Imaging research');
    await page.keyboard.press('Enter');
    await page.locator('[data-testid=installation][data-state=enabled]').waitFor();
    await page.getByTestId('move-yank').click();
    await page.getByTestId('reason').fill('wrong on thin slices');
    await page.getByTestId('move-confirm').click();
    await page.getByTestId('yanked').waitFor();
    expect(await page.getByTestId('yanked').textContent()).toContain('wrong on thin slices');
  });

  it('has room on a narrow screen', async () => {
    const page = await enter('administrator', '/plugins');
    await page.getByTestId('plugin-panel').waitFor();
    await page.setViewportSize({ width: 900, height: 700 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(900);
  });
});

describe('the rules page', () => {
  it.each(['en-GB', 'zh-CN'])('keeps nobody out, in words, as a form and after a dry run (%s)', async (locale) => {
    const page = await enter('administrator', '/rules', locale);
    await page.getByTestId('rule-row').first().waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('d');
    await page.getByTestId('dry-run-done').waitFor();
    await page.getByTestId('clause').first().locator('summary').click();
    expect(await axeViolations(page)).toEqual([]);
    await page.getByTestId('rule-edit').click();
    await page.getByTestId('rule-form').waitFor();
    expect(await axeViolations(page)).toEqual([]);
  });

  it('adds a rule, with what was typed and not yet confirmed, and finds it by its words', async () => {
    const page = await enter('administrator', '/rules');
    await page.getByTestId('rule-row').first().waitFor();
    await page.keyboard.press('n');
    await page.getByTestId('field-name').fill('Night shift');
    await page.getByTestId('field-calling_ae_titles').fill('CT_NIGHT');
    await page.getByTestId('field-from_time').fill('20:00');
    await page.getByTestId('field-until_time').fill('07:00');
    await page.getByText('Over midnight.').waitFor();
    await page.getByTestId('rule-save').click();
    await page.getByTestId('rule-panel').waitFor();
    await expect.poll(() => page.getByTestId('rule-panel').textContent()).toContain('between 20:00 and 07:00');
    await page.getByTestId('search').fill('ct_night');
    await expect.poll(() => page.getByTestId('rule-row').count()).toBe(1);
    await page.keyboard.press('Enter');
    await page.getByTestId('rule-delete').click();
    await page.getByTestId('rule-confirm').click();
    await page.getByTestId('empty').waitFor();
  });

  it('is no page of a radiologist: the server says no', async () => {
    const page = await enter('radiologist', '/rules');
    await page.getByTestId('failure').waitFor();
    here.problems.splice(0, Infinity, ...here.problems.filter((one) => !one.includes('403')));
  });
});

describe('every result', () => {
  it('is one click away from its model card, in the reader’s language', async () => {
    const page = await enter('radiologist', '/', 'zh-CN');
    await page.getByTestId('worklist-row').first().waitFor();
    await openRow(page, 0);
    await page.getByTestId('finding').first().getByTestId('open-model-card').click();
    const card = page.getByRole('dialog');
    await card.getByTestId('markdown').waitFor();
    expect(await card.getByTestId('card-ruo').textContent()).toBe('仅供科研');
    expect(await card.locator('h3').first().textContent()).toBe('CT 肝脏与肝脏病灶分割');
    expect(await axeViolations(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByTestId('model-card-of').click();
    await card.getByRole('link').click();
    await page.getByTestId('plugin-panel').waitFor();
    await expect.poll(() => page.getByTestId('plugin-panel').textContent()).toContain('1.0.0');
    expect(await page.getByTestId('move-enable').count()).toBe(0);
  });
});
