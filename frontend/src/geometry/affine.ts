/**
 * Points and matrices of the patient.
 *
 * Points are [x, y, z] in mm, LPS: x grows to the patient's Left, y to Posterior, z to Superior.
 * Voxel indices are [k, j, i] (slice, row, column), 0-based, at voxel centres. Matrices are four rows of four.
 */

export type Point3 = readonly [number, number, number];
type Row4 = readonly [number, number, number, number];
export type Matrix4 = readonly [Row4, Row4, Row4, Row4];

export const subtract = (a: Point3, b: Point3): Point3 => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
export const add = (a: Point3, b: Point3): Point3 => [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
export const scale = (a: Point3, factor: number): Point3 => [a[0] * factor, a[1] * factor, a[2] * factor];
export const dot = (a: Point3, b: Point3): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
export const cross = (a: Point3, b: Point3): Point3 => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];
export const length = (a: Point3): number => Math.sqrt(dot(a, a));

/** The vector with length 1, or `null` for a vector without direction. */
export function unit(a: Point3): Point3 | null {
  const size = length(a);
  return size > 1e-12 ? scale(a, 1 / size) : null;
}

/** Apply the linear part and the translation of `matrix`. */
export function transformPoint(matrix: Matrix4, point: Point3): Point3 {
  const along = (row: Row4): number => row[0] * point[0] + row[1] * point[1] + row[2] * point[2] + row[3];
  return [along(matrix[0]), along(matrix[1]), along(matrix[2])];
}

/** Apply the linear part only: for directions. */
export function transformDirection(matrix: Matrix4, direction: Point3): Point3 {
  const along = (row: Row4): number => row[0] * direction[0] + row[1] * direction[1] + row[2] * direction[2];
  return [along(matrix[0]), along(matrix[1]), along(matrix[2])];
}

/**
 * Invert an affine matrix (last row 0 0 0 1).
 *
 * @throws RangeError If the axes are dependent: such a grid has no volume.
 */
export function invertAffine(matrix: Matrix4): Matrix4 {
  const column = (c: 0 | 1 | 2): Point3 => [matrix[0][c], matrix[1][c], matrix[2][c]];
  const [a, b, c] = [column(0), column(1), column(2)];
  const determinant = dot(a, cross(b, c));
  if (Math.abs(determinant) < 1e-12) {
    throw new RangeError('The axes of this grid are dependent');
  }
  const rows = [cross(b, c), cross(c, a), cross(a, b)].map((row) => scale(row, 1 / determinant)) as [Point3, Point3, Point3];
  const origin: Point3 = [matrix[0][3], matrix[1][3], matrix[2][3]];
  const row = (r: Point3): Row4 => [r[0], r[1], r[2], -dot(r, origin)];
  return [row(rows[0]), row(rows[1]), row(rows[2]), [0, 0, 0, 1]];
}

/** Move `point` along `normal` (length 1) until it lies in the plane through `onPlane`. */
export function projectOntoPlane(point: Point3, onPlane: Point3, normal: Point3): Point3 {
  return add(point, scale(normal, dot(subtract(onPlane, point), normal)));
}
