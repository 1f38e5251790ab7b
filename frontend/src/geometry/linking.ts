/** Two examinations of one patient, scrolled together. */

import { add, subtract, type Point3 } from './affine';

/**
 * From a point of the current series to the same place in the earlier one, as a shift in mm (LPS).
 *
 * With a finding that was seen on both, its two centres say it; else both are taken to lie on the same table.
 */
export const shiftToPrior = (here: Point3 | null, there: Point3 | null): Point3 => (here === null || there === null ? [0, 0, 0] : subtract(there, here));

export const toPrior = (pointLpsMm: Point3, shift: Point3): Point3 => add(pointLpsMm, shift);
export const fromPrior = (pointLpsMm: Point3, shift: Point3): Point3 => subtract(pointLpsMm, shift);
