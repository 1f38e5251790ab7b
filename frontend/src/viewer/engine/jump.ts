/** What a jump to a point does over time: how long it took, and the ring that points it out. */

import type { Plane } from './types';

const PULSE_MS = 600;

/** Tells when every plane that was moved has been drawn. */
export class JumpWatch {
  #startMs = 0;
  #waiting = new Set<Plane>();

  begin(planes: readonly Plane[]): void {
    this.#startMs = performance.now();
    this.#waiting = new Set(planes);
  }

  /** A plane was drawn. Returns the time from the jump until now, in ms, once it was the last one. */
  drawn(plane: Plane): number | null {
    return this.#waiting.delete(plane) && this.#waiting.size === 0 ? performance.now() - this.#startMs : null;
  }
}

/** Run a ring from 0 to 1, then `null`; nothing moves for those who do not want it. */
export function pulse(draw: (share: number | null) => void, signal: AbortSignal): void {
  if (window.matchMedia('(prefers-reduced-motion: reduce)').matches) {
    return;
  }
  const startMs = performance.now();
  const step = (): void => {
    const share = (performance.now() - startMs) / PULSE_MS;
    draw(share < 1 ? share : null);
    if (share < 1 && !signal.aborted) {
      requestAnimationFrame(step);
    }
  };
  requestAnimationFrame(step);
}
