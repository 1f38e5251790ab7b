import { useMutation, useQuery, useQueryClient, type QueryClient } from '@tanstack/react-query';
import { followedCatalogue, regulatoryPolicy, usageSharing, type Authority, type FollowedCatalogue } from '@/contract/catalogue';
import { pluginVersion } from '@/contract/plugins';
import { askFor, type CallOptions } from './http';

const PATH = '/api/v1/followed-catalogue/';
const POLICY_PATH = '/api/v1/regulatory-policy/';
const SHARING_PATH = '/api/v1/usage-sharing/';
const KEY = ['followed-catalogue'];
const POLICY_KEY = ['regulatory-policy'];
const SHARING_KEY = ['usage-sharing'];

/** The age is the server's word: so it is asked for again. */
const AGE_EVERY_MS = 60_000;

/** What a catalogue says decides what is trusted, and what may run. */
const CONCERNED = [['plugins'], ['rules'], ['publisher-keys'], ['entitlements']];
const refresh = (client: QueryClient): Promise<unknown> => Promise.all(CONCERNED.map((queryKey) => client.invalidateQueries({ queryKey })));

/** The catalogue that the hospital follows, or none. */
export function useFollowedCatalogue() {
  return useQuery({ queryKey: KEY, queryFn: ({ signal }) => askFor(followedCatalogue, PATH, { signal }), refetchInterval: AGE_EVERY_MS });
}

function useSaid<T>(said: (order: T) => [path: string, options: CallOptions]) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (order: T): Promise<FollowedCatalogue> => askFor(followedCatalogue, ...said(order)),
    onSuccess: (answer) => {
      client.setQueryData(KEY, answer);
      return refresh(client);
    },
  });
}

/** Follow a catalogue in place of the one before; it is read at once. */
export const useFollow = () => useSaid(({ location, root }: { location: string; root: string }) => [PATH, { method: 'PUT', body: { location, root_json: root } }]);

/** Read the catalogue now; the answer's `fault` says if it could not be. */
export const useSync = () => useSaid<void>(() => [`${PATH}sync/`, { method: 'POST' }]);

/** Follow none any more. */
export const useStopFollowing = () => useSaid<void>(() => [PATH, { method: 'DELETE' }]);

/** Bring one version from the catalogue into the hospital; nothing runs yet. */
export function useTakeIn() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ plugin, version }: { plugin: string; version: string }) => askFor(pluginVersion, `${PATH}take-in/`, { method: 'POST', body: { plugin, version } }),
    onSettled: () => Promise.all([client.invalidateQueries({ queryKey: KEY }), refresh(client)]),
  });
}

/** Whose registration counts in the hospital. */
export function useRegulatoryPolicy() {
  return useQuery({ queryKey: POLICY_KEY, queryFn: ({ signal }) => askFor(regulatoryPolicy, POLICY_PATH, { signal }) });
}

/** Say whose registration counts; `null`: every one has to hold. */
export function useNameAuthority() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (authority: Authority | null) => askFor(regulatoryPolicy, POLICY_PATH, { method: 'PUT', body: { authority } }),
    onSuccess: (answer) => {
      client.setQueryData(POLICY_KEY, answer);
      return refresh(client);
    },
  });
}

/** Whether vendors' sums hold the hospital's studies. */
export function useUsageSharing() {
  return useQuery({ queryKey: SHARING_KEY, queryFn: ({ signal }) => askFor(usageSharing, SHARING_PATH, { signal }) });
}

/** Say from the next month on whether they do. */
export function useShareUsage() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (shares: boolean) => askFor(usageSharing, SHARING_PATH, { method: 'PUT', body: { shares } }),
    onSuccess: (answer) => client.setQueryData(SHARING_KEY, answer),
  });
}
