/**
 * Cut pictures out of an image volume: one plane for a crop, or the brightest of a slab (MIP).
 *
 * The image library draws slabs on the graphics card only; these are drawn on the processor, everywhere alike.
 */

import { add, cross, length, scale, transformDirection, transformPoint, unit, type Matrix4 } from './affine';
import type { PixelPlane } from './labelSlice';
import type { DisplayWindow } from './windowing';

/** An image volume by slices; a slice that has not come yet is `null`. */
export interface SliceVolume {
  slices: readonly (ArrayLike<number> | null)[];
  rows: number;
  columns: number;
  lpsMmToIndex: Matrix4;
}

/** Lower than any pixel: nothing is known here. */
export const NO_VALUE = -Infinity;

/** Values of a plane between its voxels, row by row, shape (height, width); `NO_VALUE` outside. */
export function samplePlane(volume: SliceVolume, plane: PixelPlane): Float32Array {
  const values = new Float32Array(plane.width * plane.height);
  const { start, right, down } = steps(volume, plane);
  for (let y = 0, at = 0; y < plane.height; y += 1) {
    for (let x = 0; x < plane.width; x += 1, at += 1) {
      values[at] = between(volume, start[0] + x * right[0] + y * down[0], start[1] + x * right[1] + y * down[1], start[2] + x * right[2] + y * down[2]);
    }
  }
  return values;
}

/** Linear between the eight voxels around an index. */
function between({ slices, rows, columns }: SliceVolume, k: number, j: number, i: number): number {
  if (!(k > -0.5 && j > -0.5 && i > -0.5 && k < slices.length - 0.5 && j < rows - 0.5 && i < columns - 0.5)) {
    return NO_VALUE;
  }
  const [kk, jj, ii] = [inside(k, slices.length), inside(j, rows), inside(i, columns)];
  const [fk, fj, fi] = [share(k, kk), share(j, jj), share(i, ii)];
  const row = (slice: ArrayLike<number>, line: number): number => {
    const at = line * columns + ii;
    return (slice[at] ?? 0) * (1 - fi) + (slice[ii + 1 < columns ? at + 1 : at] ?? 0) * fi;
  };
  const face = (slice: ArrayLike<number>): number => row(slice, jj) * (1 - fj) + row(slice, Math.min(jj + 1, rows - 1)) * fj;
  const low = slices[kk] ?? null;
  const high = slices[Math.min(kk + 1, slices.length - 1)] ?? null;
  return low === null || high === null ? NO_VALUE : face(low) * (1 - fk) + face(high) * fk;
}

const inside = (index: number, count: number): number => Math.min(count - 1, Math.max(0, Math.floor(index)));
const share = (index: number, floor: number): number => Math.min(1, Math.max(0, index - floor));

/** The brightest voxel of a slab on each pixel's way through it; the plane lies in the middle of the slab. */
export function brightestOfSlab(volume: SliceVolume, plane: PixelPlane, thicknessMm: number): Float32Array {
  const normal = unit(cross(plane.stepRightLpsMm, plane.stepDownLpsMm));
  const values = new Float32Array(plane.width * plane.height).fill(NO_VALUE);
  if (normal === null) {
    return values;
  }
  const perMm = length(transformDirection(volume.lpsMmToIndex, normal));
  const count = Math.max(1, Math.ceil(thicknessMm * perMm) + 1);
  const along = scale(normal, count > 1 ? thicknessMm / (count - 1) : 0);
  for (let layer = 0; layer < count; layer += 1) {
    const originLpsMm = add(plane.originLpsMm, scale(along, layer - (count - 1) / 2));
    raise(values, volume, { ...plane, originLpsMm });
  }
  return values;
}

/** Keep at each pixel what is brighter: nearest voxels, the loop that a slab spends its time in. */
function raise(values: Float32Array, volume: SliceVolume, plane: PixelPlane): void {
  const { slices, rows, columns } = volume;
  const { start, right, down } = steps(volume, plane);
  for (let y = 0, at = 0; y < plane.height; y += 1) {
    let k = start[0] + y * down[0] + 0.5;
    let j = start[1] + y * down[1] + 0.5;
    let i = start[2] + y * down[2] + 0.5;
    for (let x = 0; x < plane.width; x += 1, at += 1) {
      if (j >= 0 && j < rows && i >= 0 && i < columns) {
        const value = slices[Math.floor(k)]?.[Math.floor(j) * columns + Math.floor(i)] ?? NO_VALUE;
        values[at] = Math.max(values[at] ?? NO_VALUE, value);
      }
      k += right[0];
      j += right[1];
      i += right[2];
    }
  }
}

const steps = (volume: SliceVolume, plane: PixelPlane) => ({
  start: transformPoint(volume.lpsMmToIndex, plane.originLpsMm),
  right: transformDirection(volume.lpsMmToIndex, plane.stepRightLpsMm),
  down: transformDirection(volume.lpsMmToIndex, plane.stepDownLpsMm),
});

/** Values as grey RGBA bytes in a window; where nothing is known it is black. */
export function greyPixels(values: Float32Array, { center, width }: DisplayWindow): Uint8ClampedArray<ArrayBuffer> {
  const pixels = new Uint8ClampedArray(values.length * 4);
  const lower = center - width / 2;
  for (let at = 0; at < values.length; at += 1) {
    const value = values[at] ?? NO_VALUE;
    const grey = value === NO_VALUE ? 0 : ((value - lower) / width) * 255;
    pixels[at * 4] = grey;
    pixels[at * 4 + 1] = grey;
    pixels[at * 4 + 2] = grey;
    pixels[at * 4 + 3] = 255;
  }
  return pixels;
}
