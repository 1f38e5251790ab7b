import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { acceptanceDetail, acceptanceSets, acceptanceSettings, casesAdded, seriesChoices, type AcceptanceDetail, type CaseOrder, type SetOrder } from '@/contract/acceptance';
import { ask, askFor } from './http';

const PATH = '/api/v1/acceptance/';
const KEY = ['acceptance'];
/** How often a set that is at work is asked for. */
export const EVERY_MS = 2000;

const pathOf = (setId: string): string => `${PATH}${encodeURIComponent(setId)}/`;
const keyOf = (setId: string | null) => [...KEY, 'one', setId];

/** Whether something still happens to a set without anybody's doing. */
export const isAtWork = (set: Pick<AcceptanceDetail, 'state'> | undefined): boolean => set?.state === 'running' || set?.state === 'reporting';

/** Every set of the hospital, the newest first, and where acceptance is asked. */
export function useAcceptanceSets() {
  return useQuery({
    queryKey: [...KEY, 'all'],
    queryFn: ({ signal }) => askFor(acceptanceSets, PATH, { signal }),
    refetchInterval: ({ state }) => (state.data?.sets.some(isAtWork) === true ? EVERY_MS : false),
  });
}

/** One set with its cases and figures; asked anew while it is at work. `null`: none is asked for. */
export function useAcceptanceSet(setId: string | null) {
  return useQuery({
    queryKey: keyOf(setId),
    enabled: setId !== null,
    queryFn: ({ signal }) => askFor(acceptanceDetail, pathOf(setId ?? ''), { signal }),
    refetchInterval: ({ state }) => (isAtWork(state.data) ? EVERY_MS : false),
  });
}

/** An act whose answer is the set as it is then. */
function useActing<T>(act: (order: T) => Promise<AcceptanceDetail>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: act,
    onSuccess: (set) => client.setQueryData(keyOf(set.id), set),
    onSettled: () => client.invalidateQueries({ queryKey: KEY }),
  });
}

export const useBeginSet = () => useActing((order: SetOrder) => askFor(acceptanceDetail, PATH, { method: 'POST', body: order }));

/** Start a set, or stop it. */
export const useRunSet = () => useActing(({ setId, act }: { setId: string; act: 'start' | 'cancel' }) => askFor(acceptanceDetail, `${pathOf(setId)}${act}/`, { method: 'POST' }));

/** Accept a version in a department on the ground of a set's report. */
export function useAccept() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ setId, installationId, remark }: { setId: string; installationId: string; remark: string }) =>
      askFor(acceptanceDetail, `${pathOf(setId)}accept/`, { method: 'POST', body: { installation_id: installationId, remark } }),
    onSuccess: (set) => client.setQueryData(keyOf(set.id), set),
    onSettled: () => Promise.all([client.invalidateQueries({ queryKey: KEY }), client.invalidateQueries({ queryKey: ['plugins'] })]),
  });
}

/** Add cases, chosen one by one or as the text of a table. */
export function useAddCases(setId: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (given: readonly CaseOrder[] | string) => askFor(casesAdded, `${pathOf(setId)}cases/`, { method: 'POST', ...(typeof given === 'string' ? { text: given, type: 'text/csv; charset=utf-8' } : { body: { cases: given } }) }),
    onSuccess: ({ set }) => client.setQueryData(keyOf(set.id), set),
    onSettled: () => client.invalidateQueries({ queryKey: KEY }),
  });
}

export function useRemoveCase(setId: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (caseId: string) => ask(`${pathOf(setId)}cases/${encodeURIComponent(caseId)}/`, { method: 'DELETE' }),
    onSettled: () => client.invalidateQueries({ queryKey: KEY }),
  });
}

export function useDeleteSet() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (setId: string) => ask(pathOf(setId), { method: 'DELETE' }),
    onSuccess: () => client.invalidateQueries({ queryKey: [...KEY, 'all'] }),
  });
}

export interface SeriesSearch {
  text: string;
  from: string;
  to: string;
}

/** Stored series that fit what the set's plug-in wants, the newest study first. */
export function useSeriesChoices(setId: string, search: SeriesSearch | null) {
  const asked = new URLSearchParams(Object.entries(search ?? {}).filter(([, value]) => value !== ''));
  return useQuery({
    queryKey: [...KEY, 'series', setId, search],
    enabled: search !== null,
    queryFn: ({ signal }) => askFor(seriesChoices, `${pathOf(setId)}series/?${asked.toString()}`, { signal }),
  });
}

/** Say where a version must be accepted before it is enabled; `required` `null`: as it is by default. */
export function useRequire() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (said: { department: string | null; required: boolean | null }) => askFor(acceptanceSettings, `${PATH}settings/`, { method: 'PUT', body: said }),
    onSuccess: () => client.invalidateQueries({ queryKey: [...KEY, 'all'] }),
  });
}

/** Where a set's signed report is, as data or to be printed. */
export const reportPath = (setId: string, form: 'json' | 'pdf', language: 'zh' | 'en'): string => `${pathOf(setId)}report.${form}${form === 'pdf' ? `?language=${language}` : ''}`;
