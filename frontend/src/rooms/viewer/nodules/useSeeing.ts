import { useEffect } from 'react';
import { useMayReview } from '@/api/session';
import { useCorrections, useSeen } from '@/api/reading';
import type { Corrections } from '@/contract/corrections';
import type { Result } from '@/contract/results';
import { useViewer } from '@/rooms/viewer/viewerState';

/** Rests so long on the screen and counts as looked at: less is paging past. */
const LOOK_MS = 400;

/**
 * How the result stands to corrections, told the server what of it was on the screen.
 *
 * A finding counts as seen when it was jumped to and its planes were drawn.
 */
export function useSeeing(result: Result | null): Corrections | null {
  const isAble = result?.app.abilities.includes('correct') ?? false;
  const { data } = useCorrections(isAble ? (result?.result_id ?? null) : null);
  const mayReview = useMayReview();
  const { mutate } = useSeen(result?.result_id ?? '');
  const selectedId = useViewer((state) => state.selectedFindingId);
  const isDrawn = useViewer((state) => state.hasFirstImage);
  const held = data?.findings.find(({ finding_id }) => finding_id === selectedId);
  const edits = held !== undefined && !held.seen ? held.edits : null;

  useEffect(() => {
    if (!mayReview || !isDrawn || selectedId === null || edits === null) {
      return undefined;
    }
    const timer = setTimeout(() => mutate({ findingId: selectedId, edits }), LOOK_MS);
    return () => clearTimeout(timer);
  }, [mayReview, isDrawn, selectedId, edits, mutate]);

  return data ?? null;
}
