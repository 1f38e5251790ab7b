import { describe, expect, it } from 'vitest';
import { invertAffine, length, projectOntoPlane, subtract, transformPoint, type Matrix4 } from '@/geometry/affine';
import { cutBox, type Box3 } from '@/geometry/boxSlice';
import { cutLabels, labelVolume, paintLabels } from '@/geometry/labelSlice';
import { edgeLetters, letterTowards } from '@/geometry/orientation';
import { inScanOrder } from '@/geometry/seriesOrder';
import { rangeToWindow, windowToRange } from '@/geometry/windowing';

/** 3 slices of 5 mm, 4 rows and 6 columns of 2 mm; (k, j, i) to LPS. */
const TO_LPS: Matrix4 = [
  [0, 0, 2, -10],
  [0, 2, 0, -20],
  [5, 0, 0, 100],
  [0, 0, 0, 1],
];
const SHAPE = [3, 4, 6] as const;
const numbered = Uint8Array.from({ length: 72 }, (_, at) => at + 1);

describe('patient coordinates', () => {
  it('column index moves towards Left, row index towards Posterior, slice index towards Head', () => {
    expect(transformPoint(TO_LPS, [0, 0, 1])).toEqual([-8, -20, 100]);
    expect(transformPoint(TO_LPS, [0, 1, 0])).toEqual([-10, -18, 100]);
    expect(transformPoint(TO_LPS, [1, 0, 0])).toEqual([-10, -20, 105]);
  });

  it('an inverted affine leads back, oblique grids too', () => {
    const oblique: Matrix4 = [
      [0.3, -0.1, 1.9, 4],
      [0.2, 1.8, 0.2, -7],
      [4.9, 0.1, -0.3, 11],
      [0, 0, 0, 1],
    ];
    const [k, j, i] = transformPoint(invertAffine(oblique), transformPoint(oblique, [2, 5, 9]));
    expect([k, j, i].map((one) => Math.round(one * 1e9) / 1e9)).toEqual([2, 5, 9]);
  });

  it('refuses a grid without volume', () => {
    expect(() => invertAffine([TO_LPS[0], TO_LPS[0], TO_LPS[2], TO_LPS[3]])).toThrow(RangeError);
  });

  it('moves a point only along the normal of the plane', () => {
    expect(projectOntoPlane([1, 2, 3], [9, 9, 50], [0, 0, 1])).toEqual([1, 2, 50]);
  });
});

describe('orientation letters', () => {
  it('shows the patient as radiologists look: right on the left of the screen', () => {
    expect(edgeLetters([1, 0, 0], [0, 1, 0])).toEqual({ left: 'R', right: 'L', top: 'A', bottom: 'P' });
  });

  it('names heads and feet on a coronal picture', () => {
    expect(edgeLetters([1, 0, 0], [0, 0, -1])).toEqual({ left: 'R', right: 'L', top: 'H', bottom: 'F' });
  });

  it('names the larger part of an oblique direction first and leaves tiny parts out', () => {
    expect(letterTowards([0.5, 0.8, 0.05])).toBe('PL');
    expect(letterTowards([0, 0, 0])).toBe('');
  });
});

describe('labels on the screen', () => {
  const volume = labelVolume(numbered, SHAPE, TO_LPS);

  it('cuts an axial plane voxel by voxel', () => {
    const cut = cutLabels(volume, { originLpsMm: [-10, -20, 105], stepRightLpsMm: [2, 0, 0], stepDownLpsMm: [0, 2, 0], width: 6, height: 4 });
    expect([...cut]).toEqual([...numbered.slice(24, 48)]);
  });

  it('cuts a coronal plane with the head up', () => {
    const cut = cutLabels(volume, { originLpsMm: [-10, -18, 110], stepRightLpsMm: [2, 0, 0], stepDownLpsMm: [0, 0, -5], width: 6, height: 3 });
    expect([...cut.slice(0, 6)]).toEqual([...numbered.slice(54, 60)]);
    expect([...cut.slice(12, 18)]).toEqual([...numbered.slice(6, 12)]);
  });

  it('takes the nearest voxel when magnified and nothing outside the grid', () => {
    const cut = cutLabels(volume, { originLpsMm: [-11.9, -20, 100], stepRightLpsMm: [1, 0, 0], stepDownLpsMm: [0, 2, 0], width: 16, height: 1 });
    expect([...cut]).toEqual([0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 0, 0, 0]);
  });

  it('refuses a label map of another size than its shape', () => {
    expect(() => labelVolume(numbered.slice(1), SHAPE, TO_LPS)).toThrow(RangeError);
  });

  it('draws the outline firmly, the inside faintly, the background not at all', () => {
    const block = Uint8Array.from([0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 1, 1, 1, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0]);
    const pixels = paintLabels(block, 5, { colours: new Map([[1, [214, 142, 108]]]), opacity: 0.2 });
    const alpha = (at: number): number | undefined => pixels[at * 4 + 3];
    expect(alpha(12)).toBe(51);
    expect(alpha(6)).toBe(179);
    expect(alpha(0)).toBe(0);
    expect([...pixels.slice(12 * 4, 12 * 4 + 3)]).toEqual([214, 142, 108]);
  });

  it('leaves a label without a colour undrawn', () => {
    expect([...paintLabels(Uint8Array.from([7]), 1, { colours: new Map(), opacity: 1 })]).toEqual([0, 0, 0, 0]);
  });
});

describe('series order', () => {
  const at = (z: number, instanceNumber: number) => ({ positionLpsMm: [0, 0, z] as const, orientation: [1, 0, 0, 0, 1, 0], instanceNumber });

  it('goes by place in the patient, not by instance number', () => {
    expect(inScanOrder([at(10, 1), at(-5, 2), at(0, 3)]).map((one) => one.instanceNumber)).toEqual([2, 3, 1]);
  });

  it('goes by instance number where places are missing', () => {
    const images = [at(10, 2), { ...at(0, 1), positionLpsMm: null }];
    expect(inScanOrder(images).map((one) => one.instanceNumber)).toEqual([1, 2]);
  });
});

it('a window and its range are the same thing', () => {
  expect(windowToRange({ center: 40, width: 400 })).toEqual({ lower: -160, upper: 240 });
  expect(rangeToWindow({ lower: -160, upper: 240 })).toEqual({ center: 40, width: 400 });
});

describe('a box cut by a slice', () => {
  const box: Box3 = { corner: [1, 2, 3], edges: [[0, 0, 10], [0, 20, 0], [30, 0, 0]] };

  it('is a rectangle with the corners in the order of its outline', () => {
    const outline = cutBox(box, { point: [0, 0, 8], normal: [0, 0, 1] });
    expect(outline).toHaveLength(4);
    expect(new Set(outline.map(String))).toEqual(new Set(['1,2,8', '31,2,8', '31,22,8', '1,22,8']));
    const sides = outline.map((point, at) => length(subtract(point, outline[(at + 1) % 4] ?? point)));
    expect([...sides].sort((one, other) => one - other)).toEqual([20, 20, 30, 30]);
  });

  it('is nothing where the slice misses it', () => {
    expect(cutBox(box, { point: [0, 0, 13.5], normal: [0, 0, 1] })).toEqual([]);
    expect(cutBox(box, { point: [0, 0, 2.9], normal: [0, 0, 1] })).toEqual([]);
  });

  it('has six sides where a slanted slice cuts a cube through its middle', () => {
    const cube: Box3 = { corner: [0, 0, 0], edges: [[2, 0, 0], [0, 2, 0], [0, 0, 2]] };
    const third = 1 / Math.sqrt(3);
    const outline = cutBox(cube, { point: [1, 1, 1], normal: [third, third, third] });
    expect(outline).toHaveLength(6);
    outline.forEach((point, at) => expect(length(subtract(point, outline[(at + 1) % 6] ?? point))).toBeCloseTo(Math.SQRT2));
  });
});
