import { useMutation, useQuery, useQueryClient, type Mutation, type QueryClient } from '@tanstack/react-query';
import { finding, studyResults, type Finding, type ReviewRequest, type StudyResults } from '@/contract/results';
import { runOrdered, studyDetail, type StudyDetail } from '@/contract/study';
import { ask, askFor } from './http';
import { keep } from './keep';
import { judging, refreshReading } from './reading';

const studyKey = (studyId: string) => ['study', studyId];
const resultsKey = (studyId: string) => ['results', studyId];

export function useStudy(studyId: string) {
  return useQuery({
    queryKey: studyKey(studyId),
    queryFn: ({ signal }) => askFor(studyDetail, `/api/v1/studies/${encodeURIComponent(studyId)}/`, { signal }),
  });
}

export function useResults(studyId: string) {
  return useQuery({
    queryKey: resultsKey(studyId),
    queryFn: ({ signal }) => askFor(studyResults, `/api/v1/studies/${encodeURIComponent(studyId)}/results/`, { signal }),
  });
}

/** The label map of a segmentation: one byte a voxel in (k, j, i) order; the browser undoes the gzip. */
export function useLabelmap(segmentationId: string | null) {
  return useQuery({
    queryKey: ['labelmap', segmentationId],
    enabled: segmentationId !== null,
    staleTime: Infinity,
    gcTime: 0,
    queryFn: async ({ signal }) => {
      const path = `/api/v1/segmentations/${encodeURIComponent(segmentationId ?? '')}/labelmap/`;
      const response = await ask(path, { signal, accept: 'application/octet-stream' });
      return new Uint8Array(await response.arrayBuffer());
    },
  });
}

/**
 * Send a person's judgement; it shows at once and is put right if the server says no.
 *
 * One that is given while this person's own correction is on its way waits for that, and is about what it made of the finding.
 */
export function useReview(studyId: string) {
  const client = useQueryClient();
  const key = resultsKey(studyId);
  const nowOf = async (findingId: string): Promise<Finding | undefined> => {
    await client.refetchQueries({ queryKey: key });
    const { results } = client.getQueryData<StudyResults>(key) ?? { results: [] };
    return results.flatMap(({ findings }) => findings).find(({ finding_id }) => finding_id === findingId);
  };
  return useMutation({
    scope: judging(studyId),
    mutationFn: async ({ findingId, request, after }: { findingId: string; request: ReviewRequest; after?: Mutation | undefined }) => {
      const now = after?.state.status === 'success' ? await nowOf(findingId) : undefined;
      const body = { ...request, version: now?.version ?? request.version };
      return askFor(finding, `/api/v1/findings/${encodeURIComponent(findingId)}/review/`, { method: 'POST', body });
    },
    onMutate: async ({ findingId, request }) => {
      await client.cancelQueries({ queryKey: key });
      const before = client.getQueryData<StudyResults>(key);
      client.setQueryData<StudyResults>(key, (held) => changeFinding(held, findingId, (old) => judged(old, request)));
      return { before };
    },
    onError: (_failure, _given, context) => {
      client.setQueryData(key, context?.before);
      void client.invalidateQueries({ queryKey: key });
    },
    onSuccess: async (saved) => {
      await keep<StudyResults>(client, key, (held) => changeFinding(held, saved.finding_id, () => saved));
      refreshReading(client);
    },
  });
}

const STATE_AFTER = { accept: 'accepted', reject: 'rejected', reset: 'unreviewed' } as const;

function judged(old: Finding, request: ReviewRequest): Finding {
  return { ...old, review: { state: STATE_AFTER[request.decision], by: null, at: null, reason: request.reason } };
}

function changeFinding(held: StudyResults | undefined, findingId: string, change: (old: Finding) => Finding): StudyResults | undefined {
  return held === undefined
    ? undefined
    : {
        results: held.results.map((one) => ({
          ...one,
          findings: one.findings.map((old) => (old.finding_id === findingId ? change(old) : old)),
        })),
      };
}

/** Stop a run, or ask again for one that failed or was stopped. */
export function useOrderRun(studyId: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ runId, order }: { runId: string; order: 'cancel' | 'repeat' }) =>
      askFor(runOrdered, `/api/v1/runs/${encodeURIComponent(runId)}/${order}/`, { method: 'POST' }),
    onSettled: () => refreshStudy(client, studyId, true),
  });
}

/** Fetch a study anew, with or without its results. */
export function refreshStudy(client: QueryClient, studyId: string, withResults: boolean): void {
  void client.invalidateQueries({ queryKey: studyKey(studyId) });
  if (withResults) {
    void client.invalidateQueries({ queryKey: resultsKey(studyId) });
    refreshReading(client);
  }
}

/** Show the progress of a run in an open study without asking the server. */
export function applyRunProgress(client: QueryClient, studyId: string, runId: string, progress: number): void {
  client.setQueryData<StudyDetail>(studyKey(studyId), (held) =>
    held === undefined
      ? undefined
      : {
          ...held,
          runs: held.runs.map((one) =>
            one.run_id === runId && (one.state === 'scheduled' || one.state === 'in_progress')
              ? { ...one, state: 'in_progress', progress }
              : one,
          ),
        },
  );
}
