/** The earlier examination beside the present one: one axial view, scrolled with it. */

import * as core from '@cornerstonejs/core';
import { length, projectOntoPlane, subtract, type Point3 } from '@/geometry/affine';
import { windowToRange, type DisplayWindow } from '@/geometry/windowing';
import { register } from './loading';
import { drawOverlay } from './overlay';
import { lookAt, normalOf, scrollTo, stateOf } from './slices';
import { addToTools, removeFromTools } from './toolGroup';
import type { EngineSeries, PlaneState, View } from './types';

const VIEW_ID = 'prior';
const VOLUME_LOADER = 'cornerstoneStreamingImageVolume';
const { Events, ViewportType, OrientationAxis } = core.Enums;

export interface PriorEvents {
  onState: (state: PlaneState) => void;
  onReady: (view: PriorView) => void;
  /** Somebody scrolled here; a point of the earlier series in the slice that is shown. */
  onScrolled: (pointLpsMm: Point3) => void;
}

export class PriorView {
  readonly #overlay: HTMLCanvasElement;
  readonly #events: PriorEvents;
  readonly #rendering: core.RenderingEngine;
  readonly #stop = new AbortController();
  #dataId: string | null = null;
  #point: Point3 | null = null;
  #ring: Point3 | null = null;

  constructor(rendering: core.RenderingEngine, { element, overlay }: View, events: PriorEvents) {
    this.#overlay = overlay;
    this.#events = events;
    this.#rendering = rendering;
    rendering.enableElement({ viewportId: VIEW_ID, type: ViewportType.PLANAR_NEXT, element, defaultOptions: { background: [0, 0, 0] } });
    addToTools(VIEW_ID, rendering.id);
    element.addEventListener(Events.IMAGE_RENDERED, () => this.#afterRender(), { signal: this.#stop.signal });
    element.addEventListener('contextmenu', (event) => event.preventDefault(), { signal: this.#stop.signal });
  }

  /** Show a series. Resolves when its first image is on the screen. */
  async open(series: EngineSeries, window: DisplayWindow | null): Promise<void> {
    const imageIds = register(series);
    await core.imageLoader.loadAndCacheImage(imageIds[Math.floor(imageIds.length / 2)] ?? '');
    const dataId = series.seriesInstanceUid;
    const volumeId = `${VOLUME_LOADER}:${dataId}`;
    const volume = await core.volumeLoader.createAndCacheVolume(volumeId, { imageIds });
    core.utilities.genericViewportDisplaySetMetadataProvider.add(dataId, { kind: 'planar', imageIds, volumeId });
    if (this.#stop.signal.aborted) {
      return;
    }
    await this.#viewport().setDisplaySets({ displaySetId: dataId, options: { role: 'source', orientation: OrientationAxis.AXIAL } });
    this.#dataId = dataId;
    this.setWindow(window ?? series.window);
    this.#point = this.#focalPoint();
    volume.load();
    this.#events.onReady(this);
  }

  #viewport(): core.PlanarViewport {
    return this.#rendering.getViewport(VIEW_ID) as unknown as core.PlanarViewport;
  }

  #focalPoint(): Point3 | null {
    return this.#viewport().getViewReference().cameraFocalPoint ?? null;
  }

  #afterRender(): void {
    if (this.#dataId === null) {
      return;
    }
    this.#events.onState(stateOf(this.#viewport()));
    this.#drawOverlay();
    const normal = normalOf(this.#viewport());
    const focal = this.#focalPoint();
    if (normal === null || focal === null || this.#point === null) {
      return;
    }
    const moved = projectOntoPlane(this.#point, focal, normal);
    if (length(subtract(moved, this.#point)) > 0.01) {
      this.#point = moved;
      this.#events.onScrolled(moved);
    }
  }

  #drawOverlay(): void {
    const viewport = this.#viewport();
    drawOverlay(
      this.#overlay,
      'axial',
      { canvasToWorld: (x, y) => viewport.canvasToWorld([x, y]), worldToCanvas: (point) => viewport.worldToCanvas([...point]) },
      {
        labels: null,
        paint: { colours: new Map(), opacity: 0 },
        marks: this.#ring === null ? [] : [{ pointLpsMm: this.#ring, box: null, isSelected: true }],
        crosshair: null,
        pulse: null,
      },
    );
  }

  setWindow(window: DisplayWindow | null): void {
    if (window !== null && this.#dataId !== null) {
      this.#viewport().setDisplaySetPresentation(this.#dataId, { voiRange: windowToRange(window) });
      this.#viewport().render();
    }
  }

  /** Bring the view to the slice through a point; its place and zoom across the slice stay. */
  follow(pointLpsMm: Point3): void {
    if (this.#dataId === null) {
      return;
    }
    this.#point = null;
    scrollTo(this.#viewport(), pointLpsMm);
    this.#point = this.#focalPoint();
  }

  /** Mark where a finding was seen, and bring it into view; `null` takes the mark away. */
  mark(pointLpsMm: Point3 | null): void {
    this.#ring = pointLpsMm;
    if (this.#dataId === null) {
      return;
    }
    if (pointLpsMm !== null) {
      this.#point = pointLpsMm;
      lookAt(this.#viewport(), pointLpsMm);
    }
    this.#drawOverlay();
  }

  /** Give its view and its pixels back; those of the present series stay. */
  destroy(): void {
    this.#stop.abort();
    const dataId = this.#dataId;
    this.#dataId = null;
    removeFromTools(VIEW_ID, this.#rendering.id);
    this.#rendering.disableElement(VIEW_ID);
    if (dataId !== null && core.cache.getVolume(`${VOLUME_LOADER}:${dataId}`) !== undefined) {
      core.cache.removeVolumeLoadObject(`${VOLUME_LOADER}:${dataId}`);
    }
  }
}
