import { Navigate } from 'react-router';
import { useSession } from '@/api/session';
import { firstPage } from '@/ui/pages';

/** Leads to the page that this person begins with. */
export function FirstPage() {
  const { data: me } = useSession();
  return me == null ? null : <Navigate to={firstPage(me)} replace />;
}
