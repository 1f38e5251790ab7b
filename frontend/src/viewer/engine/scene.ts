/** What lies over the images, in one place for all planes. */

import type { Point3 } from '@/geometry/affine';
import { labelVolume, type LabelPaint } from '@/geometry/labelSlice';
import type { OverlayScene } from './overlay';
import type { EngineLabels, EngineMark } from './types';

export class Scene {
  #held: Omit<OverlayScene, 'crosshair'> = { labels: null, paint: { colours: new Map(), opacity: 0.3 }, marks: [], pulse: null };
  #labelsShown = true;

  /** @throws RangeError If the number of labels does not fit their shape. */
  setLabels(given: EngineLabels | null): void {
    const labels = given === null ? null : labelVolume(given.labels, given.shapeKji, given.indexToLpsMm);
    this.#held = { ...this.#held, labels, paint: { ...this.#held.paint, colours: given?.colours ?? new Map() } };
  }

  setMarks(marks: readonly EngineMark[]): void {
    this.#held = { ...this.#held, marks };
  }

  setLook(isShown: boolean, opacity: LabelPaint['opacity']): void {
    this.#labelsShown = isShown;
    this.#held = { ...this.#held, paint: { ...this.#held.paint, opacity } };
  }

  setPulse(pulse: number | null): void {
    this.#held = { ...this.#held, pulse };
  }

  /** What is drawn now, with the lines of the shared point. */
  with(crosshair: Point3 | null): OverlayScene {
    const { labels, marks } = this.#held;
    return { ...this.#held, labels: this.#labelsShown ? labels : null, marks: this.#labelsShown ? marks : [], crosshair };
  }
}
