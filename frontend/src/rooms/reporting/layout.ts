import type { Localised } from '@/contract/localised';
import type { ReportTemplate, TemplateOrder } from '@/contract/reports';

export const PARTS = ['header', 'department', 'title', 'footer'] as const;
export type Part = (typeof PARTS)[number];

export const orderOf = ({ app, header, department, title, footer, sections }: ReportTemplate): TemplateOrder => ({ app, header, department, title, footer, sections });

/** A template of an app that has none yet: at first like all others. */
export const likeAllOthers = (general: ReportTemplate, app: string): ReportTemplate => ({ ...general, app, template_id: null });

export const isSame = (one: TemplateOrder, other: TemplateOrder): boolean => JSON.stringify(one) === JSON.stringify(other);

/** What is printed in a language; what nobody wrote in it stands in the other one. */
export const inLanguage = (text: Localised, language: 'en' | 'zh'): string => (language === 'zh' ? text.zh || text.en : text.en || text.zh);

/** Parts and sections without a word in either language. A header may be empty: the hospital's name is printed. */
export const unnamed = ({ title, sections }: TemplateOrder): string[] => [...(inLanguage(title, 'zh').trim() === '' ? ['title'] : []), ...sections.filter((one) => inLanguage(one.title, 'zh').trim() === '').map(({ name }) => name)];
