import { cross, dot, type Point3 } from './affine';

/** What is needed of one instance to put a series in order. */
export interface Placed {
  positionLpsMm: Point3 | null;
  /** Row then column direction, six cosines. */
  orientation: readonly number[] | null;
  instanceNumber: number | null;
}

/**
 * Order the instances of a series along the scan: by place in the patient, else by instance number.
 *
 * Instance numbers are a matter of taste of the scanner; positions are not (PS3.3 C.7.6.2.1.1).
 */
export function inScanOrder<T extends Placed>(instances: readonly T[]): T[] {
  const normal = commonNormal(instances);
  const key = (instance: T): number =>
    normal !== null && instance.positionLpsMm !== null
      ? dot(normal, instance.positionLpsMm)
      : (instance.instanceNumber ?? 0);
  return [...instances].sort((one, other) => key(one) - key(other));
}

function commonNormal(instances: readonly Placed[]): Point3 | null {
  if (instances.some((instance) => instance.positionLpsMm === null)) {
    return null;
  }
  const cosines = instances[0]?.orientation;
  if (cosines?.length !== 6) {
    return null;
  }
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = cosines;
  return cross([a, b, c], [d, e, f]);
}
