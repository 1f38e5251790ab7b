/**
 * Cut a plane out of a label volume for the screen.
 *
 * The plane is given by where its pixels lie in the patient, so any label grid fits any image series of
 * the same frame of reference, at any zoom and any angle, without a copy of the labels on the image grid.
 */

import { invertAffine, transformDirection, transformPoint, type Matrix4, type Point3 } from './affine';

export interface LabelVolume {
  /** One byte a voxel, in (k, j, i) order; 0 is background. */
  labels: Uint8Array;
  shapeKji: Point3;
  lpsMmToIndex: Matrix4;
}

/** Where the pixels of a picture lie: `origin` is the centre of pixel (0, 0); steps are mm (LPS) per pixel. */
export interface PixelPlane {
  originLpsMm: Point3;
  stepRightLpsMm: Point3;
  stepDownLpsMm: Point3;
  width: number;
  height: number;
}

/**
 * Check a label volume as it came from the wire.
 *
 * @throws RangeError If the number of bytes is not the product of the shape.
 */
export function labelVolume(labels: Uint8Array, shapeKji: Point3, indexToLpsMm: Matrix4): LabelVolume {
  const expected = shapeKji[0] * shapeKji[1] * shapeKji[2];
  if (labels.length !== expected) {
    throw new RangeError(`The label map has ${labels.length} voxels, its shape says ${expected}`);
  }
  return { labels, shapeKji, lpsMmToIndex: invertAffine(indexToLpsMm) };
}

/** Labels of the nearest voxels, row by row, shape (height, width); 0 outside the volume. */
export function cutLabels(volume: LabelVolume, plane: PixelPlane): Uint8Array {
  const { labels, shapeKji, lpsMmToIndex } = volume;
  const [slices, rows, columns] = shapeKji;
  const start = transformPoint(lpsMmToIndex, plane.originLpsMm);
  const right = transformDirection(lpsMmToIndex, plane.stepRightLpsMm);
  const down = transformDirection(lpsMmToIndex, plane.stepDownLpsMm);
  const cut = new Uint8Array(plane.width * plane.height);
  let target = 0;
  for (let y = 0; y < plane.height; y += 1) {
    let k = start[0] + y * down[0] + 0.5;
    let j = start[1] + y * down[1] + 0.5;
    let i = start[2] + y * down[2] + 0.5;
    for (let x = 0; x < plane.width; x += 1, target += 1) {
      if (k >= 0 && k < slices && j >= 0 && j < rows && i >= 0 && i < columns) {
        cut[target] = labels[(Math.floor(k) * rows + Math.floor(j)) * columns + Math.floor(i)] ?? 0;
      }
      k += right[0];
      j += right[1];
      i += right[2];
    }
  }
  return cut;
}

export interface LabelPaint {
  /** Red, green, blue, each 0 to 255, by label value. */
  colours: ReadonlyMap<number, readonly [number, number, number]>;
  /** Opacity of the inside, 0 to 1; the outline is drawn at twice that, at least 0.7. */
  opacity: number;
}

/** A dark rim around every label: what keeps a light outline visible over bone and in a lung window. */
const RIM = 110;

/** Colour a cut: a faint inside, a firm outline and a dark rim. Returns RGBA bytes, shape (height, width, 4). */
export function paintLabels(cut: Uint8Array, width: number, paint: LabelPaint): Uint8ClampedArray<ArrayBuffer> {
  const pixels = new Uint8ClampedArray(cut.length * 4);
  const inside = Math.round(paint.opacity * 255);
  const outline = Math.round(Math.min(1, Math.max(0.7, paint.opacity * 2)) * 255);
  for (let at = 0; at < cut.length; at += 1) {
    const label = cut[at] ?? 0;
    if (label === 0) {
      pixels[at * 4 + 3] = isBeside(cut, at, width) ? RIM : 0;
      continue;
    }
    const colour = paint.colours.get(label);
    if (colour === undefined) {
      continue;
    }
    pixels[at * 4] = colour[0];
    pixels[at * 4 + 1] = colour[1];
    pixels[at * 4 + 2] = colour[2];
    pixels[at * 4 + 3] = isEdge(cut, at, width, label) ? outline : inside;
  }
  return pixels;
}

const isBeside = (cut: Uint8Array, at: number, width: number): boolean =>
  Boolean(cut[at - 1]) || Boolean(cut[at + 1]) || Boolean(cut[at - width]) || Boolean(cut[at + width]);

function isEdge(cut: Uint8Array, at: number, width: number, label: number): boolean {
  return (
    cut[at - 1] !== label || cut[at + 1] !== label || cut[at - width] !== label || cut[at + width] !== label
  );
}
