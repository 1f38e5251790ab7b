import { create } from 'zustand';
import type { Point3 } from '@/geometry/affine';
import type { DisplayWindow } from '@/geometry/windowing';
import type { CardOf } from '@/ui/ModelCard';
import type { Backend, Plane, PlaneState, ToolName } from '@/viewer/engine';

export interface LoadingState {
  loaded: number;
  failed: number;
  total: number;
}

/** What the viewer shows just now. The views themselves live in the engine, outside React. */
export interface ViewerState {
  planes: Partial<Record<Plane, PlaneState>>;
  window: DisplayWindow | null;
  pointLpsMm: Point3 | null;
  loading: LoadingState | null;
  hasFirstImage: boolean;
  isOverlayReady: boolean;
  backend: Backend | null;
  tool: ToolName;
  activePlane: Plane;
  maximised: Plane | null;
  isOverlayShown: boolean;
  /** Opacity of the inside of a segment, 0 to 1. */
  overlayOpacity: number;
  selectedFindingId: string | null;
  /** The finding whose reject menu is open. */
  rejecting: string | null;
  isSeriesListShown: boolean;
  /** The plug-in whose model card is open. */
  modelCard: CardOf | null;
}

/** What belongs to one open series and goes when another is opened. */
const UNOPENED = {
  planes: {},
  window: null,
  pointLpsMm: null,
  loading: null,
  hasFirstImage: false,
  isOverlayReady: false,
} satisfies Partial<ViewerState>;

const INITIAL: ViewerState = {
  ...UNOPENED,
  backend: null,
  tool: 'window',
  activePlane: 'axial',
  maximised: null,
  isOverlayShown: true,
  overlayOpacity: 0.25,
  selectedFindingId: null,
  rejecting: null,
  isSeriesListShown: true,
  modelCard: null,
};

export const useViewer = create<ViewerState>(() => INITIAL);

export const setViewer = useViewer.setState;
export const forgetSeries = (): void => setViewer(UNOPENED);
export const forgetStudy = (): void => setViewer(INITIAL, true);

/** Fill the screen with one plane, or give it back. */
export const toggleMaximised = (plane: Plane): void =>
  setViewer(({ maximised }) => ({ maximised: maximised === null ? plane : null, activePlane: plane }));
