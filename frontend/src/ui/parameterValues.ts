import type { ParameterField, ParametersForm, ParameterValue, ParameterValues } from '@/contract/plugins';
import type { Texts } from '@/i18n/language';

/** What is wrong with the value of a field; `null`: nothing. */
export function faultOfValue(field: ParameterField, value: ParameterValue | undefined, { t }: Pick<Texts, 't'>): string | null {
  if (value === undefined || (field.type !== 'number' && field.type !== 'integer')) {
    return null;
  }
  const isFit = typeof value === 'number' && value >= field.minimum && value <= field.maximum;
  if (!isFit) {
    return t('plugins.parameters.outside', { least: String(field.minimum), largest: withUnit(field.maximum, field) });
  }
  return field.type === 'integer' && !Number.isInteger(value) ? t('plugins.parameters.whole') : null;
}

/** Tell whether every value can be sent. */
export const isWhole = (form: ParametersForm, values: ParameterValues, texts: Pick<Texts, 't'>): boolean =>
  Object.entries(form.properties).every(([name, field]) => faultOfValue(field, values[name], texts) === null);

/** A value as a person reads it, with its unit. */
export function valueWord(field: ParameterField, value: ParameterValue, { t, pick }: Pick<Texts, 't' | 'pick'>): string {
  if (field.type === 'boolean') {
    return t(value === true ? 'plugins.parameters.on' : 'plugins.parameters.off');
  }
  if (field.type === 'string') {
    const title = field['x-choices'][String(value)];
    return title === undefined ? String(value) : pick(title);
  }
  return withUnit(Number(value), field);
}

/** What is set, one phrase for each parameter, in the order of the form. */
export const valueWords = (form: ParametersForm, values: ParameterValues, texts: Pick<Texts, 't' | 'pick'>): string[] =>
  Object.entries(form.properties).flatMap(([name, field]) => {
    const value = values[name];
    return value === undefined ? [] : [`${texts.pick(field['x-title'])}: ${valueWord(field, value, texts)}`];
  });

export function withUnit(number: number, { 'x-unit': unit }: { 'x-unit': string }): string {
  return unit === '1' ? String(number) : `${number} ${unit}`;
}
