import { NumberInput, Select } from '@mantine/core';
import type { ParameterField, ParametersForm, ParameterValue, ParameterValues } from '@/contract/plugins';
import { useTexts, type Texts } from '@/i18n/language';
import { faultOfValue, valueWord, withUnit } from './parameterValues';

interface ParameterFieldsProps {
  form: ParametersForm;
  /** What is set here; a name that is missing is not set. */
  values: ParameterValues;
  /** What counts where nothing is set here; without a name, the vendor's default does. */
  behind: ParameterValues;
  onChange: (values: ParameterValues) => void;
}

/** A field for each parameter of a plug-in, made from its schema: limits, unit and default stand beside it. */
export function ParameterFields({ form, values, behind, onChange }: ParameterFieldsProps) {
  const put = (name: string, value: ParameterValue | null): void => {
    const others = Object.fromEntries(Object.entries(values).filter(([other]) => other !== name));
    onChange(value === null ? others : { ...others, [name]: value });
  };
  return (
    <>
      {Object.entries(form.properties).map(([name, field]) => (
        <Field key={name} name={name} field={field} value={values[name]} behind={behind[name] ?? field.default} onPut={(value) => put(name, value)} />
      ))}
    </>
  );
}

interface FieldProps {
  name: string;
  field: ParameterField;
  value: ParameterValue | undefined;
  behind: ParameterValue;
  onPut: (value: ParameterValue | null) => void;
}

function Field({ name, field, value, behind, onPut }: FieldProps) {
  const texts = useTexts();
  const { t, pick } = texts;
  const shared = {
    size: 'xs',
    label: pick(field['x-title']),
    description: descriptionOf(field, texts),
    descriptionProps: { size: 'sm' },
    placeholder: t('plugins.parameters.unset', { value: valueWord(field, behind, texts) }),
    'data-testid': `parameter-${name}`,
  } as const;
  if (field.type === 'number' || field.type === 'integer') {
    return (
      <NumberInput
        {...shared}
        value={typeof value === 'number' ? value : ''}
        step={field['x-step'] ?? (field.type === 'integer' ? 1 : (field.maximum - field.minimum) / 20)}
        allowDecimal={field.type === 'number'}
        hideControls
        onChange={(written) => onPut(typeof written === 'number' ? written : null)}
        error={faultOfValue(field, value, texts)}
      />
    );
  }
  const data =
    field.type === 'string'
      ? field.enum.map((choice) => ({ value: choice, label: valueWord(field, choice, texts) }))
      : [true, false].map((choice) => ({ value: String(choice), label: valueWord(field, choice, texts) }));
  return (
    <Select
      {...shared}
      data={data}
      clearable
      clearButtonProps={{ 'aria-label': t('plugins.parameters.clear', { title: pick(field['x-title']) }) }}
      value={value === undefined ? null : String(value)}
      onChange={(chosen) => onPut(chosen === null || field.type === 'string' ? chosen : chosen === 'true')}
    />
  );
}

/** What it does, its limits with the unit, and what the vendor tested. */
function descriptionOf(field: ParameterField, { t, pick }: Texts): string {
  const explained = field['x-explanation'] === undefined ? [] : [pick(field['x-explanation'])];
  const limits = field.type === 'number' || field.type === 'integer' ? [t('plugins.parameters.limits', { least: String(field.minimum), largest: withUnit(field.maximum, field) })] : [];
  return [...explained, ...limits, t('plugins.parameters.default', { value: valueWord(field, field.default, { t, pick }) })].join(' ');
}
