/** The sentences of a report while somebody writes them. Pure. */

import type { Localised } from '@/contract/localised';
import type { Report, ReportChange, ReportSection, SectionName } from '@/contract/reports';

export interface DraftSentence {
  /** Its own here, also before the server has named it. */
  key: string;
  sentenceId: string | null;
  text: Localised;
  findingId: string | null;
  isOutdated: boolean;
  confirmed: boolean;
}

export interface DraftSection {
  name: SectionName;
  title: Localised;
  sentences: DraftSentence[];
}

export const draftOf = (sections: readonly ReportSection[]): DraftSection[] =>
  sections.map(({ name, title, sentences }) => ({
    name,
    title,
    sentences: sentences.map(({ sentence_id, text, finding_id, outdated }) => ({ key: sentence_id, sentenceId: sentence_id, text, findingId: finding_id, isOutdated: outdated, confirmed: false })),
  }));

type Change = (sentences: DraftSentence[]) => DraftSentence[];
const inSection = (draft: readonly DraftSection[], name: SectionName, change: Change): DraftSection[] =>
  draft.map((section) => (section.name === name ? { ...section, sentences: change(section.sentences) } : section));

export const changed = (draft: readonly DraftSection[], name: SectionName, key: string, more: Partial<DraftSentence>): DraftSection[] =>
  inSection(draft, name, (all) => all.map((one) => (one.key === key ? { ...one, ...more } : one)));
export const without = (draft: readonly DraftSection[], name: SectionName, key: string): DraftSection[] => inSection(draft, name, (all) => all.filter((one) => one.key !== key));
export const withNew = (draft: readonly DraftSection[], name: SectionName, key: string, findingId: string | null): DraftSection[] =>
  inSection(draft, name, (all) => [...all, { key, sentenceId: null, text: { en: '', zh: '' }, findingId, isOutdated: false, confirmed: false }]);

const isWritten = ({ text }: DraftSentence): boolean => text.en.trim() !== '' || text.zh.trim() !== '';

/** Sentences that were new when they were sent bear the ids that the server gave them, in the same order. */
export const named = (draft: readonly DraftSection[], sent: readonly DraftSection[], saved: readonly ReportSection[]): DraftSection[] =>
  draft.map((section) => {
    const keys = sent.find(({ name }) => name === section.name)?.sentences.filter(isWritten).map(({ key }) => key) ?? [];
    const ids = saved.find(({ name }) => name === section.name)?.sentences.map(({ sentence_id }) => sentence_id) ?? [];
    return { ...section, sentences: section.sentences.map((one) => (one.sentenceId === null ? { ...one, sentenceId: ids[keys.indexOf(one.key)] ?? null } : one)) };
  });

/** What is sent; a sentence without a word in either language is left out. */
export const changeOf = ({ revision }: Pick<Report, 'revision'>, draft: readonly DraftSection[]): ReportChange => ({
  revision,
  sections: draft.map(({ name, sentences }) => ({
    name,
    sentences: sentences
      .filter(isWritten)
      .map(({ sentenceId, text, findingId, confirmed }) => ({ sentence_id: sentenceId, text, finding_id: findingId, ...(confirmed ? { confirmed } : {}) })),
  })),
});
