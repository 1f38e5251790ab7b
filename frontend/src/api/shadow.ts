import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { drift, shadows, type Guard } from '@/contract/shadow';
import { askFor } from './http';

const pathOf = (installationId: string, what: string): string => `/api/v1/installations/${encodeURIComponent(installationId)}/${what}/`;
const keyOf = (installationId: string): string[] => ['shadow', installationId];

/** The latest shadow of an installation with its statistics, and those before it. */
export function useShadows(installationId: string) {
  return useQuery({ queryKey: keyOf(installationId), queryFn: ({ signal }) => askFor(shadows, pathOf(installationId, 'shadow'), { signal }) });
}

/** What an enabled version said week by week, and what changed. */
export function useDrift(installationId: string) {
  return useQuery({ queryKey: ['drift', installationId], queryFn: ({ signal }) => askFor(drift, pathOf(installationId, 'drift'), { signal }) });
}

export interface ShadowOrder {
  share_percent: number;
  guard: Guard;
}

/** Let a version run beside the enabled one. */
export function useBeginShadow(installationId: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: ShadowOrder) => askFor(shadows, pathOf(installationId, 'shadow'), { method: 'POST', body }),
    onSettled: () => client.invalidateQueries({ queryKey: keyOf(installationId) }),
  });
}

/** End it; what it has been given is still compared. */
export function useEndShadow(installationId: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => askFor(shadows, pathOf(installationId, 'shadow/end'), { method: 'POST', body: {} }),
    onSettled: () => client.invalidateQueries({ queryKey: keyOf(installationId) }),
  });
}
