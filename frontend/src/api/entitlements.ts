import { keepPreviousData, useMutation, useQuery, useQueryClient, type QueryClient } from '@tanstack/react-query';
import { entitlement, entitlements, usage } from '@/contract/entitlements';
import { ask, askFor } from './http';

const PATH = '/api/v1/entitlements/';
const USAGE_PATH = '/api/v1/usage/';
const KEY = ['entitlements'];

/** Every token that the hospital has, and the time that counts for them. */
export function useEntitlements() {
  return useQuery({ queryKey: KEY, queryFn: ({ signal }) => askFor(entitlements, PATH, { signal }) });
}

/** A token decides whether a version may run: what is shown of plug-ins follows. */
const refresh = (client: QueryClient): Promise<unknown> => Promise.all([client.invalidateQueries({ queryKey: KEY }), client.invalidateQueries({ queryKey: ['plugins'] })]);

/** Take a token in, as its publisher printed it. */
export function useAddToken() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (token: unknown) => askFor(entitlement, PATH, { method: 'POST', body: token }),
    onSuccess: () => refresh(client),
  });
}

export function useRemoveToken() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (entitlementId: string) => ask(`${PATH}${encodeURIComponent(entitlementId)}/`, { method: 'DELETE' }),
    onSuccess: () => refresh(client),
  });
}

/** How many studies were analysed in a month (YYYY-MM); `null`: the present one. */
export function useUsage(month: string | null) {
  return useQuery({
    queryKey: ['usage', month],
    queryFn: ({ signal }) => askFor(usage, month === null ? USAGE_PATH : `${USAGE_PATH}?month=${month}`, { signal }),
    placeholderData: keepPreviousData,
  });
}

/** Where a month's usage is as a table for spreadsheets. */
export const usageTablePath = (month: string): string => `${USAGE_PATH}?month=${month}&format=csv`;
