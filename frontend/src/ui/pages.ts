import type { Me } from '@/contract/session';
import { ENGINE_PERMISSIONS, VIEW_PERMISSION } from '@/contract/session';

/** The pages that a person may be led to, in the order of the navigation. */
export type PagePath = '/worklist' | '/engine';

export const maySeeStudies = (me: Me): boolean => me.permissions.includes(VIEW_PERMISSION);
export const maySeeEngines = (me: Me): boolean => ENGINE_PERMISSIONS.some((one) => me.permissions.includes(one));

/** Where to begin: who does not look at studies but runs the platform begins with the engines. */
export const firstPage = (me: Me): PagePath => (!maySeeStudies(me) && maySeeEngines(me) ? '/engine' : '/worklist');

/** The navigation of those who have more than the worklist; empty for everybody else. */
export const pagesOf = (me: Me): PagePath[] =>
  maySeeEngines(me) ? [...(maySeeStudies(me) ? (['/worklist'] as const) : []), '/engine'] : [];
