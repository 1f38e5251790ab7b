import { add, cross, dot, scale, subtract, type Point3 } from './affine';

/** One corner and the three edges that leave it, in mm. */
export interface Box3 {
  corner: Point3;
  edges: readonly [Point3, Point3, Point3];
}

/** A plane of the patient: a point on it and its normal with length 1. */
export interface Plane3 {
  point: Point3;
  normal: Point3;
}

/** How far a point lies from a plane, in mm; negative on the other side. */
export const distanceTo = ({ point, normal }: Plane3, from: Point3): number => dot(subtract(from, point), normal);

/**
 * Where a plane cuts the edges of a box, in the order of their outline; empty if it misses the box.
 *
 * A box is convex, so that the points sorted by their angle about their middle are the outline.
 */
export function cutBox(box: Box3, plane: Plane3): Point3[] {
  const points = edgesOf(box).flatMap(([from, to]) => crossing(from, to, plane));
  const [first] = points;
  if (points.length < 3 || first === undefined) {
    return [];
  }
  const middle = points.reduce<Point3>((sum, point) => add(sum, scale(point, 1 / points.length)), [0, 0, 0]);
  const across = subtract(first, middle);
  const up = cross(plane.normal, across);
  const angle = (point: Point3): number => Math.atan2(dot(subtract(point, middle), up), dot(subtract(point, middle), across));
  return points.sort((one, other) => angle(one) - angle(other));
}

function crossing(from: Point3, to: Point3, plane: Plane3): Point3[] {
  const [near, far] = [distanceTo(plane, from), distanceTo(plane, to)];
  if (near < 0 === far < 0) {
    return [];
  }
  const share = near / (near - far);
  return [add(from, scale(subtract(to, from), share))];
}

/** The twelve edges: each of the three directions from the four corners that it starts at. */
function edgesOf({ corner, edges: [a, b, c] }: Box3): [Point3, Point3][] {
  const along = (edge: Point3, one: Point3, other: Point3): [Point3, Point3][] =>
    [corner, add(corner, one), add(corner, other), add(add(corner, one), other)].map((start) => [start, add(start, edge)]);
  return [...along(a, b, c), ...along(b, a, c), ...along(c, a, b)];
}
