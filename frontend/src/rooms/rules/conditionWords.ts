import type { Department, Wants } from '@/contract/plugins';
import type { Conditions, Rule } from '@/contract/rules';
import { formatCount } from '@/i18n/format';
import type { Texts } from '@/i18n/language';
import { bodyPart } from '@/ui/bodyPart';

/** The conditions whose values are words: any of them does. */
export const WORD_CONDITIONS = ['calling_ae_titles', 'departments', 'modalities', 'body_parts', 'description_contains', 'description_excludes'] as const;
/** The conditions that are spans, each from `min_` to `max_`. */
export const SPAN_CONDITIONS = ['age_years', 'slice_thickness_mm', 'slices'] as const;
export type SpanCondition = (typeof SPAN_CONDITIONS)[number];

export const NO_CONDITIONS: Conditions = {
  calling_ae_titles: [],
  departments: [],
  modalities: [],
  body_parts: [],
  description_contains: [],
  description_excludes: [],
  min_age_years: null,
  max_age_years: null,
  min_slice_thickness_mm: null,
  max_slice_thickness_mm: null,
  min_slices: null,
  max_slices: null,
  from_time: null,
  until_time: null,
};

type Words = Pick<Texts, 't' | 'pick' | 'language'>;

/** What a rule asks beyond what the plug-in wants, one phrase for each condition; empty: nothing more. */
export function conditionWords(conditions: Conditions, departments: readonly Department[], texts: Words): string[] {
  const { t, pick, language } = texts;
  const named = (name: (typeof WORD_CONDITIONS)[number], value: string): string => {
    if (name === 'departments') {
      const found = departments.find(({ code }) => code === value);
      return found === undefined ? value : pick(found.name);
    }
    return name === 'body_parts' ? bodyPart(value, t) : value;
  };
  const words = WORD_CONDITIONS.filter((name) => conditions[name].length > 0).map((name) =>
    t(`rules.words.${name}`, { list: conditions[name].map((value) => named(name, value)).join(t('rules.words.or')) }),
  );
  const spans = SPAN_CONDITIONS.flatMap((name) => {
    const span = spanWords(conditions[`min_${name}`], conditions[`max_${name}`], (value) => formatCount(value, language));
    return span === null ? [] : [t(`rules.words.${name}`, { span })];
  });
  const { from_time: from, until_time: until } = conditions;
  const time = from === null && until === null ? [] : [t('rules.words.time', { from: from ?? '00:00', until: until ?? '24:00' })];
  return [...words, ...spans, ...time];
}

/** What the plug-in itself wants, one phrase each. */
export function wantsWords(wants: Wants, { t, language }: Pick<Texts, 't' | 'language'>): string[] {
  const or = (values: readonly string[]): string => values.join(t('rules.words.or'));
  return [
    t('rules.wants.modality', { list: or(wants.modality) }),
    ...(wants.body_part_examined.length > 0 ? [t('rules.wants.bodyPart', { list: or(wants.body_part_examined.map((one) => bodyPart(one, t))) })] : []),
    t('rules.wants.slices', { count: wants.min_slices }),
    ...(wants.max_slice_spacing_mm === null ? [] : [t('rules.wants.spacing', { mm: formatCount(wants.max_slice_spacing_mm, language) })]),
    ...(wants.exclude_image_type.length > 0 ? [t('rules.wants.type', { list: or(wants.exclude_image_type) })] : []),
  ];
}

function spanWords(least: number | null, most: number | null, write: (value: number) => string): string | null {
  if (least !== null && most !== null) {
    return `${write(least)}–${write(most)}`;
  }
  return least !== null ? `≥ ${write(least)}` : most !== null ? `≤ ${write(most)}` : null;
}

/** The rules that have every word of `q` in their name, plug-in, department or conditions, in the server's order. */
export function found(rules: readonly Rule[], q: string, departments: readonly Department[], texts: Words): Rule[] {
  const words = q.trim().toLocaleLowerCase().split(/\s+/).filter(Boolean);
  return rules.filter((rule) => {
    const { title, plugin_id: id, version, department } = rule.installation;
    const text = [rule.name, rule.app, rule.slot, title.en, title.zh, id, version, department ?? '', ...conditionWords(rule.conditions, departments, texts)].join(' ').toLocaleLowerCase();
    return words.every((word) => text.includes(word));
  });
}
