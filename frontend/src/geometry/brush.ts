/** Drawing on a small label grid: the box around one outline. */

import { invertAffine, transformPoint, type Matrix4, type Point3 } from './affine';

type Triple = [number, number, number];

/** A part of a label map's grid that is drawn on. */
export interface Sheet {
  /** 0 or 1 a voxel, (k, j, i). */
  mask: Uint8Array;
  firstKji: Triple;
  shapeKji: Triple;
  indexToLpsMm: Matrix4;
}

interface LabelGrid {
  labels: Uint8Array;
  shapeKji: Point3;
  indexToLpsMm: Matrix4;
}

const spacingOf = (matrix: Matrix4): Triple => [0, 1, 2].map((column) => Math.hypot(matrix[0][column as 0], matrix[1][column as 0], matrix[2][column as 0])) as Triple;

/** The voxels of one value with `marginMm` around them, else the voxels around a point. */
export function sheetAround({ labels, shapeKji, indexToLpsMm }: LabelGrid, value: number | null, centre: Point3, marginMm: number): Sheet {
  const margin = spacingOf(indexToLpsMm).map((mm) => Math.ceil(marginMm / mm));
  const [middleK, middleJ, middleI] = transformPoint(invertAffine(indexToLpsMm), centre).map(Math.round) as Triple;
  const low: Triple = [middleK, middleJ, middleI];
  const high: Triple = [middleK, middleJ, middleI];
  const [, rows, columns] = shapeKji;
  for (let at = value === null ? -1 : labels.indexOf(value); at >= 0; at = labels.indexOf(value ?? 0, at + 1)) {
    const place = [Math.floor(at / (rows * columns)), Math.floor(at / columns) % rows, at % columns];
    place.forEach((index, axis) => {
      low[axis] = Math.min(low[axis] ?? 0, index);
      high[axis] = Math.max(high[axis] ?? 0, index);
    });
  }
  const clamp = (index: number, axis: number): number => Math.min((shapeKji[axis as 0] ?? 1) - 1, Math.max(0, index));
  const first = low.map((index, axis) => clamp(index - (margin[axis] ?? 0), axis)) as Triple;
  const last = high.map((index, axis) => clamp(index + (margin[axis] ?? 0), axis)) as Triple;
  const shape = last.map((index, axis) => index - (first[axis] ?? 0) + 1) as Triple;
  const mask = new Uint8Array(shape[0] * shape[1] * shape[2]);
  let target = 0;
  for (let k = first[0]; k <= last[0]; k += 1) {
    for (let j = first[1]; j <= last[1]; j += 1) {
      for (let i = first[2]; i <= last[2]; i += 1, target += 1) {
        mask[target] = Number(value !== null && labels[(k * rows + j) * columns + i] === value);
      }
    }
  }
  return { mask, firstKji: first, shapeKji: shape, indexToLpsMm: shifted(indexToLpsMm, first) };
}

/** The same grid, counted from another voxel. */
function shifted(matrix: Matrix4, first: Triple): Matrix4 {
  const [x, y, z] = transformPoint(matrix, first);
  const row = (index: 0 | 1 | 2, offset: number) => [matrix[index][0], matrix[index][1], matrix[index][2], offset] as const;
  return [row(0, x), row(1, y), row(2, z), [0, 0, 0, 1]];
}

/** The axis of the grid (0: k, 1: j, 2: i) that runs most along a direction: across it lie the voxels of one plane. */
export function axisAlong(matrix: Matrix4, direction: Point3): 0 | 1 | 2 {
  const spacing = spacingOf(matrix);
  const along = ([0, 1, 2] as const).map((column) => Math.abs([0, 1, 2].reduce((sum, row) => sum + matrix[row as 0][column] * direction[row as 0], 0)) / spacing[column]);
  return along.indexOf(Math.max(...along)) as 0 | 1 | 2;
}

/** Paint (or wipe) a disc around a point, one voxel thin, in the plane whose normal (LPS) is given. Returns whether a voxel changed. */
export function dab(sheet: Sheet, point: Point3, radiusMm: number, isWiping: boolean, normal: Point3): boolean {
  const middle = transformPoint(invertAffine(sheet.indexToLpsMm), point);
  const spacing = spacingOf(sheet.indexToLpsMm);
  const across = axisAlong(sheet.indexToLpsMm, normal);
  const slice = Math.round(middle[across]);
  if (slice < 0 || slice >= sheet.shapeKji[across]) {
    return false;
  }
  const span = ([0, 1, 2] as const).map((axis) => {
    const reach = radiusMm / spacing[axis];
    return axis === across ? [slice, slice] : [Math.max(0, Math.ceil(middle[axis] - reach)), Math.min(sheet.shapeKji[axis] - 1, Math.floor(middle[axis] + reach))];
  }) as [[number, number], [number, number], [number, number]];
  const apart = (place: Triple): number => Math.hypot(...place.map((index, axis) => (axis === across ? 0 : (index - middle[axis as 0]) * spacing[axis as 0])));
  return fill(sheet, span, (place) => apart(place) <= radiusMm, isWiping ? 0 : 1);
}

/** Give a value to those voxels of a box that are asked for. Returns whether one changed. */
function fill({ mask, shapeKji }: Sheet, [ks, js, is]: [[number, number], [number, number], [number, number]], isMeant: (place: Triple) => boolean, value: number): boolean {
  let hasChanged = false;
  for (let k = ks[0]; k <= ks[1]; k += 1) {
    for (let j = js[0]; j <= js[1]; j += 1) {
      for (let i = is[0]; i <= is[1]; i += 1) {
        const at = (k * shapeKji[1] + j) * shapeKji[2] + i;
        if (mask[at] !== value && isMeant([k, j, i])) {
          mask[at] = value;
          hasChanged = true;
        }
      }
    }
  }
  return hasChanged;
}

/** Rim voxels of the slice nearest to a point, as points of the patient; empty where nothing is drawn there. */
export function rimAt({ mask, shapeKji, indexToLpsMm }: Sheet, point: Point3): Point3[] {
  const [depth, rows, columns] = shapeKji;
  const slice = Math.round(transformPoint(invertAffine(indexToLpsMm), point)[0]);
  const is = (j: number, i: number): boolean => j >= 0 && i >= 0 && j < rows && i < columns && mask[(slice * rows + j) * columns + i] === 1;
  const found: Point3[] = [];
  for (let j = 0; slice >= 0 && slice < depth && j < rows; j += 1) {
    for (let i = 0; i < columns; i += 1) {
      if (is(j, i) && !(is(j - 1, i) && is(j + 1, i) && is(j, i - 1) && is(j, i + 1))) {
        found.push(transformPoint(indexToLpsMm, [slice, j, i]));
      }
    }
  }
  return found;
}

/** The drawn voxels without the empty rim of the sheet; `null` if there are none. */
export function trimmed({ mask, firstKji, shapeKji }: Sheet): Pick<Sheet, 'mask' | 'firstKji' | 'shapeKji'> | null {
  const [, rows, columns] = shapeKji;
  const low: Triple = [Infinity, Infinity, Infinity];
  const high: Triple = [-1, -1, -1];
  for (let at = mask.indexOf(1); at >= 0; at = mask.indexOf(1, at + 1)) {
    [Math.floor(at / (rows * columns)), Math.floor(at / columns) % rows, at % columns].forEach((index, axis) => {
      low[axis] = Math.min(low[axis] ?? index, index);
      high[axis] = Math.max(high[axis] ?? index, index);
    });
  }
  if (high[0] < 0) {
    return null;
  }
  const shape = high.map((index, axis) => index - (low[axis] ?? 0) + 1) as Triple;
  const cut = new Uint8Array(shape[0] * shape[1] * shape[2]);
  for (let k = 0; k < shape[0]; k += 1) {
    for (let j = 0; j < shape[1]; j += 1) {
      const from = ((low[0] + k) * rows + low[1] + j) * columns + low[2];
      cut.set(mask.subarray(from, from + shape[2]), (k * shape[1] + j) * shape[2]);
    }
  }
  return { mask: cut, firstKji: low.map((index, axis) => index + (firstKji[axis] ?? 0)) as Triple, shapeKji: shape };
}
