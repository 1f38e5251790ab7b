/** Bytes that one voxel takes in the browser: 16-bit pixels, kept once. */
const BYTES_PER_VOXEL = 2;

/** Memory for the pixels of a series, in MiB; `null` where the size of its images is not known. */
export function seriesMemoryMib(instances: number, rows: number | null, columns: number | null): number | null {
  return rows === null || columns === null ? null : (instances * rows * columns * BYTES_PER_VOXEL) / 2 ** 20;
}
