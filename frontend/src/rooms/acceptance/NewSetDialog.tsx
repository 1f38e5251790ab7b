import { Button, Fieldset, Group, Modal, NumberInput, Select, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useBeginSet } from '@/api/acceptance';
import { useVersion, useVersions } from '@/api/plugins';
import type { AcceptanceSet, SetOrder } from '@/contract/acceptance';
import type { ParametersForm, ParameterValues } from '@/contract/plugins';
import { useTexts, type Texts } from '@/i18n/language';
import { failureWords } from '@/ui/FailurePanel';
import { ParameterFields } from '@/ui/ParameterFields';
import { isWhole } from '@/ui/parameterValues';
import classes from './Acceptance.module.css';

interface NewSetDialogProps {
  opened: boolean;
  sets: readonly AcceptanceSet[];
  onClose: () => void;
  onBegun: (setId: string) => void;
}

/** Begins a set: a name, a version, and what is asked of it. */
export function NewSetDialog({ opened, sets, onClose, onBegun }: NewSetDialogProps) {
  const { t } = useTexts();
  return (
    <Modal opened={opened} onClose={onClose} title={t('acceptance.newTitle')} closeOnClickOutside={false} closeButtonProps={{ 'aria-label': t('common.close') }} transitionProps={{ duration: 0 }} data-testid="new-set-dialog">
      {opened && <NewSet sets={sets} onClose={onClose} onBegun={onBegun} />}
    </Modal>
  );
}

interface Draft {
  name: string;
  versionId: string | null;
  label: string | null;
  leastScore: number | null;
  /** Values that a rule sets or is to set; without any, those of the installation count. */
  parameters: ParameterValues;
  casesOf: string | null;
}

const NOTHING: Draft = { name: '', versionId: null, label: null, leastScore: null, parameters: {}, casesOf: null };

/** What the server is told; `null`: the form is not whole. */
function orderOf({ name, versionId, label, leastScore, parameters, casesOf }: Draft): SetOrder | null {
  if (name.trim() === '' || versionId === null) {
    return null;
  }
  return {
    name: name.trim(),
    version_id: versionId,
    ...(label === null ? {} : { label }),
    ...(leastScore === null ? {} : { least_score: leastScore }),
    ...(Object.keys(parameters).length === 0 ? {} : { parameters }),
    ...(casesOf === null ? {} : { cases_of: casesOf }),
  };
}

const areFit = (form: ParametersForm | null, values: ParameterValues, texts: Pick<Texts, 't'>): boolean => form === null || isWhole(form, values, texts);

/** Values that a rule sets, to be tried before it may; nothing for a version without parameters. */
function ValuesPart({ form, values, onChange }: { form: ParametersForm | null; values: ParameterValues; onChange: (values: ParameterValues) => void }) {
  const { t } = useTexts();
  if (form === null) {
    return null;
  }
  return (
    <Fieldset legend={t('acceptance.form.parameters')} data-testid="field-parameters">
      <p className={classes.help}>{t('acceptance.form.parametersHelp')}</p>
      <ParameterFields form={form} values={values} behind={{}} onChange={onChange} />
    </Fieldset>
  );
}

/** A set whose cases are taken over; nothing where no other has any. */
function CasesPart({ sets, chosen, onChoose }: { sets: readonly AcceptanceSet[]; chosen: string | null; onChoose: (setId: string | null) => void }) {
  const { t } = useTexts();
  const earlier = sets.filter(({ counts }) => counts.cases > 0);
  if (earlier.length === 0) {
    return null;
  }
  const data = earlier.map((one) => ({ value: one.id, label: `${one.name} · ${t('acceptance.cases', { count: one.counts.cases })}` }));
  return <Select label={t('acceptance.form.casesOf')} description={t('acceptance.form.casesOfHelp')} data={data} value={chosen} onChange={onChoose} clearable data-testid="field-cases-of" />;
}

function NewSet({ sets, onClose, onBegun }: Omit<NewSetDialogProps, 'opened'>) {
  const texts = useTexts();
  const { t, pick } = texts;
  const begin = useBeginSet();
  const { data: known } = useVersions();
  const [draft, setDraft] = useState(NOTHING);
  const { data: version } = useVersion(draft.versionId);
  const change = (part: Partial<Draft>): void => setDraft((was) => ({ ...was, ...part }));
  const form = version?.parameters ?? null;
  const order = areFit(form, draft.parameters, texts) ? orderOf(draft) : null;
  const usable = known?.plugins.filter(({ yanked }) => yanked === null) ?? [];
  const labels = version?.labels ?? [];
  const go = (): void => {
    if (order !== null) {
      begin.mutate(order, {
        onSuccess: ({ id }) => {
          onBegun(id);
          onClose();
        },
      });
    }
  };
  return (
    <form
      className={classes.form}
      onSubmit={(event) => {
        event.preventDefault();
        go();
      }}
    >
      <TextInput label={t('acceptance.form.name')} placeholder={t('acceptance.form.nameExample')} value={draft.name} onChange={(event) => change({ name: event.currentTarget.value })} maxLength={100} required data-autofocus data-testid="field-name" />
      <Select
        label={t('acceptance.form.version')}
        description={known !== undefined && usable.length === 0 ? t('acceptance.form.noVersion') : undefined}
        data={usable.map((one) => ({ value: one.id, label: `${pick(one.title)} ${one.version}` }))}
        value={draft.versionId}
        onChange={(versionId) => change({ versionId, label: null, parameters: {} })}
        searchable
        required
        data-testid="field-version"
      />
      <Select label={t('acceptance.form.label')} description={t('acceptance.form.labelHelp')} data={labels.map((one) => ({ value: one.name, label: pick(one.title) }))} value={draft.label} onChange={(label) => change({ label })} disabled={labels.length === 0} clearable data-testid="field-label" />
      <NumberInput
        label={t('acceptance.form.leastScore')}
        description={t('acceptance.form.leastScoreHelp')}
        min={0}
        max={1}
        step={0.05}
        decimalScale={3}
        value={draft.leastScore ?? ''}
        onChange={(written) => change({ leastScore: typeof written === 'number' ? written : null })}
        data-testid="field-least-score"
      />
      <ValuesPart form={form} values={draft.parameters} onChange={(parameters) => change({ parameters })} />
      <CasesPart sets={sets} chosen={draft.casesOf} onChoose={(casesOf) => change({ casesOf })} />
      {begin.isError && (
        <p className={classes.refused} role="alert">
          {failureWords(begin.error, texts).what}
        </p>
      )}
      <Group justify="flex-end" mt="md">
        <Button size="sm" variant="default" onClick={onClose}>
          {t('common.cancel')}
        </Button>
        <Button size="sm" type="submit" loading={begin.isPending} disabled={order === null} data-testid="new-set-confirm">
          {t('acceptance.form.begin')}
        </Button>
      </Group>
    </form>
  );
}
