import type { Page } from 'playwright-core';
import type { Finding, StudyResults } from '../../src/contract/results';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { axeViolations, brightness, drag, keepContexts, middle } from './hands';
import { look, openHospital, openRow, overlaid, ready, signIn, visit, type Hospital, type Visit } from './hospital';

type Place = NonNullable<Finding['centre_lps_mm']>;
const around = ([x, y, z]: Place, edge: number): Finding['box_lps_mm'] => ({
  corner_lps_mm: [x - edge / 2, y - edge / 2, z - edge / 2],
  edges_lps_mm: [[0, 0, edge], [0, edge, 0], [edge, 0, 0]],
});

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

  it('shows the box of the chosen finding where it lies, without any outline', async () => {
    const page = await enter();
    await page.emulateMedia({ reducedMotion: 'reduce' }); // the ring of a jump has the same colour
    await page.route('**/results/', async (route) => {
      const response = await route.fetch();
      const { results } = (await response.json()) as StudyResults;
      for (const result of results) {
        result.segmentation = null;
        result.findings = result.findings.slice(1, 2).map((finding) => ({ ...finding, segment_value: null, box_lps_mm: around(finding.centre_lps_mm ?? [0, 0, 0], 30) }));
      }
      await route.fulfill({ response, json: { results } });
    });
    await openRow(page, 0);
    const chosen = () =>
      page.getByTestId('overlay-axial').evaluate((canvas: HTMLCanvasElement) => {
        const { data } = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height) ?? { data: [] };
        let count = 0;
        for (let at = 0; at < data.length; at += 4) {
          count += Number(data[at] === 43 && data[at + 1] === 201 && data[at + 2] === 188);
        }
        return count;
      });
    await page.getByTestId('finding').first().waitFor();
    await page.keyboard.press('n');
    await expect.poll(chosen).toBeGreaterThan(100);
    await page.keyboard.press('o');
    await expect.poll(chosen).toBe(0);
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
            left += Number((at / 4) % width < width / 2);
            right += Number((at / 4) % width >= width / 2);
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
    expect(length?.words).toMatch(/^\d+\.\d mm$/);
    await expect.poll(() => page.locator('[data-testid=image-axial] svg text').allTextContents()).toEqual([length?.words]);
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
    try {
      here = await visit(own);
      await signIn(here.page);
      await openRow(here.page, 1);
      await here.page.getByTestId('ai-running').waitFor();
      await overlaid(here.page);
      expect(await here.page.getByTestId('finding').count()).toBe(3);
    } finally {
      await own.close();
    }
  });

  it('says aloud that a study could not be judged', async () => {
    const page = await enter();
    await openRow(page, 3);
    const words = await page.getByTestId('not-evaluable').textContent();
    expect(words).toContain('Slices are missing');
    expect(words).toContain('not a normal result');
    expect(await page.getByTestId('no-findings').count()).toBe(0);
  });

  it('says whose fault a failure is, and leaves the run of another hospital alone', async () => {
    const page = await enter();
    await openRow(page, 6);
    expect(await page.getByTestId('ai-failed').textContent()).toContain('The platform failed');
    expect(await page.getByTestId('run-repeat').count()).toBe(0);
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
    expect(await page.getByText('The graphics card gave up').count()).toBe(1);
    await page.keyboard.press('ArrowDown');
    await expect.poll(() => brightness(page, 'image-axial')).toBeGreaterThan(5);
    here.problems.length = 0;
  });

  it('opens study after study and keeps neither images nor graphics of the last', async () => {
    const page = await enter();
    const warnings: string[] = [];
    page.on('console', (message) => warnings.push(message.text()));
    for (const row of [0, 1, 3, 5, 6, 7, 9, 10]) {
      await openRow(page, row);
      await page.getByTestId('home').click();
    }
    await page.getByTestId('worklist-row').first().waitFor();
    expect(warnings.filter((text) => /WebGL/i.test(text))).toEqual([]);
    await page.requestGC();
    const heapMib = await page.evaluate(() => (performance as unknown as { memory: { usedJSHeapSize: number } }).memory.usedJSHeapSize / 2 ** 20);
    expect(heapMib).toBeLessThan(120);
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
