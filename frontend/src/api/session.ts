import { useMutation, useQuery, useQueryClient, type QueryClient } from '@tanstack/react-query';
import { ADMINISTER_PERMISSION, me, ORDER_PERMISSION, REVIEW_PERMISSION, type Me } from '@/contract/session';
import { ask, askFor } from './http';
import { RefusedError, isSignedOut } from './failures';

const PATH = '/api/v1/session/';
const KEY = ['session'];

/** Who is signed in; `null` is nobody. */
export function useSession() {
  return useQuery({
    queryKey: KEY,
    queryFn: async ({ signal }): Promise<Me | null> => {
      try {
        return await askFor(me, PATH, { signal });
      } catch (failure) {
        if (isSignedOut(failure)) {
          return null;
        }
        throw failure;
      }
    },
    staleTime: Infinity,
    retry: false,
  });
}

export function useSignIn() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (given: { username: string; password: string }) => {
      try {
        return await askFor(me, PATH, { method: 'POST', body: given });
      } catch (failure) {
        if (!(failure instanceof RefusedError) || failure.status !== 403) {
          throw failure;
        }
        // The CSRF cookie was missing or old: a look at the session sets a new one.
        await client.fetchQuery({ queryKey: KEY, staleTime: 0 });
        return askFor(me, PATH, { method: 'POST', body: given });
      }
    },
    onSuccess: (signedIn) => {
      forgetData(client);
      client.setQueryData(KEY, signedIn);
    },
  });
}

export function useSignOut() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => ask(PATH, { method: 'DELETE' }),
    onSuccess: () => {
      client.setQueryData(KEY, null);
      forgetData(client);
    },
  });
}

/** Nothing of one person is left for the next; the session itself stays, since pages watch it. */
function forgetData(client: QueryClient): void {
  client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== KEY[0] });
}

/** Ask the server again whether somebody is signed in. */
export function recheckSession(client: QueryClient): void {
  void client.invalidateQueries({ queryKey: KEY });
}

/** Whether the person who is signed in may judge findings. */
export function useMayReview(): boolean {
  const { data } = useSession();
  return data?.permissions.includes(REVIEW_PERMISSION) ?? false;
}

/** Whether the person who is signed in may change plug-ins and rules. */
export function useMayAdminister(): boolean {
  const { data } = useSession();
  return data?.permissions.includes(ADMINISTER_PERMISSION) ?? false;
}

/** Whether the person who is signed in may start and stop AI on a study of this hospital: only at home. */
export function useMayOrder(tenantId: string): boolean {
  const { data } = useSession();
  return data?.tenant.id === tenantId && data.permissions.includes(ORDER_PERMISSION);
}

/** Whether the person who is signed in may say who a patient of this hospital is: only at home. */
export function useMayLink(tenantId: string): boolean {
  const { data } = useSession();
  return data?.tenant.id === tenantId && data.permissions.includes(REVIEW_PERMISSION);
}

/** Called when any answer says 401: the page goes back to the sign-in. */
export function forgetSession(client: QueryClient): void {
  if (client.getQueryData(KEY) != null) {
    client.setQueryData(KEY, null);
  }
}
