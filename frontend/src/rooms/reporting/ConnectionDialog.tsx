import { Button, Group, Modal, NumberInput, PasswordInput, Select, Switch, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useEffect, useRef, useState } from 'react';
import { useSayOfConnection } from '@/api/reporting';
import type { RisConnection } from '@/contract/reports';
import { useTexts } from '@/i18n/language';
import { failureWords } from '@/ui/FailurePanel';
import { draftOf, faultsOf, orderOf, type Draft, type Field } from './connection';
import classes from './Reporting.module.css';

const KINDS = ['hl7_mllp', 'fhir'] as const;
const LANGUAGES = ['zh', 'en'] as const;
const SWITCHES = ['sends_preliminary', 'for_research', 'enabled'] as const;

/** Adds a connection, or changes what is said of one. */
export function ConnectionDialog({ edited, onClose }: { edited: RisConnection | 'new' | null; onClose: () => void }) {
  const { t } = useTexts();
  const title = edited === null || edited === 'new' ? t('reporting.ris.addTitle') : t('reporting.ris.changeOf', { name: edited.name });
  return (
    <Modal opened={edited !== null} onClose={onClose} size="lg" title={title} closeOnClickOutside={false} closeButtonProps={{ 'aria-label': t('common.close') }} transitionProps={{ duration: 0 }} data-testid="connection-dialog">
      {edited !== null && <ConnectionForm connection={edited === 'new' ? null : edited} onClose={onClose} />}
    </Modal>
  );
}

interface FieldsProps {
  draft: Draft;
  change: (part: Partial<Draft>) => void;
  /** What is wrong with a field, in words. */
  faultAt: (field: Field) => string | null;
}

function ConnectionForm({ connection, onClose }: { connection: RisConnection | null; onClose: () => void }) {
  const texts = useTexts();
  const { t } = texts;
  const order = useSayOfConnection(connection?.connection_id ?? null);
  const [draft, setDraft] = useState<Draft>(() => draftOf(connection));
  const [tries, setTries] = useState(0);
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (tries > 0) {
      form.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus();
    }
  }, [tries]);
  const faults = faultsOf(draft);
  const faultAt = (field: Field): string | null => {
    const fault = tries > 0 ? faults[field] : undefined;
    return fault === undefined ? null : t(`reporting.ris.faults.${fault}`);
  };
  const change = (part: Partial<Draft>): void => {
    order.reset();
    setDraft((was) => ({ ...was, ...part }));
  };
  const go = (): void => {
    setTries(tries + 1);
    if (Object.keys(faults).length === 0) {
      order.mutate(orderOf(draft), {
        onSuccess: ({ name }) => {
          notifications.show({ message: t('reporting.ris.kept', { name }), color: 'teal' });
          onClose();
        },
      });
    }
  };
  const fields: FieldsProps = { draft, change, faultAt };
  return (
    <form
      ref={form}
      className={classes.form}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        go();
      }}
    >
      <Text field="name" {...fields} most={100} isFirst />
      <Select
        label={t('reporting.ris.fields.kind')}
        description={connection === null ? undefined : t('reporting.ris.help.kind')}
        data={KINDS.map((value) => ({ value, label: t(`reporting.ris.kinds.${value}`) }))}
        value={draft.kind}
        onChange={(value) => change({ kind: KINDS.find((one) => one === value) ?? draft.kind })}
        allowDeselect={false}
        disabled={connection !== null}
        data-testid="field-kind"
      />
      {draft.kind === 'fhir' ? <FhirPart {...fields} hasToken={connection?.has_token ?? false} /> : <MllpPart {...fields} />}
      <Select
        label={t('reporting.ris.fields.language')}
        data={LANGUAGES.map((value) => ({ value, label: t(`reporting.ris.languages.${value}`) }))}
        value={draft.language}
        onChange={(value) => change({ language: LANGUAGES.find((one) => one === value) ?? draft.language })}
        allowDeselect={false}
        data-testid="field-language"
      />
      <div className={classes.switches}>
        {SWITCHES.map((field) => (
          <Switch key={field} label={t(`reporting.ris.fields.${field}`)} checked={draft[field]} onChange={(event) => change({ [field]: event.currentTarget.checked })} data-testid={`field-${field}`} />
        ))}
      </div>
      {order.isError && (
        <p className={classes.refused} role="alert" data-testid="connection-refused">
          {failureWords(order.error, texts).what}
        </p>
      )}
      <Group justify="flex-end">
        <Button size="sm" variant="default" onClick={onClose}>
          {t('common.cancel')}
        </Button>
        <Button size="sm" type="submit" loading={order.isPending} data-testid="connection-confirm">
          {t('reporting.keep')}
        </Button>
      </Group>
    </form>
  );
}

type TextField = 'name' | 'host' | 'base_url' | 'sending_application' | 'sending_facility' | 'receiving_application' | 'receiving_facility';

function Text({ field, draft, change, faultAt, most, isFirst = false }: FieldsProps & { field: TextField; most: number; isFirst?: boolean }) {
  const { t } = useTexts();
  return (
    <TextInput
      label={t(`reporting.ris.fields.${field}`)}
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

/** How an HL7 receiver is reached, and what both call themselves (MSH-3 to MSH-6). */
function MllpPart(fields: FieldsProps) {
  const { t } = useTexts();
  const { draft, change, faultAt } = fields;
  return (
    <>
      <div className={classes.pair}>
        <Text field="host" {...fields} most={255} />
        <NumberInput label={t('reporting.ris.fields.port')} value={draft.port} onChange={(written) => change({ port: typeof written === 'number' ? written : '' })} error={faultAt('port')} allowNegative={false} decimalScale={0} hideControls data-testid="field-port" />
      </div>
      <div className={classes.pair}>
        <Text field="sending_application" {...fields} most={180} />
        <Text field="sending_facility" {...fields} most={180} />
        <Text field="receiving_application" {...fields} most={180} />
        <Text field="receiving_facility" {...fields} most={180} />
      </div>
    </>
  );
}

function FhirPart({ hasToken, ...fields }: FieldsProps & { hasToken: boolean }) {
  const { t } = useTexts();
  const { draft, change, faultAt } = fields;
  return (
    <>
      <Text field="base_url" {...fields} most={500} />
      <PasswordInput
        label={t('reporting.ris.fields.token')}
        description={t(hasToken ? 'reporting.ris.help.tokenKept' : 'reporting.ris.help.token')}
        value={draft.token}
        onChange={(event) => change({ token: event.currentTarget.value })}
        error={faultAt('token')}
        maxLength={4000}
        autoComplete="new-password"
        visibilityToggleButtonProps={{ 'aria-label': t('reporting.ris.showToken') }}
        data-testid="field-token"
      />
    </>
  );
}
