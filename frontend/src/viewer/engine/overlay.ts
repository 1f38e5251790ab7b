/**
 * Draw labels and the crosshair over one view.
 *
 * This is a canvas of our own above the image library's: the library's processor back end fills segments
 * but draws no outline, and keeps three copies of a label volume. Here the one label volume is cut along
 * the pixels that the view shows, so that any label grid, angle and zoom is right by construction.
 */

import { scale, subtract, type Point3 } from '@/geometry/affine';
import { cutLabels, paintLabels, type LabelPaint, type LabelVolume, type PixelPlane } from '@/geometry/labelSlice';
import { drawMarks, planeThrough } from './marks';
import type { EngineMark, Plane } from './types';

/** What of a view is needed to draw over it. Canvas coordinates are CSS pixels. */
export interface Projection {
  canvasToWorld: (x: number, y: number) => Point3;
  worldToCanvas: (point: Point3) => readonly [number, number];
}

export interface OverlayScene {
  labels: LabelVolume | null;
  paint: LabelPaint;
  marks: readonly EngineMark[];
  crosshair: Point3 | null;
  /** 0 to 1 while a jump is pointed out, else `null`. */
  pulse: number | null;
}

const CROSSHAIR_GAP_PX = 14;
const COLOURS: Record<Plane, string> = { axial: '#ffd43b', sagittal: '#ff6b6b', coronal: '#51cf66' };
/** Which plane's place the vertical and the horizontal line show. */
const LINES: Record<Plane, readonly [vertical: Plane, horizontal: Plane]> = {
  axial: ['sagittal', 'coronal'],
  sagittal: ['coronal', 'axial'],
  coronal: ['sagittal', 'axial'],
};

/** Where the pixels of a view lie in the patient. */
export function pixelPlane({ canvasToWorld }: Projection, width: number, height: number): PixelPlane {
  const corner = canvasToWorld(0, 0);
  const stepRight = scale(subtract(canvasToWorld(width, 0), corner), 1 / width);
  const stepDown = scale(subtract(canvasToWorld(0, height), corner), 1 / height);
  return {
    originLpsMm: canvasToWorld(0.5, 0.5),
    stepRightLpsMm: stepRight,
    stepDownLpsMm: stepDown,
    width,
    height,
  };
}

/** Draw everything that lies over the image of one plane. */
export function drawOverlay(canvas: HTMLCanvasElement, plane: Plane, projection: Projection, scene: OverlayScene): void {
  const width = Math.floor(canvas.clientWidth);
  const height = Math.floor(canvas.clientHeight);
  const context = canvas.getContext('2d');
  if (context === null || width === 0 || height === 0) {
    return;
  }
  const density = Math.min(2, window.devicePixelRatio);
  fit(canvas, width * density, height * density);
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.setTransform(density, 0, 0, density, 0, 0);
  if (scene.labels !== null) {
    drawLabels(context, scene.labels, scene.paint, pixelPlane(projection, width, height));
  }
  const shown = pixelPlane(projection, width, height);
  const slice = planeThrough(shown.originLpsMm, shown.stepRightLpsMm, shown.stepDownLpsMm);
  if (slice !== null) {
    drawMarks(context, scene.marks, { plane: slice, worldToCanvas: projection.worldToCanvas });
  }
  if (scene.crosshair !== null) {
    const at = projection.worldToCanvas(scene.crosshair);
    drawCrosshair(context, plane, at, width, height);
    if (scene.pulse !== null) {
      drawPulse(context, at, scene.pulse);
    }
  }
}

function fit(canvas: HTMLCanvasElement, width: number, height: number): void {
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
}

const scratch = new WeakMap<CanvasRenderingContext2D, HTMLCanvasElement>();

function drawLabels(context: CanvasRenderingContext2D, labels: LabelVolume, paint: LabelPaint, plane: PixelPlane): void {
  const pixels = paintLabels(cutLabels(labels, plane), plane.width, paint);
  const layer = scratch.get(context) ?? document.createElement('canvas');
  scratch.set(context, layer);
  fit(layer, plane.width, plane.height);
  layer.getContext('2d')?.putImageData(new ImageData(pixels, plane.width, plane.height), 0, 0);
  context.drawImage(layer, 0, 0, plane.width, plane.height);
}

function drawCrosshair(
  context: CanvasRenderingContext2D,
  plane: Plane,
  [x, y]: readonly [number, number],
  width: number,
  height: number,
): void {
  const [vertical, horizontal] = LINES[plane];
  const line = (colour: string, from: [number, number], to: [number, number]): void => {
    context.beginPath();
    context.moveTo(...from);
    context.lineTo(...to);
    strokeOnAnything(context, colour, 1, 0.65);
  };
  line(COLOURS[vertical], [x, 0], [x, y - CROSSHAIR_GAP_PX]);
  line(COLOURS[vertical], [x, y + CROSSHAIR_GAP_PX], [x, height]);
  line(COLOURS[horizontal], [0, y], [x - CROSSHAIR_GAP_PX, y]);
  line(COLOURS[horizontal], [x + CROSSHAIR_GAP_PX, y], [width, y]);
}

function drawPulse(context: CanvasRenderingContext2D, [x, y]: readonly [number, number], share: number): void {
  context.beginPath();
  context.arc(x, y, 16 + share * 18, 0, 2 * Math.PI);
  strokeOnAnything(context, '#2bc9bc', 2, 1 - share);
}

/** Stroke the path with a dark rim, so that it is seen on air and on bone. */
function strokeOnAnything(context: CanvasRenderingContext2D, colour: string, width: number, alpha: number): void {
  context.globalAlpha = alpha * 0.6;
  context.strokeStyle = '#000';
  context.lineWidth = width + 2;
  context.stroke();
  context.globalAlpha = alpha;
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.stroke();
  context.globalAlpha = 1;
}
