import { scale, type Point3 } from './affine';

/** Ends of the patient's axes: Right, Left, Anterior, Posterior, Head, Feet. */
const ENDS = [
  { positive: 'L', negative: 'R' },
  { positive: 'P', negative: 'A' },
  { positive: 'H', negative: 'F' },
] as const;

/** A component smaller than this share of the direction is not named. */
const NAMED_FROM = 0.2;

/**
 * Name the end of the patient that a direction (LPS) points to, largest component first: "L", "PL".
 *
 * Source: PS3.3 C.7.6.1.1.1 (Patient Orientation).
 */
export function letterTowards(direction: Point3): string {
  const size = Math.hypot(...direction);
  if (size === 0) {
    return '';
  }
  return ENDS.map((end, axis) => ({ share: (direction[axis as 0 | 1 | 2] ?? 0) / size, end }))
    .filter(({ share }) => Math.abs(share) >= NAMED_FROM)
    .sort((one, other) => Math.abs(other.share) - Math.abs(one.share))
    .map(({ share, end }) => (share > 0 ? end.positive : end.negative))
    .join('');
}

export interface EdgeLetters {
  left: string;
  right: string;
  top: string;
  bottom: string;
}

/** Letters for the four edges of a picture whose x axis points `right` and whose y axis points `down` (LPS). */
export function edgeLetters(right: Point3, down: Point3): EdgeLetters {
  return {
    left: letterTowards(scale(right, -1)),
    right: letterTowards(right),
    top: letterTowards(scale(down, -1)),
    bottom: letterTowards(down),
  };
}

/** A patient point as the images are lettered, in whole mm: "R 63 · P 2 · F 290". */
export const placeWords = (pointLpsMm: Point3): string =>
  ENDS.map(({ positive, negative }, axis) => {
    const mm = Math.round(pointLpsMm[axis as 0 | 1 | 2]);
    return `${mm < 0 ? negative : positive} ${Math.abs(mm)}`;
  }).join(' · ');
