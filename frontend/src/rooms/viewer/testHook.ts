import { measurements, type Measured, type Plane } from '@/viewer/engine';
import { useViewer } from './viewerState';

/** What browser tests may read: states, not pixels. */
export interface TestHook {
  slices: Partial<Record<Plane, { index: number; count: number }>>;
  pointLpsMm: readonly [number, number, number] | null;
  selectedFindingId: string | null;
  window: { center: number; width: number } | null;
  loading: { loaded: number; failed: number; total: number } | null;
  hasFirstImage: boolean;
  isOverlayReady: boolean;
  isOverlayShown: boolean;
  overlayOpacity: number;
  backend: string | null;
  measurements: Measured[];
  layout: string;
  slabMm: number | null;
  prior: { index: number; count: number } | null;
  jumpedMs: number | null;
  jumps: number;
}

declare global {
  interface Window {
    readonly __allward?: TestHook;
  }
}

/** Offer the viewer's state as `window.__allward`; each look reads it anew. */
export function offerTestHook(): void {
  Object.defineProperty(window, '__allward', {
    configurable: true,
    get: (): TestHook => {
      const state = useViewer.getState();
      const slices = Object.fromEntries(Object.entries(state.planes).map(([plane, { index, count }]) => [plane, { index, count }]));
      return {
        slices,
        pointLpsMm: state.pointLpsMm,
        selectedFindingId: state.selectedFindingId,
        window: state.window,
        loading: state.loading,
        hasFirstImage: state.hasFirstImage,
        isOverlayReady: state.isOverlayReady,
        isOverlayShown: state.isOverlayShown,
        overlayOpacity: state.overlayOpacity,
        backend: state.backend,
        layout: state.layout,
        slabMm: state.slabMm,
        prior: state.prior === null ? null : { index: state.prior.index, count: state.prior.count },
        jumpedMs: state.jumpedMs,
        jumps: state.jumps,
        measurements: state.hasFirstImage ? measurements() : [],
      };
    },
  });
}
