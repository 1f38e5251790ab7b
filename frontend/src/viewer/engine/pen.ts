/** A pen of the page: what it does with the left button, and what it shows over the slices. */

import { distanceTo } from '@/geometry/boxSlice';
import type { Point3 } from '@/geometry/affine';
import { planeThrough } from './marks';
import { pixelPlane, type Projection } from './overlay';
import type { Plane } from './types';

export interface PenTouch {
  pointLpsMm: Point3;
  plane: Plane;
  /** How large one pixel of the screen is, mm: what is near is near on the screen. */
  mmPerPixel: number;
  isWiping: boolean;
}

export interface PenDrawing {
  lines: readonly (readonly [Point3, Point3])[];
  handles: readonly Point3[];
}

export interface Pen {
  down: (touch: PenTouch) => void;
  move: (touch: PenTouch) => void;
  up: () => void;
  drawing: () => PenDrawing;
}

const COLOUR = '#ffd43b';
const HANDLE_PX = 4.5;
/** A line is drawn in slices nearer than this to both of its ends. */
const REACH_MM = 1.6;

/** Lead the left button to the pen for as long as there is one. */
export function listenToPen(element: HTMLElement, plane: Plane, toWorld: (x: number, y: number) => Point3, pen: () => Pen | null, signal: AbortSignal): void {
  const touchOf = (event: PointerEvent): PenTouch => {
    const box = element.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const [here, beside] = [toWorld(x, y), toWorld(x + 1, y)];
    return { pointLpsMm: here, plane, mmPerPixel: Math.hypot(beside[0] - here[0], beside[1] - here[1], beside[2] - here[2]), isWiping: event.shiftKey };
  };
  element.addEventListener('pointerdown', (event) => event.button === 0 && pen()?.down(touchOf(event)), { signal });
  element.addEventListener('pointermove', (event) => event.buttons === 1 && pen()?.move(touchOf(event)), { signal });
  window.addEventListener('pointerup', () => pen()?.up(), { signal });
}

/** Draw lines and handles that lie in the slice that a view shows. */
export function drawPen(canvas: HTMLCanvasElement, projection: Projection, { lines, handles }: PenDrawing): void {
  const context = canvas.getContext('2d');
  const shown = pixelPlane(projection, canvas.clientWidth, canvas.clientHeight);
  const slice = planeThrough(shown.originLpsMm, shown.stepRightLpsMm, shown.stepDownLpsMm);
  if (context === null || slice === null) {
    return;
  }
  const isHere = (point: Point3): boolean => Math.abs(distanceTo(slice, point)) <= REACH_MM;
  const stroke = (width: number, colour: string): void => {
    context.lineWidth = width;
    context.strokeStyle = colour;
    context.stroke();
  };
  for (const [from, to] of lines.filter(([one, other]) => isHere(one) && isHere(other))) {
    context.beginPath();
    context.moveTo(...projection.worldToCanvas(from));
    context.lineTo(...projection.worldToCanvas(to));
    stroke(3.5, 'rgb(0 0 0 / 70%)');
    stroke(1.5, COLOUR);
  }
  for (const handle of handles.filter(isHere)) {
    context.beginPath();
    context.arc(...projection.worldToCanvas(handle), HANDLE_PX, 0, 2 * Math.PI);
    context.fillStyle = 'rgb(0 0 0 / 55%)';
    context.fill();
    stroke(1.5, COLOUR);
  }
}
