/**
 * The image views of one open study. The only way from the page to the image library.
 *
 * Lives outside React: views are handed over once as elements, everything else goes through methods and
 * comes back through `EngineEvents`.
 */

import * as core from '@cornerstonejs/core';
import dicomImageLoader from '@cornerstonejs/dicom-image-loader';
import { length, projectOntoPlane, subtract, type Point3 } from '@/geometry/affine';
import { rangeToWindow, windowToRange, type DisplayWindow } from '@/geometry/windowing';
import { JumpWatch, pulse } from './jump';
import { drawOverlay, type Projection } from './overlay';
import { Scene } from './scene';
import { register, watchLoading } from './loading';
import { drawPen, listenToPen, type Pen } from './pen';
import { PriorView, type PriorEvents } from './PriorView';
import { lookAt, normalOf, scrollTo, sliceThrough, stateOf } from './slices';
import { chooseTool, createToolGroup, destroyToolGroup, tellPixelSize } from './toolGroup';
import { giveUpGraphics, type ToolName } from './start';
import { PLANES, type EngineEvents, type EngineSeries, type Plane, type View } from './types';
import { axialCrop, drawSlab, volumeOf } from './voxels';

const ENGINE_ID = 'allward';
const VOLUME_LOADER = 'cornerstoneStreamingImageVolume';
const { Events, ViewportType, OrientationAxis } = core.Enums;
const ORIENTATION = { axial: OrientationAxis.AXIAL, sagittal: OrientationAxis.SAGITTAL, coronal: OrientationAxis.CORONAL } as const;

export class ViewerEngine {
  readonly #views: Record<Plane, View>;
  readonly #events: EngineEvents;
  readonly #rendering: core.RenderingEngine;
  readonly #stop = new AbortController();
  #dataId: string | null = null;
  #shownPlanes: readonly Plane[] = [];
  readonly #jumps = new JumpWatch();
  #prior: PriorView | null = null;
  #slabMm: number | null = null;
  #pen: Pen | null = null;
  #tool: ToolName = 'window';
  #point: Point3 | null = null;
  #isPointShown = true;
  #window: DisplayWindow | null = null;
  /** What lies over the images: labels, marks, and how they look. */
  readonly scene = new Scene(() => this.#drawOverlays());
  /** From here on a changed window is the user's doing, not the image library's default. */
  #isOpen = false;

  /** @throws Error If the browser offers no way to draw. */
  constructor(views: Record<Plane, View>, events: EngineEvents) {
    this.#views = views;
    this.#events = events;
    this.#rendering = (core.getRenderingEngine(ENGINE_ID) as core.RenderingEngine | undefined) ?? new core.RenderingEngine(ENGINE_ID);
    for (const plane of PLANES) {
      this.#rendering.enableElement({
        viewportId: plane,
        type: ViewportType.PLANAR_NEXT,
        element: views[plane].element,
        defaultOptions: { background: [0, 0, 0] },
      });
      this.#listen(plane, views[plane].element);
    }
    createToolGroup(ENGINE_ID, PLANES);
    core.eventTarget.addEventListener(Events.WEBGL_CONTEXT_LOST, this.#fallBack);
  }

  /** Show a series. Resolves when its first image is on the screen; the others follow by themselves. */
  async open(series: EngineSeries): Promise<void> {
    const imageIds = register(series);
    const middle = Math.floor(imageIds.length / 2);
    await core.imageLoader.loadAndCacheImage(imageIds[middle] ?? '');
    if (this.#stop.signal.aborted) {
      return;
    }
    this.#window = series.window;
    tellPixelSize(series.isPixelSizeKnown);
    this.#dataId = series.seriesInstanceUid;
    if (series.isVolume) {
      await this.#openVolume(imageIds);
    } else {
      await this.#openStack(imageIds, middle);
    }
    if (!this.#stop.signal.aborted) {
      this.#isOpen = true;
      this.#events.onFirstImage();
    }
  }

  async #openVolume(imageIds: string[]): Promise<void> {
    const dataId = this.#dataId ?? '';
    const volumeId = `${VOLUME_LOADER}:${dataId}`;
    const volume = await core.volumeLoader.createAndCacheVolume(volumeId, { imageIds });
    core.utilities.genericViewportDisplaySetMetadataProvider.add(dataId, { kind: 'planar', imageIds, volumeId });
    this.#shownPlanes = PLANES;
    for (const plane of PLANES) {
      await this.#viewport(plane).setDisplaySets({ displaySetId: dataId, options: { role: 'source', orientation: ORIENTATION[plane] } });
    }
    this.#showWindow();
    this.#setPoint(this.#focalPoint('axial'));
    watchLoading(volumeId, imageIds, this.#events.onProgress, this.#stop.signal);
    volume.load();
  }

  async #openStack(imageIds: string[], middle: number): Promise<void> {
    const dataId = this.#dataId ?? '';
    core.utilities.genericViewportDisplaySetMetadataProvider.add(dataId, { kind: 'planar', imageIds, initialImageIdIndex: middle });
    this.#shownPlanes = ['axial'];
    this.#isPointShown = false;
    await this.#viewport('axial').setDisplaySets({ displaySetId: dataId, options: { role: 'source' } });
    this.#showWindow();
    this.#events.onProgress(imageIds.length, 0, imageIds.length);
  }

  #viewport(plane: Plane): core.PlanarViewport {
    return this.#rendering.getViewport(plane) as unknown as core.PlanarViewport;
  }

  #listen(plane: Plane, element: HTMLDivElement): void {
    const { signal } = this.#stop;
    element.addEventListener(Events.IMAGE_RENDERED, () => this.#afterRender(plane), { signal });
    element.addEventListener(
      Events.VOI_MODIFIED,
      (event) => {
        const { range } = (event as CustomEvent<{ range?: { lower: number; upper: number } }>).detail;
        if (range !== undefined && this.#isOpen) {
          this.setWindow(rangeToWindow(range));
        }
      },
      { signal },
    );
    const point = (event: PointerEvent): void => {
      if (this.#pen === null && this.#tool === 'crosshair' && event.buttons === 1 && this.#shownPlanes.length > 1) {
        const box = element.getBoundingClientRect();
        this.jumpTo(this.#projection(plane).canvasToWorld(event.clientX - box.left, event.clientY - box.top), plane);
      }
    };
    element.addEventListener('pointerdown', point, { signal });
    element.addEventListener('pointermove', point, { signal });
    listenToPen(element, plane, this.#projection(plane).canvasToWorld, () => (this.#shownPlanes.length > 1 ? this.#pen : null), signal);
    element.addEventListener('contextmenu', (event) => event.preventDefault(), { signal });
  }

  readonly #fallBack = async (): Promise<void> => {
    if (await giveUpGraphics()) {
      this.#events.onBackend('cpu', true);
      this.render();
    }
  };

  #projection(plane: Plane): Projection {
    const viewport = this.#viewport(plane);
    return {
      canvasToWorld: (x, y) => viewport.canvasToWorld([x, y]),
      worldToCanvas: (point) => viewport.worldToCanvas([...point]),
    };
  }

  #afterRender(plane: Plane): void {
    if (this.#dataId === null || !this.#shownPlanes.includes(plane)) {
      return;
    }
    this.#drawSlab(plane);
    const jumpedMs = this.#jumps.drawn(plane);
    if (jumpedMs !== null) {
      this.#events.onJumped(jumpedMs);
    }
    this.#events.onPlane(plane, stateOf(this.#viewport(plane)));
    this.#followSlice(plane);
    this.#drawOverlay(plane);
  }

  /** When a plane was scrolled, the shared point moves along, and the lines of the others with it. */
  #followSlice(plane: Plane): void {
    const normal = normalOf(this.#viewport(plane));
    if (this.#point === null || normal === null || !this.#isPointShown) {
      return;
    }
    const moved = projectOntoPlane(this.#point, this.#focalPoint(plane), normal);
    if (length(subtract(moved, this.#point)) > 0.01) {
      this.#setPoint(moved);
    }
  }

  #setPoint(point: Point3): void {
    this.#point = point;
    this.#events.onPoint(point);
    this.#drawOverlays();
  }

  #focalPoint(plane: Plane): Point3 {
    const element = this.#views[plane].element;
    return this.#viewport(plane).getViewReference().cameraFocalPoint ?? this.#projection(plane).canvasToWorld(element.clientWidth / 2, element.clientHeight / 2);
  }

  #drawOverlay(plane: Plane): void {
    drawOverlay(this.#views[plane].overlay, plane, this.#projection(plane), this.scene.with(this.#isPointShown && this.#pen === null ? this.#point : null));
    if (this.#pen !== null) {
      drawPen(this.#views[plane].overlay, this.#projection(plane), this.#pen.drawing());
    }
  }

  #drawOverlays(): void {
    if (this.#dataId !== null) {
      this.#shownPlanes.forEach((plane) => this.#drawOverlay(plane));
    }
  }

  #showWindow(): void {
    const window = this.#window;
    const dataId = this.#dataId;
    if (window !== null && dataId !== null) {
      for (const plane of this.#shownPlanes) {
        this.#viewport(plane).setDisplaySetPresentation(dataId, { voiRange: windowToRange(window) });
      }
      this.#prior?.setWindow(window);
      this.#events.onWindow(window);
    }
    this.render();
  }

  /** Draw all planes anew. */
  render(): void {
    this.#visiblePlanes().forEach((plane) => this.#viewport(plane).render());
  }

  /** Show all planes with this window. */
  setWindow(window: DisplayWindow): void {
    if (this.#window?.center === window.center && this.#window.width === window.width) {
      return;
    }
    this.#window = window;
    this.#showWindow();
  }

  setTool(tool: ToolName): void {
    this.#tool = tool;
    chooseTool(this.#pen === null ? tool : 'crosshair');
  }

  /** Give the left button to a pen of the page, or draw anew what it shows; `null` gives it back to the chosen tool. */
  setPen(pen: Pen | null): void {
    this.#pen = pen;
    this.setTool(this.#tool);
    this.#drawOverlays();
  }

  /**
   * Bring all planes to a point of the patient.
   *
   * @param except The plane that was clicked: it shows the point already and must not move.
   */
  jumpTo(pointLpsMm: Point3, except: Plane | null = null): void {
    if (this.#shownPlanes.length < 2) {
      return;
    }
    this.#setPoint(pointLpsMm);
    const moved = this.#visiblePlanes().filter((one) => one !== except);
    this.#jumps.begin(moved);
    moved.forEach((plane) => lookAt(this.#viewport(plane), pointLpsMm));
    if (except === null) {
      pulse((share) => this.scene.setPulse(share), this.#stop.signal);
    }
  }

  /** The image library's pixels of the open volume; `null` for a stack, and before any came. */
  #volume() {
    return this.#shownPlanes.length < 2 || this.#dataId === null ? null : volumeOf(`${VOLUME_LOADER}:${this.#dataId}`);
  }

  #drawSlab(plane: Plane): void {
    const volume = this.#slabMm === null ? null : this.#volume();
    if (this.#slabMm !== null && this.#window !== null && volume !== null) {
      drawSlab(this.#views[plane].element, this.#projection(plane), volume, this.#slabMm, this.#window);
    }
  }

  /** Show the brightest of a slab of so many mm in every plane; `null` shows single slices. */
  setSlab(thicknessMm: number | null): void {
    this.#slabMm = thicknessMm;
    this.render();
  }

  /** An axial picture of `sizeMm` around a point; `null` as long as its pixels have not come. */
  crop(centre: Point3, sizeMm: number, pixels: number, window: DisplayWindow): ImageData | null {
    const volume = this.#volume();
    return volume === null ? null : axialCrop(volume, centre, sizeMm, pixels, window);
  }

  /** Show an earlier series in a view of its own; it goes with this engine, or before. */
  openPrior(view: View, series: EngineSeries, events: PriorEvents): Promise<void> {
    this.closePrior();
    this.#prior = new PriorView(this.#rendering, view, events);
    return this.#prior.open(series, this.#window);
  }

  closePrior(): void {
    this.#prior?.destroy();
    this.#prior = null;
  }

  /** Move a plane by so many slices. */
  scroll(plane: Plane, slices: number): void {
    if (this.#shownPlanes.includes(plane)) {
      void this.#viewport(plane).scroll(slices);
    }
  }

  /** Bring a plane to its slice number `index` (0-based). */
  goToSlice(plane: Plane, index: number): void {
    if (this.#shownPlanes.includes(plane)) {
      this.scroll(plane, index - this.#viewport(plane).getSliceIndex());
    }
  }

  /** The slice (0-based) of a plane on which a point lies, or `null` where planes are not cut. */
  sliceOf(plane: Plane, pointLpsMm: Point3): number | null {
    const isCut = this.#shownPlanes.length > 1 && this.#shownPlanes.includes(plane);
    return isCut ? sliceThrough(this.#viewport(plane), pointLpsMm) : null;
  }

  /** Undo zoom and pan and show a window. */
  reset(window: DisplayWindow | null): void {
    this.#shownPlanes.forEach((plane) => this.#viewport(plane).resetViewState());
    this.#window = window;
    this.#showWindow();
  }

  /** Planes with a place on the screen: a hidden one has no size, and moving it would leave it without a picture. */
  #visiblePlanes(): Plane[] {
    return this.#shownPlanes.filter((plane) => this.#views[plane].element.clientWidth > 0);
  }

  /** Fit the views to their elements after the layout changed; planes that were hidden come to the shared point. */
  resize(isAgain = false): void {
    if (this.#stop.signal.aborted) {
      return;
    }
    this.#rendering.resize(true, true);
    for (const plane of this.#visiblePlanes()) {
      this.#viewport(plane).resize();
      if (this.#point !== null) {
        scrollTo(this.#viewport(plane), this.#point);
      }
    }
    this.render();
    if (!isAgain) {
      // The library leaves a resize out while a frame of its own is pending, and does not make up for it.
      requestAnimationFrame(() => this.resize(true));
    }
  }

  /** Give everything back: views, images and memory. Whatever is called afterwards does nothing. */
  destroy(): void {
    this.#stop.abort();
    this.closePrior();
    this.#dataId = null;
    this.#shownPlanes = [];
    core.eventTarget.removeEventListener(Events.WEBGL_CONTEXT_LOST, this.#fallBack);
    destroyToolGroup();
    // The rendering engine stays for the next study: a new one would take new WebGL contexts each time.
    PLANES.forEach((plane) => this.#rendering.disableElement(plane));
    core.imageLoadPoolManager.clearRequestStack(core.Enums.RequestType.Prefetch);
    core.utilities.genericViewportDisplaySetMetadataProvider.clear();
    core.cache.purgeCache();
    dicomImageLoader.wadors.metaDataManager.purge();
  }
}
