import { keepPreviousData, useInfiniteQuery, type InfiniteData, type QueryClient } from '@tanstack/react-query';
import { worklistPage, type AiState, type WorklistItem, type WorklistPage } from '@/contract/worklist';
import { askFor } from './http';

const PAGE_SIZE = 100;
const KEY = 'worklist';

/** Which studies stand on top. */
export type WorklistOrder = 'urgent' | 'newest' | 'oldest';

export interface WorklistFilter {
  q: string;
  modality: string | null;
  ai: AiState | null;
  order: WorklistOrder;
}

/** The worklist as the server orders it, a page at a time. */
export function useWorklist(filter: WorklistFilter) {
  return useInfiniteQuery({
    queryKey: [KEY, filter],
    queryFn: ({ pageParam, signal }) => askFor(worklistPage, addressOf(filter, pageParam), { signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page: WorklistPage) => page.next,
    placeholderData: keepPreviousData,
    refetchOnWindowFocus: true,
  });
}

/** Address of one page; unset filters are left out. */
export function addressOf(filter: WorklistFilter, cursor: string | null): string {
  const given: Record<string, string | null> = {
    q: filter.q.trim() || null,
    modality: filter.modality,
    ai: filter.ai,
    order: filter.order === 'urgent' ? null : filter.order,
    cursor,
  };
  const query = new URLSearchParams({ limit: String(PAGE_SIZE) });
  for (const [name, value] of Object.entries(given)) {
    if (value !== null) {
      query.set(name, value);
    }
  }
  return `/api/v1/worklist/?${query.toString()}`;
}

/** What the place of a study hangs on: an urgent one that is judged sinks among the others. */
const urgencyOf = ({ priority, review }: WorklistItem): string =>
  review === 'reviewed' && (priority === 'STAT' || priority === 'HIGH') ? `${priority} done` : priority;

/** Put a changed study in its place. `false`: it is on no page that is held, or its place may have changed. */
export function replaceItem(data: InfiniteData<WorklistPage>, item: WorklistItem): InfiniteData<WorklistPage> | null {
  let found = false;
  const pages = data.pages.map((page) => ({
    ...page,
    items: page.items.map((old) => {
      if (old.study_id !== item.study_id) {
        return old;
      }
      found = urgencyOf(old) === urgencyOf(item);
      return item;
    }),
  }));
  return found ? { ...data, pages } : null;
}

/** Show a changed study at once; where that is not enough, fetch the list anew. */
export function applyStudyChange(client: QueryClient, item: WorklistItem): void {
  for (const [key, data] of client.getQueriesData<InfiniteData<WorklistPage>>({ queryKey: [KEY] })) {
    const replaced = data === undefined ? null : replaceItem(data, item);
    if (replaced === null || isFiltered(key)) {
      void client.invalidateQueries({ queryKey: key, exact: true });
    }
    if (replaced !== null) {
      client.setQueryData(key, replaced);
    }
  }
}

/** Show the progress of a run without asking the server. */
export function applyProgress(client: QueryClient, studyId: string, runId: string, progress: number): void {
  client.setQueriesData<InfiniteData<WorklistPage>>({ queryKey: [KEY] }, (data) =>
    data === undefined
      ? data
      : {
          ...data,
          pages: data.pages.map((page) => ({
            ...page,
            items: page.items.map((item) => withProgress(item, studyId, runId, progress)),
          })),
        },
  );
}

export function withProgress(item: WorklistItem, studyId: string, runId: string, progress: number): WorklistItem {
  const isRunning = item.ai.state === 'scheduled' || item.ai.state === 'in_progress';
  if (item.study_id !== studyId || !isRunning || (item.ai.run_id !== null && item.ai.run_id !== runId)) {
    return item;
  }
  return { ...item, ai: { ...item.ai, state: 'in_progress', progress } };
}

function isFiltered(key: readonly unknown[]): boolean {
  const filter = key[1] as WorklistFilter | undefined;
  return filter !== undefined && (filter.q !== '' || filter.modality !== null || filter.ai !== null);
}
