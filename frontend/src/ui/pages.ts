import type { Me } from '@/contract/session';
import { ADMINISTER_PERMISSION, ENGINE_PERMISSIONS, OPERATE_PERMISSION, PUBLISH_PERMISSION, VIEW_PERMISSION } from '@/contract/session';

export const maySeeStudies = (me: Me): boolean => me.permissions.includes(VIEW_PERMISSION);
export const maySeeEngines = (me: Me): boolean => ENGINE_PERMISSIONS.some((one) => me.permissions.includes(one));
export const mayPublish = (me: Me): boolean => me.permissions.includes(PUBLISH_PERMISSION);
export const mayReviewPackages = (me: Me): boolean => me.permissions.includes(OPERATE_PERMISSION);
export const mayAdminister = (me: Me): boolean => me.permissions.includes(ADMINISTER_PERMISSION);

/** Every page of the navigation, and who is led there. */
const MAY_SEE = {
  '/worklist': maySeeStudies,
  '/engine': maySeeEngines,
  '/plugins': mayAdminister,
  '/rules': mayAdminister,
  '/acceptance': mayAdminister,
  '/keys': mayAdminister,
  '/entitlements': mayAdminister,
  '/catalogue-policy': mayAdminister,
  '/archives': mayAdminister,
  '/critical-values': maySeeStudies,
  '/report-templates': mayAdminister,
  '/guidelines': mayAdminister,
  '/ris': mayAdminister,
  '/vendor': mayPublish,
  '/review': mayReviewPackages,
};
export type PagePath = keyof typeof MAY_SEE;

/** What stands in the bar, in this order; the pages of a section stand as tabs below it, the first one leads there. */
const SECTIONS = {
  worklist: ['/worklist', '/critical-values'],
  engine: ['/engine'],
  plugins: ['/plugins', '/rules', '/acceptance', '/keys', '/entitlements', '/catalogue-policy'],
  reporting: ['/report-templates', '/guidelines', '/ris'],
  archives: ['/archives'],
  vendor: ['/vendor'],
  review: ['/review'],
} as const satisfies Record<string, readonly PagePath[]>;
export type SectionName = keyof typeof SECTIONS;

/** A section with those of its pages that a person may see; there is always one. */
export interface Section {
  name: SectionName;
  first: PagePath;
  pages: PagePath[];
}

/** The navigation of those who have more than the worklist; empty for everybody else. */
export function sectionsOf(me: Me): Section[] {
  const open = (Object.keys(SECTIONS) as SectionName[]).flatMap((name) => {
    const pages = SECTIONS[name].filter((path) => MAY_SEE[path](me));
    const [first] = pages;
    return first === undefined ? [] : [{ name, first, pages }];
  });
  return open.some(({ name }) => name !== 'worklist') ? open : [];
}

/** The section that an address belongs to. */
export const sectionAt = (sections: readonly Section[], path: string): Section | undefined => sections.find(({ pages }) => pages.some((one) => one === path));

/** Where to begin: the worklist for those who look at studies, else what stands first in the bar. */
export const firstPage = (me: Me): PagePath => (maySeeStudies(me) ? '/worklist' : (sectionsOf(me)[0]?.first ?? '/worklist'));
