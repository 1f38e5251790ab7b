/** What a reader does with a result beyond a word on each finding: corrects it, answers what it asks, takes time over it. */

import { useMutation, useQuery, useQueryClient, type QueryClient } from '@tanstack/react-query';
import { acceptedAll, corrections, seen, type CorrectionRequest, type Corrections } from '@/contract/corrections';
import { counsel, type AnswersRequest, type Counsel } from '@/contract/counsel';
import { reading } from '@/contract/readings';
import { askFor } from './http';
import { keep } from './keep';

const correctionsKey = (resultId: string) => ['corrections', resultId];
const counselKey = (resultId: string) => ['counsel', resultId];
const pathOf = (resultId: string, what: string): string => `/api/v1/results/${encodeURIComponent(resultId)}/${what}/`;

/** How a result stands to corrections and to the eyes of this person. */
export function useCorrections(resultId: string | null) {
  return useQuery({
    queryKey: correctionsKey(resultId ?? ''),
    enabled: resultId !== null,
    queryFn: ({ signal }) => askFor(corrections, pathOf(resultId ?? '', 'corrections'), { signal }),
  });
}

/** What was said of findings follows from them: fetch anew what depends on them. */
export function refreshReading(client: QueryClient): void {
  void client.invalidateQueries({ queryKey: ['corrections'] });
  void client.invalidateQueries({ queryKey: ['counsel'] });
  void client.invalidateQueries({ queryKey: ['reports'] });
}

/** What is done to the findings of a study is done one after the other. */
export const judging = (studyId: string) => ({ id: `findings of ${studyId}` });
const correctingKey = (studyId: string) => ['correct', studyId];

/** The correction of this page that is on its way, if there is one. */
export const correctionUnderWay = (client: QueryClient, studyId: string) =>
  client.getMutationCache().find({ mutationKey: correctingKey(studyId), status: 'pending' });

/** Correct a result; findings and label map are other ones afterwards. */
export function useCorrect(studyId: string, resultId: string) {
  const client = useQueryClient();
  return useMutation({
    mutationKey: correctingKey(studyId),
    scope: judging(studyId),
    mutationFn: (request: CorrectionRequest) => askFor(corrections, pathOf(resultId, 'corrections'), { method: 'POST', body: request }),
    onSuccess: (saved) => client.setQueryData<Corrections>(correctionsKey(resultId), saved),
    onSettled: () => {
      void client.invalidateQueries({ queryKey: ['results', studyId] });
      void client.invalidateQueries({ queryKey: ['labelmap'] });
      refreshReading(client);
    },
  });
}

/** Tell that a finding was on this person's screen as it is now. */
export function useSeen(resultId: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ findingId, edits }: { findingId: string; edits: number }) =>
      askFor(seen, `/api/v1/findings/${encodeURIComponent(findingId)}/seen/`, { method: 'POST', body: { edits } }),
    onSuccess: ({ finding_id }) =>
      client.setQueryData<Corrections>(correctionsKey(resultId), (held) =>
        held === undefined ? undefined : { ...held, findings: held.findings.map((one) => (one.finding_id === finding_id ? { ...one, seen: true } : one)) },
      ),
    onError: () => client.invalidateQueries({ queryKey: correctionsKey(resultId) }),
  });
}

/** One word on all findings that have none yet; the server lets it through only when each was seen. */
export function useAcceptAll(studyId: string, resultId: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (version: number) => askFor(acceptedAll, pathOf(resultId, 'accept-all'), { method: 'POST', body: { version } }),
    onSettled: () => {
      void client.invalidateQueries({ queryKey: ['results', studyId] });
      refreshReading(client);
    },
  });
}

/** What guidelines and models say of the accepted findings, and what they ask. */
export function useCounsel(resultId: string) {
  return useQuery({ queryKey: counselKey(resultId), queryFn: ({ signal }) => askFor(counsel, pathOf(resultId, 'counsel'), { signal }) });
}

/** Answer; the advice follows at once. Answers are stored one after the other, each on what the one before it led to. */
export function useAnswer(resultId: string) {
  const client = useQueryClient();
  const key = counselKey(resultId);
  return useMutation({
    scope: { id: `answers of ${resultId}` },
    mutationFn: ({ of_patient, of_findings }: Omit<AnswersRequest, 'version'>) =>
      askFor(counsel, pathOf(resultId, 'counsel'), { method: 'POST', body: { version: client.getQueryData<Counsel>(key)?.version ?? 0, of_patient, of_findings } }),
    onSuccess: async (saved) => {
      await keep<Counsel>(client, key, () => saved);
      void client.invalidateQueries({ queryKey: ['reports'] });
    },
    onError: () => client.invalidateQueries({ queryKey: key }),
  });
}

export const openReading = (studyId: string, app: string | null) =>
  askFor(reading, `/api/v1/studies/${encodeURIComponent(studyId)}/readings/`, { method: 'POST', body: { app } });
export const goOnReading = (readingId: string, activeS: number, ended: boolean) =>
  askFor(reading, `/api/v1/readings/${encodeURIComponent(readingId)}/`, { method: 'POST', body: { active_s: activeS, ended } });
