/**
 * A long axis and the short one across it, in one plane of the patient (mm, LPS).
 *
 * The short axis is held as where it crosses the long one and how far it reaches to both sides, so that it
 * stays perpendicular whatever is dragged.
 */

import { add, cross, dot, length, scale, subtract, unit, type Point3 } from './affine';

export interface Calipers {
  long: readonly [Point3, Point3];
  /** Where the short axis crosses the long one: 0 at its first end, 1 at its second. */
  at: number;
  /** How far the short axis reaches to the left and to the right of the long one, mm. */
  reach: readonly [number, number];
  /** Of the plane, length 1. */
  normal: Point3;
}

export const HANDLES = ['long0', 'long1', 'short0', 'short1'] as const;
export type Handle = (typeof HANDLES)[number];

const across = ({ long, normal }: Calipers): Point3 => unit(cross(normal, subtract(long[1], long[0]))) ?? [0, 1, 0];
const crossing = ({ long, at }: Calipers): Point3 => add(long[0], scale(subtract(long[1], long[0]), at));

/** Both ends of the short axis. */
export function shortOf(calipers: Calipers): readonly [Point3, Point3] {
  const [first, second] = calipers.reach;
  const middle = crossing(calipers);
  const side = across(calipers);
  return [add(middle, scale(side, first)), add(middle, scale(side, -second))];
}

export const longMm = ({ long }: Calipers): number => length(subtract(long[1], long[0]));
export const shortMm = ({ reach }: Calipers): number => reach[0] + reach[1];

export function placeOf(calipers: Calipers, handle: Handle): Point3 {
  const index = handle.endsWith('0') ? 0 : 1;
  return (handle.startsWith('long') ? calipers.long : shortOf(calipers))[index];
}

const LEAST_MM = 0.5;

/** Move one end to a point of the plane; what it must not become it does not become. */
export function moved(calipers: Calipers, handle: Handle, to: Point3): Calipers {
  const { long, reach } = calipers;
  if (handle === 'long0' || handle === 'long1') {
    const next: [Point3, Point3] = handle === 'long0' ? [to, long[1]] : [long[0], to];
    return length(subtract(next[1], next[0])) < LEAST_MM ? calipers : { ...calipers, long: next };
  }
  const along = subtract(long[1], long[0]);
  const at = Math.min(1, Math.max(0, dot(subtract(to, long[0]), along) / dot(along, along)));
  const side = dot(subtract(to, add(long[0], scale(along, at))), across(calipers));
  const own = Math.max(LEAST_MM / 2, handle === 'short0' ? side : -side);
  return { ...calipers, at, reach: handle === 'short0' ? [own, reach[1]] : [reach[0], own] };
}

/** Around a centre, level with the picture: where nothing better is known. */
export const levelCalipers = (centre: Point3, longMmWanted: number, shortMmWanted: number): Calipers => ({
  long: [add(centre, [-longMmWanted / 2, 0, 0]), add(centre, [longMmWanted / 2, 0, 0])],
  at: 0.5,
  reach: [shortMmWanted / 2, shortMmWanted / 2],
  normal: [0, 0, 1],
});

/**
 * The farthest two of these points of one plane and the widest across them; `null` of fewer than two.
 *
 * @param points Rim of an outline, LPS mm; a few hundred at most, since pairs are compared.
 */
export function calipersOf(points: readonly Point3[], normal: Point3): Calipers | null {
  let best: { long: [Point3, Point3]; mm: number } | null = null;
  for (const [index, one] of points.entries()) {
    for (const other of points.slice(index + 1)) {
      const mm = length(subtract(other, one));
      if (mm > (best?.mm ?? 0)) {
        best = { long: [one, other], mm };
      }
    }
  }
  if (best === null) {
    return null;
  }
  const bare: Calipers = { long: best.long, at: 0.5, reach: [0, 0], normal };
  const side = across(bare);
  const along = subtract(best.long[1], best.long[0]);
  const far = (sign: 1 | -1) => points.reduce((most, point) => Math.max(most, sign * dot(subtract(point, best.long[0]), side)), 0);
  const widest = points.reduce((held, point) => (Math.abs(dot(subtract(point, best.long[0]), side)) > Math.abs(dot(subtract(held, best.long[0]), side)) ? point : held), best.long[0]);
  const at = Math.min(1, Math.max(0, dot(subtract(widest, best.long[0]), along) / dot(along, along)));
  return { ...bare, at, reach: [Math.max(LEAST_MM / 2, far(1)), Math.max(LEAST_MM / 2, far(-1))] };
}

/** Calipers that were drawn before, from their ends. */
export function calipersFrom(long: readonly [Point3, Point3], short: readonly [Point3, Point3] | null, normal: Point3): Calipers {
  const bare: Calipers = { long, at: 0.5, reach: [LEAST_MM / 2, LEAST_MM / 2], normal };
  return short === null ? bare : moved(moved(bare, 'short0', short[0]), 'short1', short[1]);
}
