import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { useMemo } from 'react';
import { RouterProvider } from 'react-router';
import { isSignedOut, RefusedError } from '@/api/failures';
import { forgetSession } from '@/api/session';
import { useTexts } from '@/i18n/language';
import { cssVariables, theme } from '@/ui/theme';
import { router } from './router';

const onError = (failure: unknown): void => {
  if (isSignedOut(failure)) {
    forgetSession(client);
  }
};

const client: QueryClient = new QueryClient({
  queryCache: new QueryCache({ onError }),
  mutationCache: new MutationCache({ onError }),
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      // A refusal stays a refusal; only what nobody answered is worth another try.
      retry: (failures, failure) => !(failure instanceof RefusedError) && failures < 2,
      networkMode: 'always',
    },
    mutations: { networkMode: 'always' },
  },
});

/** The whole page. */
export function App() {
  const { t } = useTexts();
  // The button that closes a notification has no words of its own.
  const named = useMemo(() => ({ ...theme, components: { Notification: { defaultProps: { closeButtonProps: { 'aria-label': t('common.close') } } } } }), [t]);
  return (
    <QueryClientProvider client={client}>
      <MantineProvider theme={named} cssVariablesResolver={cssVariables} forceColorScheme="dark">
        <Notifications position="bottom-center" limit={3} />
        <RouterProvider router={router} />
      </MantineProvider>
    </QueryClientProvider>
  );
}
