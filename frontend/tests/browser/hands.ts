/** What the browser tests do to a page, and what they look at. */

import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';

const AXE = readFileSync('node_modules/axe-core/axe.min.js', 'utf8');

/** Rules of WCAG 2 A and AA that the page breaks. */
export async function axeViolations(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    const axe = (window as unknown as { axe: { run: (options: object) => Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> } }).axe;
    const { violations } = await axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] });
    return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 160)}`);
  });
}

/** Middle of an element in page coordinates. */
export async function middle(page: Page, testId: string): Promise<{ x: number; y: number }> {
  const box = await page.getByTestId(testId).boundingBox();
  if (box === null) {
    throw new Error(`${testId} is not on the page`);
  }
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

export async function drag(page: Page, testId: string, from: [number, number], to: [number, number], button: 'left' | 'middle' | 'right' = 'left'): Promise<void> {
  const { x, y } = await middle(page, testId);
  await page.mouse.move(x + from[0], y + from[1]);
  await page.mouse.down({ button });
  await page.mouse.move(x + (from[0] + to[0]) / 2, y + (from[1] + to[1]) / 2);
  await page.mouse.move(x + to[0], y + to[1]);
  await page.mouse.up({ button });
}

/** Remember every WebGL context of the page, so that a test can take them away. */
export function keepContexts(): void {
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
export const brightness = (page: Page, testId: string): Promise<number> =>
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
