/** What lies over the images, in one place for all planes. */

import type { Point3 } from '@/geometry/affine';
import { labelVolume, type LabelPaint } from '@/geometry/labelSlice';
import type { OverlayScene } from './overlay';
import type { EngineLabels, EngineMark } from './types';

export class Scene {
  #held: Omit<OverlayScene, 'crosshair'> = { labels: null, paint: { colours: new Map(), opacity: 0.3 }, marks: [], pulse: null };
  #labelsShown = true;
  readonly #onChange: () => void;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  #change(more: Partial<Omit<OverlayScene, 'crosshair'>>): void {
    this.#held = { ...this.#held, ...more };
    this.#onChange();
  }

  /**
   * Lay labels over the images; `null` takes them away.
   *
   * @throws RangeError If the number of labels does not fit their shape.
   */
  setLabels(given: EngineLabels | null): void {
    const labels = given === null ? null : labelVolume(given.labels, given.shapeKji, given.indexToLpsMm);
    this.#change({ labels, paint: { ...this.#held.paint, colours: given?.colours ?? new Map() } });
  }

  /** Show findings that have a place and no outline, together with the labels or not at all. */
  setMarks(marks: readonly EngineMark[]): void {
    this.#change({ marks });
  }

  /** How the labels are drawn: shown or not, and the opacity of their inside (0 to 1). */
  setLook(isShown: boolean, opacity: LabelPaint['opacity']): void {
    this.#labelsShown = isShown;
    this.#change({ paint: { ...this.#held.paint, opacity } });
  }

  setPulse(pulse: number | null): void {
    this.#change({ pulse });
  }

  /** What is drawn now, with the lines of the shared point. */
  with(crosshair: Point3 | null): OverlayScene {
    const { labels, marks } = this.#held;
    return { ...this.#held, labels: this.#labelsShown ? labels : null, marks: this.#labelsShown ? marks : [], crosshair };
  }
}
