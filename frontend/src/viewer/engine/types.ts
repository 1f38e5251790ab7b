import type { Matrix4, Point3 } from '@/geometry/affine';
import type { Box3 } from '@/geometry/boxSlice';
import type { EdgeLetters } from '@/geometry/orientation';
import type { DisplayWindow } from '@/geometry/windowing';
import type { Backend } from './backend';

export const PLANES = ['axial', 'sagittal', 'coronal'] as const;
export type Plane = (typeof PLANES)[number];

/** Where a plane is drawn: its image, and the canvas over it. */
export interface View {
  element: HTMLDivElement;
  overlay: HTMLCanvasElement;
}

/** One frame of a series: where its pixels are fetched from and its header in the DICOM JSON model. */
export interface EngineFrame {
  address: string;
  header: object;
}

/** A series in scan order, ready to be drawn. */
export interface EngineSeries {
  seriesInstanceUid: string;
  frames: readonly EngineFrame[];
  /** A regular volume can be cut in three planes; anything else is a stack of single images. */
  isVolume: boolean;
  /** Whether the images say how large a pixel is: without it nothing is measured in mm. */
  isPixelSizeKnown: boolean;
  window: DisplayWindow | null;
}

/** Labels to draw over the images, in patient coordinates: they need not lie on the grid of the images. */
export interface EngineLabels {
  labels: Uint8Array;
  shapeKji: Point3;
  indexToLpsMm: Matrix4;
  /** Red, green, blue, each 0 to 255, by label value. */
  colours: ReadonlyMap<number, readonly [number, number, number]>;
}

/** A finding without an outline, in patient coordinates: a box, or a point. */
export interface EngineMark {
  pointLpsMm: Point3;
  box: Box3 | null;
  isSelected: boolean;
}

export interface PlaneState {
  /** 0-based place of the slice and how many there are. */
  index: number;
  count: number;
  letters: EdgeLetters;
  /** Magnification against fit-to-view. */
  zoom: number | null;
}

/** What the engine tells; all of it may come at any time after `open`. */
export interface EngineEvents {
  onPlane: (plane: Plane, state: PlaneState) => void;
  onWindow: (window: DisplayWindow) => void;
  onPoint: (pointLpsMm: Point3) => void;
  onProgress: (loaded: number, failed: number, total: number) => void;
  onFirstImage: () => void;
  /** All planes show the point that was jumped to; ms from the call until the last was drawn. */
  onJumped: (ms: number) => void;
  onBackend: (backend: Backend, isFallback: boolean) => void;
}

export type { Backend, DisplayWindow, EdgeLetters, Matrix4, Point3 };
