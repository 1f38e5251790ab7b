import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { axeViolations, brightness, drag } from './hands';
import { look, openHospital, overlaid, ready, signIn, visit, type Hospital, type Visit } from './hospital';

const CHEST = '/v/7d3c5c52-6a14-4c7e-8a7e-0000000000c1';

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

async function enter(locale = 'en-GB'): Promise<Page> {
  here = await visit(hospital, CHEST, locale);
  await signIn(here.page);
  await ready(here.page);
  await overlaid(here.page);
  return here.page;
}

interface Room {
  layout: string;
  slabMm: number | null;
  prior: { index: number; count: number } | null;
  jumps: number;
  jumpedMs: number | null;
}
const room = async (page: Page): Promise<Room> => (await look(page)) as unknown as Room;
const card = (page: Page, at: number) => page.getByTestId('finding').nth(at);

/** Mean brightness of a crop: black means that nothing was cut out. */
const cropBrightness = (page: Page, at: number) =>
  card(page, at)
    .getByTestId('crop')
    .evaluate((canvas: HTMLCanvasElement) => {
      const data = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
      let sum = 0;
      for (let pixel = 0; pixel < data.length; pixel += 4) {
        sum += data[pixel] ?? 0;
      }
      return sum / (data.length / 4);
    });

describe('the reading room of lung nodules', () => {
  it('names every nodule, cuts it out, and jumps to it on a click', async () => {
    const page = await enter();
    expect(await page.getByTestId('nodule-name').allTextContents()).toEqual(['RUL nodule 14 mm', 'LLL nodule 18 mm', 'RLL nodule 9 mm', 'Left lung nodule 5 mm', 'Right lung nodule 8 mm']);
    expect(await card(page, 0).getByTestId('nodule-size').textContent()).toBe('14.1 × 11.2 mm');
    expect(await card(page, 0).getByTestId('nodule-change').textContent()).toContain('growing +3.7 mm');
    await expect.poll(() => cropBrightness(page, 0)).toBeGreaterThan(20);
    const took: number[] = [];
    for (const at of [1, 2, 0, 1, 0]) {
      const { jumps } = await room(page);
      await card(page, at).getByRole('button').first().click();
      await expect.poll(async () => (await room(page)).jumps).toBe(jumps + 1);
      took.push((await room(page)).jumpedMs ?? NaN);
    }
    console.log(`click to all planes drawn, ms: ${took.map(Math.round).join(', ')}`);
    expect((await look(page)).pointLpsMm[0]).toBeCloseTo(-84, -0.5);
    expect(await axeViolations(page)).toEqual([]);
  });

  it('shows the brightest of a slab, and the slices again', async () => {
    const page = await enter();
    const before = await brightness(page, 'image-axial');
    await page.keyboard.press('s');
    await expect.poll(async () => (await room(page)).slabMm).toBe(10);
    await page.getByTestId('slab-thickness').selectOption('30');
    await expect.poll(() => brightness(page, 'image-axial')).toBeGreaterThan(before);
    await page.keyboard.press('s');
    await expect.poll(async () => (await room(page)).slabMm).toBe(null);
  });

  it('comes back from one plane with pictures in all three', async () => {
    const page = await enter();
    await page.keyboard.press('f');
    await page.keyboard.press('j');
    await expect.poll(() => page.getByTestId('view-coronal').isHidden()).toBe(true);
    await page.keyboard.press('f');
    await expect.poll(() => brightness(page, 'image-coronal')).toBeGreaterThan(5);
    await expect.poll(() => brightness(page, 'image-sagittal')).toBeGreaterThan(5);
  });

  it('puts the prior beside the study and scrolls both at the chosen finding', async () => {
    const page = await enter();
    await page.keyboard.press('j');
    await page.keyboard.press('.');
    await expect.poll(async () => (await room(page)).prior?.count).toBe(132);
    const together = async (): Promise<number> => {
      const { prior } = await room(page);
      return (await look(page)).slices.axial.index - (prior?.index ?? NaN);
    };
    // The table stood 6 mm lower then: three slices of 2 mm.
    await expect.poll(together).toBe(3);
    // A chest lies in the air of the scanner: most of the pane is dark, once the images have come.
    await expect.poll(() => brightness(page, 'image-prior')).toBeLessThan(1.3 * (await brightness(page, 'image-axial')));
    expect(await brightness(page, 'image-prior')).toBeGreaterThan(0.7 * (await brightness(page, 'image-axial')));
    expect(await page.getByTestId('prior-link').textContent()).toBe('linked at the chosen finding');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await expect.poll(together).toBe(3);
    await page.keyboard.press('.');
    await expect.poll(async () => (await room(page)).prior).toBe(null);
  });

  it('accepts all only after each was looked at', async () => {
    const page = await enter('zh-CN');
    await page.getByTestId('accept-all').waitFor();
    expect(await page.getByTestId('accept-all').isDisabled()).toBe(true);
    const count = await page.getByTestId('finding').count();
    for (let at = 0; at < count; at += 1) {
      await page.keyboard.press('j');
      await card(page, at).locator('[data-testid=nodule-state]').waitFor();
    }
    await expect.poll(() => page.getByTestId('accept-all').isEnabled()).toBe(true);
    expect(await page.getByTestId('unseen').count()).toBe(0);
  });

  it('measures by the ends of lines, keeps it, and takes it back', async () => {
    const page = await enter();
    await page.keyboard.press('j');
    await page.keyboard.press('e');
    await page.getByTestId('edit-bar').waitFor();
    expect(await page.getByTestId('edit-hint').textContent()).toMatch(/^1[234]\.\d × \d+(\.\d)? mm$/);
    await page.keyboard.press('Enter');
    await expect.poll(() => card(page, 0).getByTestId('nodule-size').textContent()).not.toBe('14.1 × 11.2 mm');
    await page.keyboard.press('Control+z');
    await expect.poll(() => card(page, 0).getByTestId('nodule-size').textContent()).toBe('14.1 × 11.2 mm');
    await page.keyboard.press('b');
    await expect.poll(() => page.getByTestId('edit-bar').getAttribute('data-kind')).toBe('brush');
    await drag(page, 'image-axial', [-80, -20], [-60, -10]);
    await page.keyboard.press('Escape');
    await expect.poll(() => page.getByTestId('edit-bar').count()).toBe(0);
    await overlaid(page);
  });

  it('adds what was missed by a click, from the tool in the bar', async () => {
    const page = await enter();
    const before = await page.getByTestId('finding').count();
    await page.getByTestId('tool-add').click();
    await expect.poll(() => page.getByTestId('edit-bar').getAttribute('data-kind')).toBe('add');
    expect(await axeViolations(page)).toEqual([]);
    await page.getByTestId('image-axial').click();
    await expect.poll(() => page.getByTestId('finding').count()).toBe(before + 1);
    await page.keyboard.press('Control+z');
    await expect.poll(() => page.getByTestId('finding').count()).toBe(before);
  });

  it.each(['axial', 'sagittal', 'coronal'])('adds what was missed by the outline that is painted in the %s plane', async (plane) => {
    const page = await enter();
    const sent = page.waitForRequest((request) => request.method() === 'POST' && request.url().endsWith('/corrections/'));
    const before = await page.getByTestId('finding').count();
    await page.keyboard.press('Shift+Q');
    await expect.poll(() => page.getByTestId('edit-bar').getAttribute('data-kind')).toBe('add_outline');
    await drag(page, `image-${plane}`, [-10, -10], [10, 10]);
    await page.keyboard.press('Enter');
    await expect.poll(() => page.getByTestId('finding').count()).toBe(before + 1);
    const { kind, shape_kji: shape } = (await sent).postDataJSON() as { kind: string; shape_kji: [number, number, number] };
    expect(kind).toBe('add_outline');
    // One voxel thin across the plane, more than that along it.
    expect(shape[{ axial: 0, sagittal: 2, coronal: 1 }[plane] ?? 0]).toBe(1);
    expect(Math.max(...shape)).toBeGreaterThan(3);
    await page.keyboard.press('Control+z');
    await expect.poll(() => page.getByTestId('finding').count()).toBe(before);
  });

  it('advises on what was accepted alone, and writes the report', async () => {
    const page = await enter();
    await page.getByTestId('tab-advice').click();
    await page.getByTestId('not-counted').waitFor();
    await page.getByTestId('tab-findings').click();
    await page.keyboard.press('j');
    await page.keyboard.press('a');
    await expect.poll(() => card(page, 0).getAttribute('data-review')).toBe('accepted');
    await page.keyboard.press('g');
    await expect.poll(() => page.getByTestId('category').first().textContent()).toBe('4BS');
    expect(await page.getByTestId('rule-id').allTextContents()).toEqual(['LR22-S', 'LR22-4B-SOLID-NEW-OR-GROWING']);
    expect(await axeViolations(page)).toEqual([]);
    await page.keyboard.press('g');
    await page.getByTestId('report-begin').click();
    await page.getByTestId('report').waitFor();
    await page.getByTestId('section-impression').locator('textarea').first().fill('A solid nodule that has grown.');
    await expect.poll(() => page.getByTestId('report-saving').textContent(), { timeout: 20_000 }).toBe('Saved by itself');
    await page.getByTestId('critical-recipient').fill('Dr Wang');
    await page.getByTestId('critical-tell').click();
    await expect.poll(() => page.getByTestId('critical-notice').getAttribute('data-state')).toBe('told');
    expect(await axeViolations(page)).toEqual([]);
  });
});
