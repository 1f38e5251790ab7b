import { Fieldset, MultiSelect, NumberInput, TagsInput, TextInput } from '@mantine/core';
import type { Department } from '@/contract/plugins';
import type { Conditions } from '@/contract/rules';
import { useTexts } from '@/i18n/language';
import { BODY_PARTS, bodyPart } from '@/ui/bodyPart';
import { SPAN_CONDITIONS, type SpanCondition } from './conditionWords';
import type { Fault } from './draft';
import classes from './Rules.module.css';

const MODALITIES = ['CT', 'MR', 'DX', 'CR', 'MG', 'PT', 'US', 'SM'];
const STEP = { age_years: 1, slice_thickness_mm: 0.5, slices: 1 } as const;

interface ConditionFieldsProps {
  value: Conditions;
  departments: readonly Department[];
  faults: Partial<Record<string, Fault>>;
  onChange: (change: Partial<Conditions>) => void;
}

/** Every condition that the platform knows, as fields. */
export function ConditionFields({ value, departments, faults, onChange }: ConditionFieldsProps) {
  const { t, pick } = useTexts();
  const tags = (name: 'calling_ae_titles' | 'description_contains' | 'description_excludes') => (
    <TagsInput
      size="xs"
      label={t(`rules.form.${name}`)}
      placeholder={value[name].length === 0 ? t('rules.form.valuesHelp') : undefined}
      value={value[name]}
      onChange={(values) => onChange({ [name]: values })}
      maxTags={100}
      data-testid={`field-${name}`}
    />
  );
  const codes = [...new Set([...departments.map(({ code }) => code), ...value.departments])];
  const nameOf = (code: string): string => {
    const found = departments.find((one) => one.code === code);
    return found === undefined ? code : pick(found.name);
  };
  return (
    <>
      <Fieldset legend={t('rules.form.origin')} className={classes.fields}>
        <MultiSelect size="xs" label={t('rules.form.departments')} data={codes.map((code) => ({ value: code, label: nameOf(code) }))} value={value.departments} onChange={(values) => onChange({ departments: values })} data-testid="field-departments" />
        {tags('calling_ae_titles')}
      </Fieldset>
      <Fieldset legend={t('rules.form.kind')} className={classes.fields}>
        <MultiSelect size="xs" label={t('rules.form.modalities')} data={[...new Set([...MODALITIES, ...value.modalities])]} value={value.modalities} onChange={(values) => onChange({ modalities: values })} data-testid="field-modalities" />
        <MultiSelect
          size="xs"
          searchable
          label={t('rules.form.body_parts')}
          data={[...new Set([...BODY_PARTS, ...value.body_parts])].map((code) => ({ value: code, label: bodyPart(code, t) }))}
          value={value.body_parts}
          onChange={(values) => onChange({ body_parts: values })}
          data-testid="field-body_parts"
        />
        {tags('description_contains')}
        {tags('description_excludes')}
      </Fieldset>
      <Fieldset legend={t('rules.form.size')} className={classes.fields}>
        {SPAN_CONDITIONS.map((name) => (
          <Span key={name} name={name} value={value} fault={faults[name]} onChange={onChange} />
        ))}
        <TimeSpan value={value} fault={faults.time} onChange={onChange} />
      </Fieldset>
    </>
  );
}

interface SpanProps {
  value: Conditions;
  fault: Fault | undefined;
  onChange: (change: Partial<Conditions>) => void;
}

/** What stands in a number field; an empty one asks nothing. */
const numberOf = (written: number | string): number | null => {
  const value = typeof written === 'number' ? written : Number.parseFloat(written);
  return Number.isFinite(value) ? value : null;
};

function Span({ name, value, fault, onChange }: SpanProps & { name: SpanCondition }) {
  const { t } = useTexts();
  const title = t(`rules.form.${name}`);
  return (
    <div role="group" aria-label={title} className={classes.span}>
      <span className={classes.spanName}>{title}</span>
      {(['min', 'max'] as const).map((end) => (
        <NumberInput
          key={end}
          size="xs"
          min={0}
          step={STEP[name]}
          allowDecimal={name !== 'slices'}
          hideControls
          aria-label={`${title}, ${t(end === 'min' ? 'rules.form.least' : 'rules.form.most')}`}
          placeholder={t(end === 'min' ? 'rules.form.least' : 'rules.form.most')}
          value={value[`${end}_${name}`] ?? ''}
          onChange={(written) => onChange({ [`${end}_${name}`]: numberOf(written) })}
          error={fault !== undefined}
          data-testid={`field-${end}_${name}`}
        />
      ))}
      {fault !== undefined && (
        <span className={classes.fault} role="alert">
          {t(`rules.form.${fault}`)}
        </span>
      )}
    </div>
  );
}

function TimeSpan({ value, fault, onChange }: SpanProps) {
  const { t } = useTexts();
  const title = t('rules.form.time');
  const { from_time: from, until_time: until } = value;
  const isOverNight = from !== null && until !== null && from > until;
  return (
    <div role="group" aria-label={title} className={classes.span}>
      <span className={classes.spanName}>{title}</span>
      {(['from', 'until'] as const).map((end) => (
        <TextInput
          key={end}
          size="xs"
          type="time"
          aria-label={`${title}, ${t(`rules.form.${end}`)}`}
          value={value[`${end}_time`] ?? ''}
          onChange={(event) => onChange({ [`${end}_time`]: event.currentTarget.value === '' ? null : event.currentTarget.value })}
          error={fault !== undefined}
          data-testid={`field-${end}_time`}
        />
      ))}
      {isOverNight && <span className={classes.spanNote}>{t('rules.form.overNight')}</span>}
      {fault !== undefined && (
        <span className={classes.fault} role="alert">
          {t(`rules.form.${fault}`)}
        </span>
      )}
    </div>
  );
}
