/** Boxes and points over one view: what lies in the slice that it shows. */

import { cross, unit, type Point3 } from '@/geometry/affine';
import { cutBox, distanceTo, type Plane3 } from '@/geometry/boxSlice';
import type { EngineMark } from './types';

const POINT_RADIUS_PX = 9;
/** How far from a point a slice may lie and still show it: half of a thick slice, in mm. */
const POINT_REACH_MM = 2.5;
const COLOUR = '#ffa94d';
const CHOSEN_COLOUR = '#2bc9bc';

interface Where {
  plane: Plane3;
  worldToCanvas: (point: Point3) => readonly [number, number];
}

/** The plane that a view shows, from three of its points; `null` if it has no extent. */
export function planeThrough(corner: Point3, right: Point3, down: Point3): Plane3 | null {
  const normal = unit(cross(right, down));
  return normal === null ? null : { point: corner, normal };
}

/** Draw every mark that the view's slice meets. */
export function drawMarks(context: CanvasRenderingContext2D, marks: readonly EngineMark[], { plane, worldToCanvas }: Where): void {
  for (const mark of marks) {
    context.beginPath();
    if (mark.box !== null) {
      const outline = cutBox(mark.box, plane);
      outline.forEach((point, at) => context[at === 0 ? 'moveTo' : 'lineTo'](...worldToCanvas(point)));
      context.closePath();
    } else if (Math.abs(distanceTo(plane, mark.pointLpsMm)) <= POINT_REACH_MM) {
      context.arc(...worldToCanvas(mark.pointLpsMm), POINT_RADIUS_PX, 0, 2 * Math.PI);
    }
    strokeTwice(context, mark.isSelected ? CHOSEN_COLOUR : COLOUR, mark.isSelected ? 2.5 : 1.5);
  }
}

/** Stroke with a dark rim, so that it is seen on air and on bone. */
function strokeTwice(context: CanvasRenderingContext2D, colour: string, width: number): void {
  context.strokeStyle = '#000';
  context.lineWidth = width + 2;
  context.stroke();
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.stroke();
}
