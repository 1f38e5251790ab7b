import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { Navigate, Outlet, useLocation } from 'react-router';
import { stayLive } from '@/api/live';
import { recheckSession, useSession } from '@/api/session';
import { useTexts } from '@/i18n/language';
import { useCheatSheet } from '@/ui/cheatSheetState';
import { FailurePanel } from '@/ui/FailurePanel';
import { maySeeStudies } from '@/ui/pages';
import { CheatSheet } from './CheatSheet';
import { useKeys } from './useKeys';

const loadViewer = (): void => void import('@/rooms/viewer/ViewerPage');

/** Do something once the page has nothing better to do. Returns how to call it off. */
function whenIdle(act: () => void): () => void {
  const timer = setTimeout(act, 800);
  return () => clearTimeout(timer);
}

/** Frame of every page that needs somebody signed in. */
export function SignedIn() {
  const { t } = useTexts();
  const client = useQueryClient();
  const location = useLocation();
  const session = useSession();
  // Live words are about studies, and so is the viewer: who may look at none needs neither.
  const viewer = session.data != null && maySeeStudies(session.data) ? session.data.username : undefined;

  useEffect(() => (viewer === undefined ? undefined : stayLive(client, () => recheckSession(client))), [client, viewer]);
  useEffect(() => (viewer === undefined ? undefined : whenIdle(loadViewer)), [viewer]);
  useKeys('global', { help: () => useCheatSheet.getState().toggle() });

  if (session.data === undefined && !session.isError) {
    return null;
  }
  if (session.data === undefined) {
    return <FailurePanel title={t('common.product')} failure={session.error} onRetry={() => void session.refetch()} />;
  }
  if (session.data === null) {
    const here = `${location.pathname}${location.search}`;
    return <Navigate to={here === '/' || here === '/worklist' ? '/login' : `/login?next=${encodeURIComponent(here)}`} replace />;
  }
  return (
    <>
      <a href="#main" className="skip-link">
        {t('common.skipToMain')}
      </a>
      <Outlet />
      <CheatSheet />
    </>
  );
}
