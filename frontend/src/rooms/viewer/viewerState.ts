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

export const PANEL_TABS = ['findings', 'advice', 'report'] as const;
export type PanelTab = (typeof PANEL_TABS)[number];

export interface Editing {
  kind: 'calipers' | 'brush' | 'add' | 'add_outline' | 'split';
  /** `null`: a finding that is not there yet. */
  findingId: string | null;
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
  /** The correction that is being drawn; `null`: none. */
  editing: Editing | null;
  /** Radius of the brush, mm. */
  brushMm: number;
  /** What the last change was: the key that undoes takes back this one. */
  lastAct: 'review' | 'correction';
  isSeriesListShown: boolean;
  isPanelShown: boolean;
  panelTab: PanelTab;
  /** Three planes, or the axial one beside the earlier examination. */
  layout: 'planes' | 'compare';
  /** Thickness of the slab whose brightest is shown; `null`: single slices. */
  slabMm: number | null;
  /** The earlier examination as it is shown; `null` while it is not. */
  prior: PlaneState | null;
  /** How long the last jump to a finding took until all planes were drawn. */
  jumpedMs: number | null;
  jumps: number;
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
  slabMm: null,
  prior: null,
  editing: null,
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
  brushMm: 4,
  lastAct: 'review',
  isSeriesListShown: true,
  isPanelShown: true,
  panelTab: 'findings',
  layout: 'planes',
  jumpedMs: null,
  jumps: 0,
  modelCard: null,
};

export const useViewer = create<ViewerState>(() => INITIAL);

export const setViewer = useViewer.setState;
export const forgetSeries = (): void => setViewer(UNOPENED);
export const forgetStudy = (): void => setViewer(INITIAL, true);

/** The slab that is shown first. */
const FIRST_SLAB_MM = 10;
export const toggleSlab = (): void => setViewer(({ slabMm }) => ({ slabMm: slabMm === null ? FIRST_SLAB_MM : null }));
export const toggleCompare = (): void => setViewer(({ layout }) => ({ layout: layout === 'planes' ? 'compare' : 'planes', activePlane: 'axial', maximised: null }));

/** Fill the screen with one plane, or give it back. */
export const toggleMaximised = (plane: Plane): void =>
  setViewer(({ maximised }) => ({ maximised: maximised === null ? plane : null, activePlane: plane }));
