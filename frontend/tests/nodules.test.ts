import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it, vi } from 'vitest';
import { reports } from '@/contract/reports';
import { studyResults, type Finding } from '@/contract/results';
import type { Matrix4, Point3 } from '@/geometry/affine';
import { axisAlong, dab, rimAt, sheetAround, trimmed, type Sheet } from '@/geometry/brush';
import { calipersFrom, calipersOf, levelCalipers, longMm, moved, placeOf, shortMm, shortOf } from '@/geometry/calipers';
import { fromPrior, shiftToPrior, toPrior } from '@/geometry/linking';
import { brightestOfSlab, greyPixels, NO_VALUE, samplePlane, type SliceVolume } from '@/geometry/slab';
import { dayIn, numberIn } from '@/rooms/viewer/advice/answers';
import { outlinePen, packed } from '@/rooms/viewer/correct/pens';
import { changeOf, confidenceOf, isNodule, lobeOf, noduleBadges, sideOf } from '@/rooms/viewer/nodules/nodule';
import * as draft from '@/rooms/viewer/report/draft';

vi.mock('@/viewer/engine', () => ({ PLANES: [], TOOLS: [] }));

const fixture = (name: string): unknown => (JSON.parse(readFileSync(`contract/fixtures/${name}.json`, 'utf8')) as { value: unknown }).value;
const [result] = studyResults.parse(fixture('results-nodules')).results;
const findings = result?.findings ?? [];
const first = findings[0] as Finding;

/** Slices of 2 mm, rows and columns of 1 mm, a bright voxel at (k, j, i) = (3, 4, 5). */
const grid: Matrix4 = [
  [0, 0, 1, 0],
  [0, 1, 0, 0],
  [2, 0, 0, 0],
  [0, 0, 0, 1],
];
const inverse: Matrix4 = [
  [0, 0, 0.5, 0],
  [0, 1, 0, 0],
  [1, 0, 0, 0],
  [0, 0, 0, 1],
];
function volume(): SliceVolume {
  const slices = Array.from({ length: 8 }, () => new Int16Array(100).fill(-800));
  (slices[3] as Int16Array)[4 * 10 + 5] = 100;
  return { slices, rows: 10, columns: 10, lpsMmToIndex: inverse };
}
const axial = (z: number) => ({ originLpsMm: [0, 0, z] as Point3, stepRightLpsMm: [1, 0, 0] as Point3, stepDownLpsMm: [0, 1, 0] as Point3, width: 10, height: 10 });

describe('a picture of the volume', () => {
  it('is exact on a voxel and between two of them', () => {
    expect(samplePlane(volume(), axial(6))[4 * 10 + 5]).toBe(100);
    expect(samplePlane(volume(), axial(7))[4 * 10 + 5]).toBeCloseTo(-350);
  });

  it('knows nothing outside, and nothing of slices that have not come', () => {
    expect(samplePlane(volume(), axial(40))[0]).toBe(NO_VALUE);
    const streaming = { ...volume(), slices: volume().slices.map((slice, k) => (k === 3 ? null : slice)) };
    expect(samplePlane(streaming, axial(6))[0]).toBe(NO_VALUE);
    expect([...greyPixels(new Float32Array([NO_VALUE]), { center: -600, width: 1500 })]).toEqual([0, 0, 0, 255]);
  });

  it('of a slab shows the brightest within its thickness and nothing beyond', () => {
    expect(brightestOfSlab(volume(), axial(10), 10)[4 * 10 + 5]).toBe(100);
    expect(brightestOfSlab(volume(), axial(10), 4)[4 * 10 + 5]).toBe(-800);
    expect(brightestOfSlab({ ...volume(), slices: [] }, axial(10), 4)[0]).toBe(NO_VALUE);
  });
});

describe('calipers', () => {
  it('lie along the longest line of an outline, and across it', () => {
    const rim = Array.from({ length: 72 }, (_, step): Point3 => [8 * Math.cos((step * Math.PI) / 36), 5 * Math.sin((step * Math.PI) / 36), 0]);
    const found = calipersOf(rim, [0, 0, 1]);
    expect(found && longMm(found)).toBeCloseTo(16, 1);
    expect(found && shortMm(found)).toBeCloseTo(10, 1);
    expect(calipersOf([[0, 0, 0]], [0, 0, 1])).toBeNull();
  });

  it('stay perpendicular whatever is dragged', () => {
    const dragged = moved(moved(levelCalipers([0, 0, 0], 10, 6), 'long1', [6, 4, 0]), 'short0', [2, 7, 0]);
    const [one, other] = shortOf(dragged);
    const along = [dragged.long[1][0] - dragged.long[0][0], dragged.long[1][1] - dragged.long[0][1]] as const;
    expect((one[0] - other[0]) * along[0] + (one[1] - other[1]) * along[1]).toBeCloseTo(0);
    expect(placeOf(dragged, 'long1')).toEqual([6, 4, 0]);
  });

  it('never become a point, and come back from their ends', () => {
    const level = levelCalipers([0, 0, 0], 10, 6);
    expect(moved(level, 'long1', [-5, 0, 0])).toEqual(level);
    const again = calipersFrom(level.long, shortOf(level), [0, 0, 1]);
    expect(longMm(again)).toBeCloseTo(10);
    expect(shortMm(again)).toBeCloseTo(6);
  });
});

describe('the brush', () => {
  const AXIAL: Point3 = [0, 0, 1];
  const labels = new Uint8Array(8 * 10 * 10);
  labels[3 * 100 + 4 * 10 + 5] = 2;
  const sheet = () => sheetAround({ labels, shapeKji: [8, 10, 10], indexToLpsMm: grid }, 2, [5, 4, 6], 4);

  it('draws on the label map around one value and sends the voxels that are drawn', () => {
    const drawn = sheet();
    expect(trimmed(drawn)).toEqual({ mask: new Uint8Array([1]), firstKji: [3, 4, 5], shapeKji: [1, 1, 1] });
    expect(dab(drawn, [5, 4, 6], 1, false, AXIAL)).toBe(true);
    const kept = trimmed(drawn);
    expect(kept?.shapeKji).toEqual([1, 3, 3]);
    expect(kept?.firstKji).toEqual([3, 3, 4]);
    expect([...(kept?.mask ?? [])]).toEqual([0, 1, 0, 1, 1, 1, 0, 1, 0]);
    expect(rimAt(drawn, [5, 4, 6])).toHaveLength(4);
  });

  it('wipes, says when nothing changed, and leaves other slices alone', () => {
    const drawn = sheet();
    expect(dab(drawn, [5, 4, 60], 1, false, AXIAL)).toBe(false);
    expect(dab(drawn, [5, 4, 6], 1, true, AXIAL)).toBe(true);
    expect(dab(drawn, [5, 4, 6], 1, true, AXIAL)).toBe(false);
    expect(trimmed(drawn)).toBeNull();
  });

  it.each([
    ['axial', [0, 0, 1], [1, 5, 5]],
    ['coronal', [0, 1, 0], [3, 1, 5]],
    ['sagittal', [1, 0, 0], [3, 5, 1]],
  ] as const)('paints a disc one voxel thin in the %s plane, round in mm', (_plane, normal, shape) => {
    const empty = sheetAround({ labels, shapeKji: [8, 10, 10], indexToLpsMm: grid }, null, [5, 4, 6], 4);
    expect(dab(empty, [5, 4, 6], 2, false, normal)).toBe(true);
    expect(trimmed(empty)?.shapeKji).toEqual(shape);
  });

  it('takes the voxels of the plane also where the slices were not taken from feet to head', () => {
    // Coronal slices: k runs to the back, j to the feet, i to the left.
    const coronal: Matrix4 = [
      [0, 0, 1, 0],
      [2, 0, 0, 0],
      [0, -1, 0, 9],
      [0, 0, 0, 1],
    ];
    expect([axisAlong(coronal, [0, 0, 1]), axisAlong(coronal, [0, 1, 0]), axisAlong(coronal, [1, 0, 0])]).toEqual([1, 0, 2]);
  });

  it('begins the outline of something new where it first comes down', () => {
    const asked: Point3[] = [];
    let drawn: Sheet | null = null;
    const sheetAt = (point: Point3): Sheet => {
      asked.push(point);
      return sheetAround({ labels, shapeKji: [8, 10, 10], indexToLpsMm: grid }, null, point, 4);
    };
    const pen = outlinePen(sheetAt, () => 1, (sheet) => (drawn = sheet));
    const at = (pointLpsMm: Point3) => ({ pointLpsMm, plane: 'axial' as const, mmPerPixel: 1, isWiping: false });
    pen.move(at([1, 1, 6]));
    expect(drawn).toBeNull();
    pen.down(at([5, 4, 6]));
    pen.move(at([6, 4, 6]));
    expect(asked).toEqual([[5, 4, 6]]);
    expect(drawn === null ? null : trimmed(drawn)?.shapeKji).toEqual([1, 3, 4]);
  });

  it('packs what was drawn so that it unpacks to the same bytes', async () => {
    const bytes = new Uint8Array(5000).map((_, at) => at % 3);
    expect(new Uint8Array(gunzipSync(Buffer.from(await packed(bytes), 'base64')))).toEqual(bytes);
  });
});

describe('two dates', () => {
  it('are linked at the finding, else by the table, there and back', () => {
    expect(shiftToPrior(null, [1, 2, 3])).toEqual([0, 0, 0]);
    const shift = shiftToPrior([-84, -18, 62], [-80, -18, 68]);
    expect(fromPrior(toPrior([1, 2, 3], shift), shift)).toEqual([1, 2, 3]);
    expect(toPrior([-84, -18, 62], shift)).toEqual([-80, -18, 68]);
  });
});

describe('a nodule', () => {
  it('has its badge by side, its lobe by code, and its change by code', () => {
    expect([...noduleBadges(findings).values()]).toEqual(['R1', 'L1', 'R2', 'L2', 'R3']);
    expect(findings.map(lobeOf)).toEqual(['RUL', 'LLL', 'RLL', null, null]);
    expect(findings.map((finding) => changeOf(finding))).toEqual(['growing', 'new', 'stable', 'stable', 'resolved']);
    expect(sideOf({ ...first, properties: [] })).toBe('R');
    expect(sideOf({ ...first, properties: [], centre_lps_mm: null })).toBeNull();
  });

  it('is told from a lesion of another organ', () => {
    const [liver] = studyResults.parse(fixture('results')).results;
    expect(findings.every(isNodule)).toBe(true);
    expect(liver?.findings.some(isNodule)).toBe(false);
  });

  it('has its score said as a word', () => {
    expect([0.1, 0.5, 0.79, 0.8].map(confidenceOf)).toEqual(['low', 'medium', 'medium', 'high']);
  });
});

describe('an answer', () => {
  it('is a number within its limits, or none', () => {
    const limits = { least: 0, most: 130 };
    expect(['63', ' 6,5 ', '', '-1', '131', 'x'].map((typed) => numberIn(typed, limits))).toEqual([63, 6.5, null, null, null, null]);
    expect(['2026-05-12', '2026-13-40', '12.5.2026'].map(dayIn)).toEqual(['2026-05-12', null, null]);
  });
});

describe('a report that is written', () => {
  const [report] = reports.parse(fixture('reports')).reports;
  const sections = report?.sections ?? [];

  it('sends every section once, leaves empty sentences out and says what may stand', () => {
    const begun = draft.withNew(draft.draftOf(sections), 'impression', 'new 1', null);
    const key = begun[0]?.sentences[0]?.key ?? '';
    const sent = draft.changeOf({ revision: 7 }, draft.changed(begun, 'technique', key, { confirmed: true }));
    expect(sent.revision).toBe(7);
    expect(sent.sections.map(({ name }) => name)).toEqual(sections.map(({ name }) => name));
    expect(sent.sections.at(-1)?.sentences).toHaveLength(sections.at(-1)?.sentences.length ?? 0);
    expect(sent.sections[0]?.sentences[0]?.confirmed).toBe(true);
    expect(draft.without(begun, 'technique', key)[0]?.sentences).toHaveLength((sections[0]?.sentences.length ?? 1) - 1);
  });

  it('does not send a new sentence twice when somebody goes on writing while it is kept', () => {
    const begun = draft.changed(draft.withNew(draft.draftOf(sections), 'impression', 'new 1', null), 'impression', 'new 1', { text: { en: 'New.', zh: '新。' } });
    const saved = sections.map((section) =>
      section.name === 'impression' ? { ...section, sentences: [...section.sentences, { sentence_id: 's99', text: { en: 'New.', zh: '新。' }, finding_id: null, origin: 'reader' as const, edited: true, outdated: false }] } : section,
    );
    const goneOn = draft.changed(begun, 'impression', 'new 1', { text: { en: 'New one.', zh: '新。' } });
    const last = draft.named(goneOn, begun, saved).at(-1)?.sentences.at(-1);
    expect(last).toMatchObject({ sentenceId: 's99', text: { en: 'New one.' } });
  });
});
