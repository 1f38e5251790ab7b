import { Checkbox, NumberInput, PasswordInput, Switch, TextInput } from '@mantine/core';
import { useTexts } from '@/i18n/language';
import type { Draft, Field } from './draft';
import { DAYS } from './window';
import classes from './Archives.module.css';

export interface FieldsProps {
  draft: Draft;
  change: (part: Partial<Draft>) => void;
  /** What is wrong with a field, in words. */
  faultAt: (field: Field) => string | null;
}

type TextField = 'name' | 'host' | 'called_ae_title' | 'calling_ae_title' | 'move_destination' | 'base_url' | 'username' | 'issuer_of_patient_id' | 'fallback_charset' | 'time_zone';

interface TextProps extends FieldsProps {
  field: TextField;
  most: number;
  isFirst?: boolean;
}

export function Text({ field, draft, change, faultAt, most, isFirst = false }: TextProps) {
  const { t } = useTexts();
  return (
    <TextInput
      label={t(`archives.fields.${field}`)}
      description={field === 'calling_ae_title' ? t('archives.help.calling_ae_title') : field === 'move_destination' ? t('archives.help.move_destination') : field === 'issuer_of_patient_id' ? t('archives.help.issuer_of_patient_id') : field === 'fallback_charset' ? t('archives.help.fallback_charset') : undefined}
      value={draft[field]}
      onChange={(event) => change({ [field]: event.currentTarget.value })}
      error={faultAt(field)}
      maxLength={most}
      spellCheck={false}
      {...(isFirst ? { 'data-autofocus': true } : {})}
      data-testid={`field-${field}`}
    />
  );
}

function Count({ field, draft, change, faultAt }: FieldsProps & { field: 'port' | 'cap' | 'max_associations' }) {
  const { t } = useTexts();
  return (
    <NumberInput
      label={t(`archives.fields.${field}`)}
      description={field === 'cap' ? t('archives.help.cap') : field === 'max_associations' ? t('archives.help.max_associations') : undefined}
      value={draft[field]}
      onChange={(written) => change({ [field]: typeof written === 'number' ? written : '' })}
      error={faultAt(field)}
      decimalScale={field === 'cap' ? 3 : 0}
      allowNegative={false}
      hideControls
      data-testid={`field-${field}`}
    />
  );
}

/** How a DIMSE archive is reached. */
export function NodePart(fields: FieldsProps) {
  return (
    <div className={classes.pair}>
      <Text field="host" {...fields} most={255} />
      <Count field="port" {...fields} />
      <Text field="called_ae_title" {...fields} most={16} />
      <Text field="calling_ae_title" {...fields} most={16} />
      {fields.draft.method === 'c_move' && <Text field="move_destination" {...fields} most={16} />}
    </div>
  );
}

/** How DICOMweb is reached. */
export function WebPart({ hasSecret, ...fields }: FieldsProps & { hasSecret: boolean }) {
  const { t } = useTexts();
  const { draft, change, faultAt } = fields;
  return (
    <>
      <Text field="base_url" {...fields} most={500} />
      <div className={classes.pair}>
        <Text field="username" {...fields} most={100} />
        <PasswordInput
          label={t('archives.fields.secret')}
          description={t(hasSecret ? 'archives.help.secretKept' : 'archives.help.secret')}
          value={draft.secret}
          onChange={(event) => change({ secret: event.currentTarget.value })}
          error={faultAt('secret')}
          maxLength={4000}
          autoComplete="new-password"
          data-testid="field-secret"
        />
      </div>
    </>
  );
}

/** When studies may be fetched. */
export function WindowPart(fields: FieldsProps) {
  const { t } = useTexts();
  const { draft, change, faultAt } = fields;
  return (
    <>
      <Switch label={t('archives.fields.hasWindow')} checked={draft.hasWindow} onChange={(event) => change({ hasWindow: event.currentTarget.checked })} data-testid="field-has-window" />
      {draft.hasWindow && (
        <>
          <Checkbox.Group label={t('archives.fields.days')} value={draft.days.map(String)} onChange={(days) => change({ days: days.map(Number) })} error={faultAt('days')} data-testid="field-days">
            <div className={classes.days}>
              {DAYS.map((day) => (
                <Checkbox key={day} size="xs" value={String(day)} label={t(`archives.days.${day}`)} data-testid={`day-${day}`} />
              ))}
            </div>
          </Checkbox.Group>
          <div className={classes.pair}>
            {(['opens', 'closes'] as const).map((end) => (
              <TextInput key={end} type="time" label={t(`archives.fields.${end}`)} value={draft[end]} onChange={(event) => change({ [end]: event.currentTarget.value })} error={faultAt(end)} data-testid={`field-${end}`} />
            ))}
          </div>
          <p className={classes.help}>{t('archives.help.window')}</p>
          <Text field="time_zone" {...fields} most={64} />
        </>
      )}
    </>
  );
}

/** How much of the network and of the archive is taken. */
export function CapPart(fields: FieldsProps) {
  return (
    <div className={classes.pair}>
      <Count field="cap" {...fields} />
      <Count field="max_associations" {...fields} />
    </div>
  );
}
