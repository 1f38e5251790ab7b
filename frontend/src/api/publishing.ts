import { useMutation, useQuery, useQueryClient, type QueryClient } from '@tanstack/react-query';
import {
  checkLog,
  review,
  reviewDetail,
  reviewQueue,
  sharedUsage,
  submission,
  submissionDetail,
  submissions,
  vendorKey,
  vendorKeys,
  type CheckLog,
  type SubmissionState,
  type ToldKeys,
  type VendorKey,
} from '@/contract/publishing';
import { askFor } from './http';
import { upload, type UploadOptions } from './upload';

/** Who looks: the vendor at what is its own, or an operator at what waits for a word. */
export type Side = 'vendor' | 'review';

const PATHS: Record<Side, string> = { vendor: '/api/v1/publishing/submissions/', review: '/api/v1/review/submissions/' };
const KEYS_PATH = '/api/v1/publishing/keys/';
const KEY = ['publishing'];

/** A package in one of these states moves by itself. */
const MOVING: readonly SubmissionState[] = ['submitted', 'checking', 'accepted'];
export const isMoving = (state: SubmissionState): boolean => MOVING.includes(state);

const LOG_EVERY_MS = 700;
const LIST_EVERY_MS = 2000;
const QUEUE_EVERY_MS = 15_000;

const pathOf = (side: Side, id: string, what = ''): string => `${PATHS[side]}${encodeURIComponent(id)}/${what}`;

function refresh(client: QueryClient): Promise<unknown> {
  return client.invalidateQueries({ queryKey: KEY });
}

/** What the vendor has handed in, the latest first; asked again while something moves. */
export function useSubmissions() {
  return useQuery({
    queryKey: [...KEY, 'vendor', 'all'],
    queryFn: async ({ signal }) => (await askFor(submissions, PATHS.vendor, { signal })).submissions,
    refetchInterval: ({ state: { data } }) => (data?.some(({ state }) => isMoving(state)) === true ? LIST_EVERY_MS : false),
  });
}

/** What waits for an operator, the oldest first, and behind it what was decided lately. */
export function useQueue() {
  return useQuery({
    queryKey: [...KEY, 'review', 'all'],
    queryFn: async ({ signal }) => (await askFor(reviewQueue, PATHS.review, { signal })).cases,
    refetchInterval: ({ state: { data } }) => (data?.some(({ state }) => isMoving(state)) === true ? LIST_EVERY_MS : QUEUE_EVERY_MS),
  });
}

/** One submission of the vendor; `state` is part of what is asked, since it tells when the answer is another one. */
export function useSubmission(id: string, state: SubmissionState) {
  return useQuery({ queryKey: [...KEY, 'vendor', 'one', id, state], queryFn: ({ signal }) => askFor(submissionDetail, pathOf('vendor', id), { signal }) });
}

/** One case with all that a decision needs. */
export function useReview(id: string, state: SubmissionState) {
  return useQuery({ queryKey: [...KEY, 'review', 'one', id, state], queryFn: ({ signal }) => askFor(reviewDetail, pathOf('review', id), { signal }) });
}

/** The log so far with the lines that came since; a check that began anew begins the log anew. */
export function joined(before: CheckLog | undefined, now: CheckLog): CheckLog {
  return before !== undefined && before.check === now.check ? { ...now, lines: [...before.lines, ...now.lines] } : now;
}

/** The log of a check: while it runs, the lines that came since are asked for again and again. */
export function useCheckLog(side: Side, id: string) {
  const client = useQueryClient();
  const key = [...KEY, side, 'log', id];
  return useQuery({
    queryKey: key,
    queryFn: async ({ signal }) => {
      const before = client.getQueryData<CheckLog>(key);
      const query = before === undefined ? '' : `?check=${before.check}&after=${before.lines.length}`;
      const now = joined(before, await askFor(checkLog, `${pathOf(side, id, 'log/')}${query}`, { signal }));
      if (before !== undefined && before.state !== now.state) {
        void client.invalidateQueries({ queryKey: [...KEY, side, 'all'] });
      }
      return now;
    },
    refetchInterval: ({ state: { data } }) => (data !== undefined && (data.state === 'submitted' || data.state === 'checking') ? LOG_EVERY_MS : false),
  });
}

/** Hand a signed package in. */
export function useSubmit() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ file, options }: { file: File; options: UploadOptions }) => upload(submission, PATHS.vendor, file, options),
    onSuccess: () => refresh(client),
  });
}

/** Withdraw a published version, as its vendor or as an operator. */
export function useYank(side: Side) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, reason }: { id: string; reason: string }) => askFor(submission, pathOf(side, id, 'yank/'), { method: 'POST', body: { reason } }),
    onSettled: () => refresh(client),
  });
}

/** The operator's word. */
export function useDecide() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, decision, words }: { id: string; decision: 'accept' | 'decline'; words: string }) =>
      askFor(review, pathOf('review', id, 'decision/'), { method: 'POST', body: { decision, words } }),
    onSettled: () => refresh(client),
  });
}

/** The vendor's keys. */
export function useVendorKeys() {
  return useQuery({ queryKey: [...KEY, 'keys'], queryFn: ({ signal }) => askFor(vendorKeys, KEYS_PATH, { signal }) });
}

/** How often the vendor's plug-ins are used, over the hospitals that agreed. */
export function useSharedUsage() {
  return useQuery({ queryKey: [...KEY, 'usage'], queryFn: ({ signal }) => askFor(sharedUsage, '/api/v1/publishing/usage/', { signal }) });
}

/** Register public keys: all of them or none. */
export function useRegisterKeys() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (publishers: ToldKeys) => askFor(vendorKeys, KEYS_PATH, { method: 'POST', body: { publishers } }),
    onSuccess: () => refresh(client),
  });
}

/** Say that a key is replaced or revoked. */
export function useChangeKey() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, state, reason }: { id: string; state: VendorKey['state']; reason: string }) =>
      askFor(vendorKey, `${KEYS_PATH}${encodeURIComponent(id)}/`, { method: 'POST', body: { state, reason } }),
    onSettled: () => refresh(client),
  });
}
