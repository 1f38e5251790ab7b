import type { PlanarViewport } from '@cornerstonejs/core';
import { dot, subtract, unit, type Point3 } from '@/geometry/affine';

/** Number (0-based) of the slice of a view that goes through a point; `null` while the view shows nothing. */
export function sliceThrough(viewport: PlanarViewport, pointLpsMm: Point3): number | null {
  const { viewPlaneNormal } = viewport.getViewReference();
  const first = viewport.getViewReference({ sliceIndex: 0 }).cameraFocalPoint;
  const second = viewport.getViewReference({ sliceIndex: 1 }).cameraFocalPoint;
  const normal = viewPlaneNormal === undefined ? null : unit(viewPlaneNormal);
  if (normal === null || first === undefined || second === undefined) {
    return null;
  }
  const step = dot(subtract(second, first), normal);
  return step === 0 ? null : Math.round(dot(subtract(pointLpsMm, first), normal) / step);
}
