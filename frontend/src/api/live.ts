import type { QueryClient } from '@tanstack/react-query';
import { create } from 'zustand';
import { liveMessage, type LiveMessage } from '@/contract/live';
import { applyRunProgress, refreshStudy } from './study';
import { applyProgress, applyStudyChange } from './worklist';

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;
/** Nobody is signed in, or this person may not look: trying again would change nothing. */
const TURNED_AWAY_CODES = new Set([4401, 4403]);

type LiveState = 'connecting' | 'live' | 'offline';

/** Whether changes appear by themselves just now. */
export const useLive = create<{ state: LiveState }>(() => ({ state: 'connecting' }));

/** Wait before try number `attempt` (0 is the first), doubled each time, with up to a third taken off by chance. */
export function waitBeforeTry(attempt: number, chance: number): number {
  return Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** attempt) * (1 - chance / 3);
}

/** Keep one web socket open; after each gap everything held is fetched anew. Returns how to stop. */
export function stayLive(client: QueryClient, onTurnedAway: () => void): () => void {
  let stopped = false;
  let attempt = 0;
  let socket: WebSocket | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const open = (): void => {
    const scheme = window.location.protocol === 'https:' ? 'wss' : 'ws';
    socket = new WebSocket(`${scheme}://${window.location.host}/ws/`);
    socket.onopen = () => {
      if (useLive.getState().state === 'offline') {
        void client.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'session' && queryKey[0] !== 'labelmap' });
      }
      attempt = 0;
      useLive.setState({ state: 'live' });
    };
    socket.onmessage = ({ data }) => hear(client, data);
    socket.onclose = ({ code }) => {
      if (stopped) {
        return;
      }
      useLive.setState({ state: 'offline' });
      if (TURNED_AWAY_CODES.has(code)) {
        onTurnedAway();
      } else {
        timer = setTimeout(open, waitBeforeTry(attempt, Math.random()));
        attempt += 1;
      }
    };
  };

  open();
  return () => {
    stopped = true;
    clearTimeout(timer);
    socket?.close();
    useLive.setState({ state: 'connecting' });
  };
}

function hear(client: QueryClient, data: unknown): void {
  const message = readMessage(data);
  if (message === null) {
    // Something changed that this page cannot read: what the REST face says is the truth.
    void client.invalidateQueries({ queryKey: ['worklist'] });
    return;
  }
  applyMessage(client, message);
}

/** A message as the contract knows it, or `null`. */
export function readMessage(data: unknown): LiveMessage | null {
  try {
    const parsed = liveMessage.safeParse(JSON.parse(String(data)));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

export function applyMessage(client: QueryClient, message: LiveMessage): void {
  switch (message.type) {
    case 'study.changed':
      applyStudyChange(client, message.item);
      refreshStudy(client, message.study_id, false);
      break;
    case 'run.progress':
      applyProgress(client, message.study_id, message.run_id, message.progress);
      applyRunProgress(client, message.study_id, message.run_id, message.progress);
      break;
    case 'result.changed':
      refreshStudy(client, message.study_id, true);
      break;
  }
}
