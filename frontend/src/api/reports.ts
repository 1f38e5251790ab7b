import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { criticalNotice, report, reports, type Report, type ReportChange, type Reports } from '@/contract/reports';
import { askFor } from './http';
import { keep } from './keep';

const keyOf = (studyId: string) => ['reports', studyId];
const pathOf = (reportId: string, what = ''): string => `/api/v1/reports/${encodeURIComponent(reportId)}/${what}`;

export const reportPdfPath = (reportId: string, language: string): string => pathOf(reportId, `report.pdf?language=${language}`);

/** The reports of a study; those that were entered in error come last. */
export function useReports(studyId: string) {
  return useQuery({ queryKey: keyOf(studyId), queryFn: ({ signal }) => askFor(reports, `/api/v1/reports/?study_id=${encodeURIComponent(studyId)}`, { signal }) });
}

/** What somebody does with a report; `revision` is the one on the screen. */
export type ReportAct =
  | { act: 'sign' | 'verify' | 'give-up'; revision: number }
  | { act: 'send-back' | 'amend' | 'withdraw'; revision: number; reason: string }
  | { act: 'redraft'; revision: number; result_id: string };

function useHeld(studyId: string) {
  const client = useQueryClient();
  return {
    put: (saved: Report) =>
      keep<Reports>(client, keyOf(studyId), (held) => {
        const isThere = held?.reports.some(({ report_id }) => report_id === saved.report_id) ?? false;
        const before = held?.reports ?? [];
        return { reports: isThere ? before.map((one) => (one.report_id === saved.report_id ? saved : one)) : [saved, ...before] };
      }),
    refresh: () => client.invalidateQueries({ queryKey: keyOf(studyId) }),
  };
}

export function useBeginReport(studyId: string) {
  const { put, refresh } = useHeld(studyId);
  return useMutation({
    mutationFn: (resultId: string) => askFor(report, '/api/v1/reports/', { method: 'POST', body: { result_id: resultId } }),
    onSuccess: put,
    onError: () => refresh(),
  });
}

export function useChangeReport(studyId: string, reportId: string) {
  const { put, refresh } = useHeld(studyId);
  return useMutation({
    mutationFn: (change: ReportChange) => askFor(report, pathOf(reportId), { method: 'PUT', body: change }),
    onSuccess: put,
    onError: () => refresh(),
  });
}

export function useActOnReport(studyId: string, reportId: string) {
  const { put, refresh } = useHeld(studyId);
  return useMutation({
    mutationFn: ({ act, ...body }: ReportAct) => askFor(report, pathOf(reportId, `${act}/`), { method: 'POST', body }),
    onSuccess: put,
    onError: () => refresh(),
  });
}

export type NoticeAct =
  | { act: 'tell'; recipient: string; way: 'phone' | 'in_person' | 'message'; read_back: boolean }
  | { act: 'acknowledge'; by: string };

/** A critical value: who was told, and who has taken it over. */
export function useActOnNotice(studyId: string) {
  const client = useQueryClient();
  const { refresh } = useHeld(studyId);
  return useMutation({
    mutationFn: ({ noticeId, act, ...body }: NoticeAct & { noticeId: string }) =>
      askFor(criticalNotice, `/api/v1/critical-notices/${encodeURIComponent(noticeId)}/${act}/`, { method: 'POST', body }),
    onSettled: () => Promise.all([refresh(), client.invalidateQueries({ queryKey: ['critical-notices'] })]),
  });
}
