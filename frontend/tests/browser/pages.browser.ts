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

async function enter(path = '/'): Promise<Page> {
  here = await visit(hospital, path);
  await signIn(here.page);
  return here.page;
}

describe('signing in', () => {
  it('says what is wrong in the chosen language, and remembers that language', async () => {
    here = await visit(hospital, '/', 'zh-CN');
    const { page } = here;
    await signIn(page, 'radiologist', 'wrong');
    await expect.poll(() => page.getByTestId('login-error').textContent()).toContain('用户名或密码错误');
    await signIn(page, 'locked', 'any');
    await expect.poll(() => page.getByTestId('login-error').textContent()).toContain('锁定');
    await page.getByTestId('language').getByText('English').click();
    expect(await page.getByTestId('sign-in').textContent()).toBe('Sign in');
    await page.reload();
    await page.getByTestId('sign-in').waitFor();
    expect(await page.getByTestId('sign-in').textContent()).toBe('Sign in');
    expect(await page.locator('html').getAttribute('lang')).toBe('en');
    expect(await axeViolations(page)).toEqual([]);
  });

  it('says that the server cannot be reached', async () => {
    here = await visit(hospital);
    await here.context.route('**/api/v1/session/', (route) => (route.request().method() === 'POST' ? route.abort('connectionrefused') : route.continue()));
    await signIn(here.page);
    await expect.poll(() => here.page.getByTestId('login-error').textContent()).toContain('cannot be reached');
  });

  it('leads back to where somebody wanted to go, and out again', async () => {
    const page = await enter('/worklist?kept=1');
    await page.getByTestId('worklist-row').first().waitFor();
    await page.getByTestId('account').click();
    await page.getByTestId('sign-out').click();
    await page.getByTestId('username').waitFor();
  });
});

describe('the worklist', () => {
  it('is moved with the keys, searched with /, and deaf while somebody types', async () => {
    const page = await enter();
    await page.getByTestId('worklist-row').first().waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    const chosen = page.locator('[data-testid=worklist-row][aria-selected=true]');
    expect(await chosen.textContent()).toContain('单晓宇');
    await page.keyboard.press('Slash');
    await page.keyboard.type('zhangsan');
    await expect.poll(() => page.getByTestId('worklist-row').count()).toBe(1);
    expect(await page.getByTestId('worklist-row').textContent()).toContain('张三');
    await page.getByTestId('search').fill('nobody at all');
    await page.getByTestId('empty').waitFor();
    await page.getByTestId('empty').getByRole('button').click();
    await expect.poll(() => page.getByTestId('worklist-row').count()).toBe(12);
    expect(await axeViolations(page)).toEqual([]);
  });

  it('shows every state of the AI with its reason', async () => {
    const page = await enter();
    await page.getByTestId('worklist-row').first().waitFor();
    const states = await page.getByTestId('ai-chip').evaluateAll((chips) => chips.map((chip) => (chip as HTMLElement).dataset.state));
    expect(new Set(states)).toEqual(new Set(['completed', 'in_progress', 'not_evaluable', 'none', 'failed', 'scheduled']));
    await page.getByTestId('phantom-banner').waitFor();
    expect(await page.getByTestId('research-only').textContent()).toBe('Research use only');
  });

  it('says so when it cannot be loaded, and comes back with one click', async () => {
    here = await visit(hospital);
    await here.context.route('**/api/v1/worklist/**', (route) => route.abort('connectionrefused'));
    await signIn(here.page);
    await here.page.getByTestId('failure').waitFor({ timeout: 15_000 });
    await here.context.unroute('**/api/v1/worklist/**');
    await here.page.getByTestId('retry').click();
    await here.page.getByTestId('worklist-row').first().waitFor();
  });
});
