import { create } from 'zustand';
import type { EngineView } from '@/contract/engine';

/** How far back the lines reach. */
export const SPAN_MS = 5 * 60_000;

export interface Sample {
  atMs: number;
  share: number;
}

type History = ReadonlyMap<string, readonly Sample[]>;

export const historyKey = (engine: string, lane: string | null): string => `${engine} ${lane ?? ''}`;

/** What one look adds; samples that are too old go, and one time counts once. */
export function withLook(history: History, view: Pick<EngineView, 'at' | 'engines'>): History {
  const atMs = Date.parse(view.at);
  const next = new Map<string, readonly Sample[]>();
  for (const { name, lanes } of view.engines) {
    for (const lane of lanes ?? []) {
      const key = historyKey(name, lane.name);
      const kept = (history.get(key) ?? []).filter((sample) => sample.atMs > atMs - SPAN_MS && sample.atMs < atMs);
      next.set(key, lane.busy_share === null ? kept : [...kept, { atMs, share: lane.busy_share }]);
    }
  }
  return next;
}

/** Busy shares of the last minutes: kept while the page is left for another and come back to. */
export const useBusyHistory = create<{ history: History; look: (view: EngineView) => void }>((set) => ({
  history: new Map(),
  look: (view) => set(({ history }) => ({ history: withLook(history, view) })),
}));
