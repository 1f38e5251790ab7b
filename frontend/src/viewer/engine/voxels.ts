import * as core from '@cornerstonejs/core';
import { add, invertAffine, scale, type Matrix4, type Point3 } from '@/geometry/affine';
import type { PixelPlane } from '@/geometry/labelSlice';
import { brightestOfSlab, greyPixels, samplePlane, type SliceVolume } from '@/geometry/slab';
import type { DisplayWindow } from '@/geometry/windowing';
import { pixelPlane, type Projection } from './overlay';

/** The pixels that the image library holds of a volume; `null` before it holds any. Nothing is copied. */
export function volumeOf(volumeId: string): SliceVolume | null {
  const volume = core.cache.getVolume(volumeId);
  if (!volume?.imageIds?.length) {
    return null;
  }
  const [columns, rows] = volume.dimensions;
  const slices = volume.imageIds.map((imageId) => (core.cache.getImage(imageId)?.getPixelData() as ArrayLike<number> | undefined) ?? null);
  return { slices, rows, columns, lpsMmToIndex: invertAffine(indexToLpsMm(volume)) };
}

/** From (k, j, i) to mm: the library keeps directions for i, j, k in a row. */
function indexToLpsMm({ spacing, direction, origin }: core.Types.IImageVolume): Matrix4 {
  const row = (axis: 0 | 1 | 2): readonly [number, number, number, number] => [
    (direction[6 + axis] ?? 0) * spacing[2],
    (direction[3 + axis] ?? 0) * spacing[1],
    (direction[axis] ?? 0) * spacing[0],
    origin[axis],
  ];
  return [row(0), row(1), row(2), [0, 0, 0, 1]];
}

/** An axial picture of `sizeMm` around a point, as radiologists look: the patient's right on the left. */
export function axialCrop(volume: SliceVolume, centre: Point3, sizeMm: number, pixels: number, window: DisplayWindow): ImageData {
  const step = sizeMm / pixels;
  const half = (sizeMm - step) / 2;
  const plane: PixelPlane = { originLpsMm: add(centre, [-half, -half, 0]), stepRightLpsMm: [step, 0, 0], stepDownLpsMm: [0, step, 0], width: pixels, height: pixels };
  return new ImageData(greyPixels(samplePlane(volume, plane), window), pixels, pixels);
}

const layer = document.createElement('canvas');

/** Draw the brightest of a slab over a view's image. */
export function drawSlab(element: HTMLElement, projection: Projection, volume: SliceVolume, thicknessMm: number, window: DisplayWindow): void {
  const canvas = [...element.querySelectorAll('canvas')].find(({ style }) => style.display !== 'none');
  const context = canvas?.getContext('2d') ?? null;
  const { clientWidth, clientHeight } = element;
  if (canvas === undefined || context === null || clientWidth === 0 || clientHeight === 0) {
    return;
  }
  const full = pixelPlane(projection, clientWidth, clientHeight);
  const coarse = coarsened(full, volume);
  const picture = new ImageData(greyPixels(brightestOfSlab(volume, coarse, thicknessMm), window), coarse.width, coarse.height);
  layer.width = coarse.width;
  layer.height = coarse.height;
  layer.getContext('2d')?.putImageData(picture, 0, 0);
  context.save();
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.imageSmoothingEnabled = true;
  context.drawImage(layer, 0, 0, canvas.width, canvas.height);
  context.restore();
}

/** More pixels than voxels show nothing more: enlarged views are computed coarser and smoothed when drawn. */
function coarsened(plane: PixelPlane, { lpsMmToIndex }: SliceVolume): PixelPlane {
  const perVoxel = (step: Point3): number => {
    const [k, j, i] = [0, 1, 2].map((row) => {
      const [a = 0, b = 0, c = 0] = lpsMmToIndex[row as 0 | 1 | 2];
      return a * step[0] + b * step[1] + c * step[2];
    }) as [number, number, number];
    return Math.hypot(k, j, i);
  };
  const factor = Math.max(1, Math.min(1 / perVoxel(plane.stepRightLpsMm), 1 / perVoxel(plane.stepDownLpsMm)));
  const width = Math.max(1, Math.round(plane.width / factor));
  const height = Math.max(1, Math.round(plane.height / factor));
  const stepRightLpsMm = scale(plane.stepRightLpsMm, plane.width / width);
  const stepDownLpsMm = scale(plane.stepDownLpsMm, plane.height / height);
  const half = (step: Point3, was: Point3): Point3 => scale(add(step, scale(was, -1)), 0.5);
  return {
    originLpsMm: add(plane.originLpsMm, add(half(stepRightLpsMm, plane.stepRightLpsMm), half(stepDownLpsMm, plane.stepDownLpsMm))),
    stepRightLpsMm,
    stepDownLpsMm,
    width,
    height,
  };
}
