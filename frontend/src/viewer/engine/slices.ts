import type { PlanarViewport } from '@cornerstonejs/core';
import { dot, subtract, unit, type Point3 } from '@/geometry/affine';
import { edgeLetters } from '@/geometry/orientation';
import type { PlaneState } from './types';

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

/** The direction that a view looks along, length 1; `null` while it shows nothing. */
export function normalOf(viewport: PlanarViewport): Point3 | null {
  const { viewPlaneNormal } = viewport.getViewReference();
  return viewPlaneNormal === undefined ? null : unit(viewPlaneNormal);
}

/** Bring a view to a point of the patient. */
export function lookAt(viewport: PlanarViewport, pointLpsMm: Point3): void {
  const { viewPlaneNormal } = viewport.getViewReference();
  viewport.setViewReference({ FrameOfReferenceUID: viewport.getFrameOfReferenceUID(), cameraFocalPoint: [...pointLpsMm], viewPlaneNormal });
  viewport.render();
}

/** What stands in the corners and at the edges of a view. */
export function stateOf(viewport: PlanarViewport): PlaneState {
  const at = (x: number, y: number): Point3 => viewport.canvasToWorld([x, y]);
  const corner = at(0, 0);
  const letters = edgeLetters(subtract(at(1, 0), corner), subtract(at(0, 1), corner));
  return { index: viewport.getSliceIndex(), count: viewport.getNumberOfSlices(), letters, zoom: viewport.getZoom() };
}

/** Scroll a view to the slice nearest to a point; its place and zoom across the slice stay. */
export function scrollTo(viewport: PlanarViewport, pointLpsMm: Point3): void {
  const asked = sliceThrough(viewport, pointLpsMm);
  const index = asked === null ? null : Math.min(viewport.getNumberOfSlices() - 1, Math.max(0, asked));
  if (index !== null && index !== viewport.getSliceIndex()) {
    void viewport.scroll(index - viewport.getSliceIndex());
  }
}
