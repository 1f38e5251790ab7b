import { ESLint } from 'eslint';
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { MAY_IMPORT } from '../borders.js';

const ROOT = new URL('..', import.meta.url).pathname;
const eslint = new ESLint({ cwd: ROOT });

/** Rules that a file of this content, at this place, breaks. */
async function broken(filePath: string, source: string): Promise<string[]> {
  const [result] = await eslint.lintText(source, { filePath: `${ROOT}${filePath}` });
  return result?.messages.map(({ ruleId, message }) => ruleId ?? message) ?? [];
}

const IMPORTS = '@typescript-eslint/no-restricted-imports';

describe('borders', () => {
  it.each(Object.keys(MAY_IMPORT))('the table names a folder that is there: %s', (folder) => {
    expect(existsSync(`${ROOT}src/${folder}`)).toBe(true);
  });

  it.each([
    ['Cornerstone outside the engine', 'src/rooms/viewer/planted.ts', "import '@cornerstonejs/core';"],
    ['a room that reaches into another room', 'src/rooms/login/planted.ts', "import '@/rooms/worklist/columns';"],
    ['the engine that knows the wire', 'src/viewer/engine/planted.ts', "import '@/contract/results';"],
    ['geometry that knows React', 'src/geometry/planted.ts', "import 'react';"],
    ['zod outside the contract', 'src/api/planted.ts', "import 'zod';"],
    ['the api that knows a page', 'src/api/planted.ts', "import '@/ui/Mark';"],
    ['a room that reaches into the shell', 'src/rooms/viewer/planted.ts', "import '@/app/router';"],
    ['a path that hides its folder', 'src/api/planted.ts', "import '../ui/Mark';"],
  ])('bite on %s', async (_what, filePath, source) => {
    expect(await broken(filePath, source)).toContain(IMPORTS);
  });

  it('bite on any', async () => {
    expect(await broken('src/api/planted.ts', 'export const a = (b: any): unknown => b;')).toContain('@typescript-eslint/no-explicit-any');
  });

  it.each([
    ['the viewer may use the engine', 'src/rooms/viewer/planted.ts', "import '@/viewer/engine';"],
    ['rooms may use the key table', 'src/rooms/worklist/planted.ts', "import '@/app/useKeys';"],
    ['the engine may use Cornerstone', 'src/viewer/engine/planted.ts', "import '@cornerstonejs/core';"],
  ])('let pass: %s', async (_what, filePath, source) => {
    expect(await broken(filePath, source)).toEqual([]);
  });
});
