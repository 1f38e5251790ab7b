import type { QueryClient, QueryKey } from '@tanstack/react-query';

/**
 * Show what the server has just stored.
 *
 * What was asked for before it was stored, and comes after it, would take it off the screen again: that is dropped, and
 * asked for anew.
 */
export async function keep<T>(client: QueryClient, queryKey: QueryKey, change: (held: T | undefined) => T | undefined): Promise<void> {
  await client.cancelQueries({ queryKey });
  client.setQueryData<T>(queryKey, change);
  void client.invalidateQueries({ queryKey });
}
