import type { Me } from '@/contract/session';
import { ADMINISTER_PERMISSION, ENGINE_PERMISSIONS, VIEW_PERMISSION } from '@/contract/session';

/** The pages that a person may be led to, in the order of the navigation. */
export type PagePath = '/worklist' | '/engine' | '/plugins' | '/rules';

export const maySeeStudies = (me: Me): boolean => me.permissions.includes(VIEW_PERMISSION);
export const maySeeEngines = (me: Me): boolean => ENGINE_PERMISSIONS.some((one) => me.permissions.includes(one));
export const mayAdminister = (me: Me): boolean => me.permissions.includes(ADMINISTER_PERMISSION);

/** Where to begin: who does not look at studies but runs the platform begins with the engines. */
export const firstPage = (me: Me): PagePath => (!maySeeStudies(me) && maySeeEngines(me) ? '/engine' : '/worklist');

/** The navigation of those who have more than the worklist; empty for everybody else. */
export function pagesOf(me: Me): PagePath[] {
  const more: PagePath[] = [...(maySeeEngines(me) ? (['/engine'] as const) : []), ...(mayAdminister(me) ? (['/plugins', '/rules'] as const) : [])];
  return more.length > 0 && maySeeStudies(me) ? ['/worklist', ...more] : more;
}
