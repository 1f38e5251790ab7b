import type { Texts } from '@/i18n/language';

const APPS = ['any_imaging'] as const;
const SLOTS = ['segmentation'] as const;

/** An app in the reader's language; one that this page does not know is shown by its id. */
export function appName(app: string, t: Texts['t']): string {
  const known = APPS.find((one) => one === app);
  return known === undefined ? app : t(`common.apps.${known}`);
}

/** What a plug-in fills, written app.slot, in words. */
export function slotName(fills: string, t: Texts['t']): string {
  const [app = '', slot = ''] = fills.split('.');
  const known = SLOTS.find((one) => one === slot);
  return [appName(app, t), known === undefined ? slot : t(`common.slots.${known}`)].filter((part) => part !== '').join(' · ');
}
