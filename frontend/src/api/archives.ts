import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { archiveAnswer, archivedStudies, ownTitles, retrieval, retrievals, sourceArchive, sourceArchives, type ArchiveOrder, type ArchiveQuery, type Retrieval, type RetrievalOrder, type RetrievalState } from '@/contract/archives';
import { askFor } from './http';

const ARCHIVES = '/api/v1/archives/';
const RETRIEVALS = '/api/v1/retrievals/';
const ARCHIVES_KEY = ['archives'];
const RETRIEVALS_KEY = ['retrievals'];
const TITLES = `${ARCHIVES}titles/`;
const TITLES_KEY = ['own-titles'];
/** How often requests are looked at: while something is on its way, and otherwise. */
const SOON_MS = 3_000;
const SELDOM_MS = 30_000;

export const isUnderWay = ({ state }: Pick<Retrieval, 'state'>): boolean => state === 'waiting' || state === 'retrieving';

/** The hospital's archives by name. */
export function useArchives() {
  return useQuery({ queryKey: ARCHIVES_KEY, queryFn: async ({ signal }) => (await askFor(sourceArchives, ARCHIVES, { signal })).archives });
}

/** Add an archive, or replace what is said of the one that is named. */
export function useSayOfArchive(archiveId: string | null) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (order: ArchiveOrder) => askFor(sourceArchive, archiveId === null ? ARCHIVES : `${ARCHIVES}${archiveId}/`, { method: archiveId === null ? 'POST' : 'PUT', body: order }),
    onSuccess: () => Promise.all([client.invalidateQueries({ queryKey: ARCHIVES_KEY }), client.invalidateQueries({ queryKey: TITLES_KEY })]),
  });
}

/** The hospital's own AE titles. */
export function useOwnTitles() {
  return useQuery({ queryKey: TITLES_KEY, queryFn: async ({ signal }) => (await askFor(ownTitles, TITLES, { signal })).titles });
}

/** Give one of them back: it may become another hospital's. */
export function useGiveTitleBack() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (titleId: string) => (await askFor(ownTitles, `${TITLES}${titleId}/`, { method: 'DELETE' })).titles,
    onSuccess: (titles) => client.setQueryData(TITLES_KEY, titles),
    onError: () => client.invalidateQueries({ queryKey: TITLES_KEY }),
  });
}

/** Ask an archive whether it answers; the archive keeps how that went. */
export function useTestArchive(archiveId: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => askFor(archiveAnswer, `${ARCHIVES}${archiveId}/test/`, { method: 'POST' }),
    onSuccess: () => client.invalidateQueries({ queryKey: ARCHIVES_KEY }),
  });
}

/** Ask an archive which studies it holds; nothing is fetched. */
export function useAskArchive() {
  return useMutation({
    mutationFn: async ({ archiveId, query }: { archiveId: string; query: ArchiveQuery }) => (await askFor(archivedStudies, `${ARCHIVES}${archiveId}/query/`, { method: 'POST', body: query })).studies,
  });
}

/** What was asked for, the newest first; looked at again and again by itself. `null`: in every state. */
export function useRetrievals(state: RetrievalState | null) {
  return useQuery({
    queryKey: [...RETRIEVALS_KEY, state],
    queryFn: async ({ signal }) => (await askFor(retrievals, state === null ? RETRIEVALS : `${RETRIEVALS}?state=${state}`, { signal })).retrievals,
    refetchInterval: ({ state: { data } }) => (data?.some(isUnderWay) === true ? SOON_MS : SELDOM_MS),
  });
}

/** Queue studies. */
export function useFetchStudies() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (order: RetrievalOrder) => (await askFor(retrievals, RETRIEVALS, { method: 'POST', body: order })).retrievals,
    onSuccess: () => client.invalidateQueries({ queryKey: RETRIEVALS_KEY }),
  });
}

/** Give a request up. */
export function useCancelRetrieval() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (retrievalId: string) => askFor(retrieval, `${RETRIEVALS}${retrievalId}/cancel/`, { method: 'POST' }),
    onSettled: () => client.invalidateQueries({ queryKey: RETRIEVALS_KEY }),
  });
}
