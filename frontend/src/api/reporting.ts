import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { guidelines, guidelineTables, type Guidelines, type GuidelinesRequest } from '@/contract/counsel';
import { criticalNotice, criticalNotices, reportMessage, reportTemplates, risConnection, risConnections, type ConnectionOrder, type ReportTemplates, type TemplateOrder } from '@/contract/reports';
import { askFor } from './http';
import type { NoticeAct } from './reports';

const NOTICES = '/api/v1/critical-notices/';
const NOTICES_KEY = ['critical-notices'];
const CONNECTIONS = '/api/v1/ris-connections/';
const CONNECTIONS_KEY = ['ris-connections'];
const TEMPLATES = '/api/v1/report-templates/';
const TEMPLATES_KEY = ['report-templates'];
const GUIDELINES = '/api/v1/guidelines/';
const GUIDELINES_KEY = ['guidelines'];
/** How often critical values and messages are looked at. */
const SOON_MS = 15_000;

/** Critical values of the hospitals that the caller reads: those that nobody was told of first. */
export function useCriticalNotices(isWanted = true) {
  return useQuery({ queryKey: NOTICES_KEY, queryFn: ({ signal }) => askFor(criticalNotices, NOTICES, { signal }), refetchInterval: SOON_MS, enabled: isWanted });
}

/** Who was told of a critical value, and who has taken it over. */
export function useSayOfNotice(noticeId: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ act, ...body }: NoticeAct) => askFor(criticalNotice, `${NOTICES}${encodeURIComponent(noticeId)}/${act}/`, { method: 'POST', body }),
    onSettled: () => client.invalidateQueries({ queryKey: NOTICES_KEY }),
  });
}

/** The systems that take reports, and the messages that did not arrive. */
export function useRisConnections() {
  return useQuery({ queryKey: CONNECTIONS_KEY, queryFn: ({ signal }) => askFor(risConnections, CONNECTIONS, { signal }), refetchInterval: SOON_MS });
}

/** Add a connection, or replace what is said of the one that is named. */
export function useSayOfConnection(connectionId: string | null) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (order: ConnectionOrder) => askFor(risConnection, connectionId === null ? CONNECTIONS : `${CONNECTIONS}${connectionId}/`, { method: connectionId === null ? 'POST' : 'PUT', body: order }),
    onSettled: () => client.invalidateQueries({ queryKey: CONNECTIONS_KEY }),
  });
}

/** Send a message that failed once more: the same bytes. */
export function useRetryMessage() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (messageId: string) => askFor(reportMessage, `/api/v1/report-messages/${messageId}/retry/`, { method: 'POST' }),
    onSettled: () => client.invalidateQueries({ queryKey: CONNECTIONS_KEY }),
  });
}

/** How the hospital's reports look. */
export function useReportTemplates() {
  return useQuery({ queryKey: TEMPLATES_KEY, queryFn: ({ signal }) => askFor(reportTemplates, TEMPLATES, { signal }) });
}

function useTemplateChange<Order>(change: (order: Order) => Promise<ReportTemplates>) {
  const client = useQueryClient();
  return useMutation({ mutationFn: change, onSuccess: (said) => client.setQueryData(TEMPLATES_KEY, said), onError: () => client.invalidateQueries({ queryKey: TEMPLATES_KEY }) });
}

export const useSayTemplate = () => useTemplateChange((order: TemplateOrder) => askFor(reportTemplates, TEMPLATES, { method: 'PUT', body: order }));

/** Let the reports of an app look as the others do. */
export const useDropTemplate = () => useTemplateChange((app: string) => askFor(reportTemplates, `${TEMPLATES}?app=${encodeURIComponent(app)}`, { method: 'DELETE' }));

/** Whether one person may both report and verify. */
export const useSayPolicy = () => useTemplateChange((isSame: boolean) => askFor(reportTemplates, `${TEMPLATES}policy/`, { method: 'PUT', body: { same_person_may_verify: isSame } }));

/** Which guidelines the hospital uses, by app. */
export function useGuidelines() {
  return useQuery({ queryKey: GUIDELINES_KEY, queryFn: async ({ signal }) => (await askFor(guidelines, GUIDELINES, { signal })).apps });
}

/** The tables that they stand in; those do not change while the page is open. */
export function useGuidelineTables() {
  return useQuery({ queryKey: [...GUIDELINES_KEY, 'tables'], queryFn: async ({ signal }) => (await askFor(guidelineTables, `${GUIDELINES}tables/`, { signal })).apps, staleTime: Infinity });
}

/** Set which guidelines an app uses, in the order of preference. */
export function useSayGuidelines() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (order: GuidelinesRequest): Promise<Guidelines['apps']> => (await askFor(guidelines, GUIDELINES, { method: 'PUT', body: order })).apps,
    onSuccess: (apps) => client.setQueryData(GUIDELINES_KEY, apps),
    onError: () => client.invalidateQueries({ queryKey: GUIDELINES_KEY, exact: true }),
  });
}
