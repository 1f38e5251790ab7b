import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { look, openHospital, openRow, overlaid, ready, signIn, visit, type Hospital, type Visit } from './hospital';

const AXE = readFileSync('node_modules/axe-core/axe.min.js', 'utf8');
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

async function enter(path = '/', locale = 'en-GB', density = 1): Promise<Page> {
  here = await visit(hospital, path, locale, density);
  await signIn(here.page);
  return here.page;
}

/** Rules of WCAG 2 A and AA that the page breaks. */
async function axeViolations(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    const axe = (window as unknown as { axe: { run: (options: object) => Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> } }).axe;
    const { violations } = await axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] });
    return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 160)}`);
  });
}

/** Middle of an element in page coordinates. */
async function middle(page: Page, testId: string): Promise<{ x: number; y: number }> {
  const box = await page.getByTestId(testId).boundingBox();
  if (box === null) {
    throw new Error(`${testId} is not on the page`);
  }
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

async function drag(page: Page, testId: string, from: [number, number], to: [number, number], button: 'left' | 'middle' | 'right' = 'left'): Promise<void> {
  const { x, y } = await middle(page, testId);
  await page.mouse.move(x + from[0], y + from[1]);
  await page.mouse.down({ button });
  await page.mouse.move(x + (from[0] + to[0]) / 2, y + (from[1] + to[1]) / 2);
  await page.mouse.move(x + to[0], y + to[1]);
  await page.mouse.up({ button });
}

/** Remember every WebGL context of the page, so that a test can take them away. */
function keepContexts(): void {
  const kept: (WebGLRenderingContext | WebGL2RenderingContext)[] = [];
  for (const type of [HTMLCanvasElement, OffscreenCanvas]) {
    const original = type.prototype.getContext as (...given: unknown[]) => unknown;
    type.prototype.getContext = function (this: unknown, ...given: unknown[]) {
      const context = original.apply(this, given);
      if (context instanceof WebGL2RenderingContext || context instanceof WebGLRenderingContext) {
        kept.push(context);
      }
      return context;
    } as never;
  }
  Object.assign(window, { loseContexts: () => kept.forEach((context) => context.getExtension('WEBGL_lose_context')?.loseContext()) });
}

/** Mean grey (0 to 255) of what is drawn inside an element. */
const brightness = (page: Page, testId: string): Promise<number> =>
  page.getByTestId(testId).evaluate((element: HTMLElement) => {
    const sum = document.createElement('canvas');
    sum.width = 64;
    sum.height = 64;
    const context = sum.getContext('2d');
    for (const canvas of element.querySelectorAll('canvas')) {
      if (canvas.width > 0 && getComputedStyle(canvas).display !== 'none') {
        context?.drawImage(canvas, 0, 0, 64, 64);
      }
    }
    const { data } = context?.getImageData(0, 0, 64, 64) ?? { data: [] };
    let total = 0;
    for (let at = 0; at < data.length; at += 4) {
      total += data[at] ?? 0;
    }
    return total / (64 * 64);
  });

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
    await expect.poll(() => page.getByTestId('worklist-row').count()).toBe(11);
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

describe('the viewer', () => {
  it('walks from the list to an accepted finding without a mouse', async () => {
    const page = await enter();
    await page.getByTestId('worklist-row').first().waitFor();
    await page.keyboard.press('Enter');
    await ready(page);
    await overlaid(page);
    await page.keyboard.press('n');
    await page.keyboard.press('n');
    const { selectedFindingId, pointLpsMm, slices } = await look(page);
    const card = page.locator(`[data-finding="${selectedFindingId}"]`);
    expect(await card.textContent()).toContain('Liver lesion 1');
    expect(pointLpsMm[2]).toBeCloseTo(-170, 0);
    expect(slices.axial.index).toBe(33);
    await page.keyboard.press('a');
    await expect.poll(() => card.getAttribute('data-review')).toBe('accepted');
    await page.getByTestId('undo').click();
    await expect.poll(() => card.getAttribute('data-review')).toBe('unreviewed');
    await page.keyboard.press('x');
    await page.getByTestId('reason-wrong_boundary').click();
    await expect.poll(() => card.getAttribute('data-review')).toBe('rejected');
    expect(await card.textContent()).toContain('Wrong boundary');
    await page.keyboard.press('Control+z');
    await expect.poll(() => card.getAttribute('data-review')).toBe('unreviewed');
    expect(await axeViolations(page)).toEqual([]);
  });

  it('shows the patient as radiologists look, with colour over the liver', async () => {
    const page = await enter();
    await openRow(page, 0);
    await overlaid(page);
    expect(await page.getByTestId('letter-left-axial').textContent()).toBe('R');
    expect(await page.getByTestId('letter-left-sagittal').textContent()).toBe('A');
    expect(await page.getByTestId('letter-left-coronal').textContent()).toBe('R');
    const coloured = () =>
      page.getByTestId('overlay-axial').evaluate((canvas: HTMLCanvasElement) => {
        const { data, width } = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height) ?? { data: [], width: 1 };
        let left = 0;
        let right = 0;
        for (let at = 0; at < data.length; at += 4) {
          const isLiver = (data[at] ?? 0) > (data[at + 2] ?? 0) + 30 && (data[at + 3] ?? 0) > 20 && (data[at + 3] ?? 0) < 120;
          if (isLiver) {
            (at / 4) % width < width / 2 ? (left += 1) : (right += 1);
          }
        }
        return { left, right };
      });
    const { left, right } = await coloured();
    expect(left).toBeGreaterThan(2000);
    expect(left).toBeGreaterThan(right * 2);
    await page.keyboard.press('o');
    expect((await coloured()).left).toBe(0);
    await page.keyboard.press('o');
    await page.keyboard.down('o');
    await page.waitForTimeout(400);
    expect((await look(page)).isOverlayShown).toBe(false);
    await page.keyboard.up('o');
    expect((await look(page)).isOverlayShown).toBe(true);
  });

  it('scrolls, windows, zooms, measures and points', async () => {
    const page = await enter();
    await openRow(page, 0);
    const start = await look(page);
    const centre = await middle(page, 'image-axial');
    await page.mouse.move(centre.x, centre.y);
    await page.mouse.wheel(0, 100);
    await expect.poll(async () => (await look(page)).slices.axial.index).toBe(start.slices.axial.index + 1);
    await page.keyboard.press('ArrowUp');
    await expect.poll(async () => (await look(page)).slices.axial.index).toBe(start.slices.axial.index);
    await page.keyboard.press('Home');
    await expect.poll(async () => (await look(page)).slices.axial.index).toBe(0);
    await page.keyboard.press('2');
    expect((await look(page)).window).toEqual({ center: -600, width: 1500 });
    await drag(page, 'image-axial', [0, 0], [60, 30]);
    expect((await look(page)).window).not.toEqual({ center: -600, width: 1500 });
    await page.keyboard.press('m');
    await drag(page, 'image-axial', [-60, -40], [60, -40]);
    await expect.poll(async () => (await look(page)).measurements.length).toBe(1);
    const [length] = (await look(page)).measurements;
    expect(length?.lengthMm).toBeGreaterThan(20);
    await page.keyboard.press('Backspace');
    await expect.poll(async () => (await look(page)).measurements.length).toBe(0);
    await page.keyboard.press('t');
    await drag(page, 'image-axial', [0, 0], [50, 20]);
    const pointed = await look(page);
    expect(pointed.slices.sagittal.index).not.toBe(start.slices.sagittal.index);
    expect(pointed.slices.coronal.index).not.toBe(start.slices.coronal.index);
    expect(pointed.slices.axial.index).toBe(0);
    await drag(page, 'image-axial', [0, 0], [0, 40], 'right');
    await page.keyboard.press('Space');
    expect((await look(page)).window).toEqual({ center: 40, width: 400 });
    await page.keyboard.press('f');
    await expect.poll(() => page.getByTestId('view-coronal').isHidden()).toBe(true);
    await page.keyboard.press('f');
    await expect.poll(() => page.getByTestId('view-coronal').isVisible()).toBe(true);
  });

  it('puts point, label and image together on a dense screen too', async () => {
    const page = await enter('/', 'en-GB', 2);
    await openRow(page, 0);
    await overlaid(page);
    await page.getByTestId('finding').nth(1).getByRole('button').first().click();
    expect((await look(page)).pointLpsMm[0]).toBeCloseTo(-78, -0.5);
  });

  it('shows images while the AI runs, and its result as soon as it is there, without a click', async () => {
    const own = await openHospital('--pace', '0.6');
    here = await visit(own);
    await signIn(here.page);
    await openRow(here.page, 1);
    await here.page.getByTestId('ai-running').waitFor();
    await overlaid(here.page);
    expect(await here.page.getByTestId('finding').count()).toBe(3);
    await own.close();
  });

  it('says aloud that a study could not be judged', async () => {
    const page = await enter();
    await openRow(page, 3);
    const words = await page.getByTestId('not-evaluable').textContent();
    expect(words).toContain('Slices are missing');
    expect(words).toContain('not a normal result');
    expect(await page.getByTestId('no-findings').count()).toBe(0);
  });

  it('says whose fault a failure is', async () => {
    const page = await enter();
    await openRow(page, 6);
    expect(await page.getByTestId('ai-failed').textContent()).toContain('The platform broke');
  });

  it('shows single images where a series is no volume, and comes back', async () => {
    const page = await enter();
    await openRow(page, 0);
    await page.getByTestId('series').nth(1).click();
    await expect.poll(() => page.getByTestId('view-sagittal').isHidden()).toBe(true);
    await ready(page);
    await expect.poll(() => page.getByTestId('slice-axial').textContent()).toContain('/ 2');
    await page.getByTestId('series').nth(0).click();
    await expect.poll(() => page.getByTestId('slice-axial').textContent()).toContain('/ 64');
    await ready(page);
  });

  it('says what is wrong when images cannot be fetched, and goes on after one click', async () => {
    const page = await enter();
    await page.getByTestId('worklist-row').first().waitFor();
    await here.context.route('**/frames/*', (route) => route.fulfill({ status: 500 }));
    await page.keyboard.press('Enter');
    await page.getByTestId('failure').waitFor();
    await here.context.unroute('**/frames/*');
    await page.getByTestId('retry').click();
    await ready(page);
    here.problems.length = 0;
  });

  it('draws with the graphics library too, and goes on without it when that gives up', async () => {
    here = await visit(hospital);
    const { page } = here;
    await page.addInitScript(keepContexts);
    await page.goto(`${hospital.address}/v/7d3c5c52-6a14-4c7e-8a7e-000000000001?backend=gpu`);
    await signIn(page);
    await ready(page);
    expect((await look(page)).backend).toBe('gpu');
    expect(await brightness(page, 'image-axial')).toBeGreaterThan(5);
    await page.evaluate(() => (window as unknown as { loseContexts: () => void }).loseContexts());
    await expect.poll(async () => (await look(page)).backend).toBe('cpu');
    await page.getByText('The graphics card gave up').waitFor();
    await page.keyboard.press('ArrowDown');
    await expect.poll(() => brightness(page, 'image-axial')).toBeGreaterThan(5);
    here.problems.length = 0;
  });

  it('opens a shared link on its finding', async () => {
    const page = await enter('/v/7d3c5c52-6a14-4c7e-8a7e-000000000001?f=e0000002-0000-4000-8000-000000000001');
    await overlaid(page);
    await expect.poll(async () => (await look(page)).selectedFindingId).toBe('e0000002-0000-4000-8000-000000000001');
    await expect.poll(async () => Math.round((await look(page)).pointLpsMm[2])).toBe(-120);
  });

  it('says that a study is not there', async () => {
    const page = await enter('/v/00000000-0000-0000-0000-000000000000');
    expect(await page.getByTestId('failure').textContent()).toContain('no such study');
    here.problems.length = 0;
  });
});
