import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { engineReleased, engineView, type EngineView } from '@/contract/engine';
import { askFor } from './http';

const PATH = '/api/v1/engine/';
const KEY = ['engine'];

/** How often the page asks while somebody can see it. */
export const EVERY_MS = 2000;

/** How the engines are, asked anew again and again while the page is visible and not held. */
export function useEngines(held: boolean) {
  return useQuery({
    queryKey: KEY,
    queryFn: ({ signal }) => askFor(engineView, PATH, { signal }),
    refetchInterval: held ? false : EVERY_MS,
    refetchIntervalInBackground: false,
    refetchOnWindowFocus: !held,
    retry: false,
    staleTime: 0,
  });
}

/** Let the engine try again what it holds in quarantine. */
export function useRelease() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (key: string) => askFor(engineReleased, `${PATH}quarantine/release/`, { method: 'POST', body: { key } }),
    onSuccess: ({ key }) =>
      client.setQueryData<EngineView>(KEY, (view) =>
        view?.quarantine == null ? view : { ...view, quarantine: view.quarantine.filter((one) => one.key !== key) },
      ),
    onSettled: () => client.invalidateQueries({ queryKey: KEY }),
  });
}
