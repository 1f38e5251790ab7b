import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { publisherKeys, type PublisherLine } from '@/contract/publisherKeys';
import { askFor } from './http';

const PATH = '/api/v1/publisher-keys/';
const KEY = ['publisher-keys'];

/** Every key that the hospital trusts or no longer does, by publisher. */
export function usePublisherKeys() {
  return useQuery({ queryKey: KEY, queryFn: async ({ signal }) => (await askFor(publisherKeys, PATH, { signal })).keys });
}

/** Trust keys, or change what is believed of them: all of them or none. */
export function useSayOfKeys() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (publishers: readonly PublisherLine[]) => (await askFor(publisherKeys, PATH, { method: 'POST', body: { publishers } })).keys,
    onSuccess: async (keys) => {
      client.setQueryData(KEY, keys);
      await Promise.all([client.invalidateQueries({ queryKey: ['plugins'] }), client.invalidateQueries({ queryKey: ['entitlements'] })]);
    },
  });
}
