import { Button, Fieldset, Group, NumberInput, Select, Switch, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useEffect, useState } from 'react';
import { useSaveRule } from '@/api/rules';
import type { Department } from '@/contract/plugins';
import type { Rule } from '@/contract/rules';
import { priority } from '@/contract/worklist';
import { useTexts, type Texts } from '@/i18n/language';
import { slotName } from '@/ui/appNames';
import { failureWords } from '@/ui/FailurePanel';
import { ParameterFields } from '@/ui/ParameterFields';
import { isWhole } from '@/ui/parameterValues';
import { ConditionFields } from './ConditionFields';
import { changeOf, faultsOf, trialOf, type Draft, type Target } from './draft';
import { DryRunPart } from './DryRunPart';
import { placeOf } from './words';
import classes from './Rules.module.css';

interface RuleFormProps {
  first: Draft;
  targets: readonly Target[];
  departments: readonly Department[];
  /** Told whether there is something that would be lost. */
  onDirty: (isDirty: boolean) => void;
  onSaved: (rule: Rule) => void;
  onCancel: () => void;
}

/** A rule as a form, which can be tried before it is saved. */
export function RuleForm({ first, targets, departments, onDirty, onSaved, onCancel }: RuleFormProps) {
  const texts = useTexts();
  const { t } = texts;
  const save = useSaveRule();
  const [draft, setDraft] = useState(first);
  const [isShown, setShown] = useState(false);
  const faults = faultsOf(draft);
  const isDirty = JSON.stringify(draft) !== JSON.stringify(first);
  const isNew = draft.ruleId === null;
  useEffect(() => onDirty(isDirty), [onDirty, isDirty]);
  const target = targets.find(({ installationId }) => installationId === draft.installationId);
  const form = target?.plugin.parameters ?? null;
  const change = (part: Partial<Draft>): void => setDraft((was) => ({ ...was, ...part }));
  const go = (): void => {
    setShown(true);
    const { ruleId, installationId, slot } = draft;
    if ((form !== null && !isWhole(form, draft.parameters, texts)) || Object.keys(faults).length > 0 || installationId === null || slot === null) {
      return;
    }
    save.mutate(ruleId === null ? { installationId, slot, change: changeOf(draft) } : { ruleId, change: changeOf(draft) }, {
      onSuccess: (rule) => {
        notifications.show({ message: t('rules.saved'), color: 'teal' });
        onSaved(rule);
      },
    });
  };
  return (
    <section className={classes.panel} aria-labelledby="rule-form-title" data-testid="rule-form">
      <header className={classes.panelHead}>
        <h2 id="rule-form-title" className={classes.panelTitle}>
          {t(isNew ? 'rules.form.newTitle' : 'rules.form.editTitle')}
        </h2>
      </header>
      <div className={classes.form}>
        <What draft={draft} targets={targets} departments={departments} faults={isShown ? faults : {}} onChange={change} />
        <h3 className={classes.sectionTitle}>{t('rules.form.conditions')}</h3>
        <p className={classes.help}>{t('rules.form.conditionsHelp')}</p>
        <ConditionFields value={draft.conditions} departments={departments} faults={faults} onChange={(part) => setDraft((was) => ({ ...was, conditions: { ...was.conditions, ...part } }))} />
        {form !== null && (
          <Fieldset legend={t('plugins.parameters.rule')} className={classes.fields} data-testid="rule-parameters">
            <p className={`${classes.help ?? ''} ${classes.wide ?? ''}`}>{t('plugins.parameters.ruleHelp')}</p>
            <ParameterFields form={form} values={draft.parameters} behind={target?.parameters ?? {}} onChange={(parameters) => change({ parameters })} />
          </Fieldset>
        )}
        <DryRunPart order={trialOf(draft, targets)} />
      </div>
      <footer className={classes.foot}>
        {save.isError && (
          <p className={classes.fault} role="alert">
            {failureWords(save.error, texts).what}
          </p>
        )}
        <Group justify="flex-end" gap={8}>
          <Button size="sm" variant="default" onClick={onCancel} data-testid="rule-cancel">
            {t('common.cancel')}
          </Button>
          <Button size="sm" onClick={go} loading={save.isPending} data-testid="rule-save">
            {t(isNew ? 'rules.add' : 'rules.save')}
          </Button>
        </Group>
      </footer>
    </section>
  );
}

interface WhatProps {
  draft: Draft;
  targets: readonly Target[];
  departments: readonly Department[];
  faults: ReturnType<typeof faultsOf>;
  onChange: (part: Partial<Draft>) => void;
}

/** What is run, and how urgently. A rule keeps its plug-in and its slot: another one is another rule. */
function What({ draft, targets, departments, faults, onChange }: WhatProps) {
  const texts = useTexts();
  const { t } = texts;
  const target = targets.find(({ installationId }) => installationId === draft.installationId);
  return (
    <div className={classes.what}>
      <TextInput size="xs" label={t('rules.form.name')} value={draft.name} maxLength={200} onChange={(event) => onChange({ name: event.currentTarget.value })} error={faults.name && t(`rules.form.${faults.name}`)} required autoFocus={draft.ruleId === null} className={classes.wide} data-testid="field-name" />
      {draft.ruleId === null ? (
        <WhatRuns draft={draft} targets={targets} departments={departments} faults={faults} onChange={onChange} />
      ) : (
        <p className={`${classes.runs ?? ''} ${classes.wide ?? ''}`}>
          {target === undefined ? t('rules.form.gone') : labelOf(target, departments, texts)}
          <span className={classes.under}>{slotName(draft.slot ?? '', t)}</span>
        </p>
      )}
      {target !== undefined && target.state !== 'enabled' && (
        <p className={`${classes.careful ?? ''} ${classes.wide ?? ''}`} role="status">
          {t('rules.installationState')}
        </p>
      )}
      <Select
        size="xs"
        label={t('rules.form.priority')}
        allowDeselect={false}
        data={priority.options.map((value) => ({ value, label: t(`worklist.priority.${value}`) }))}
        value={draft.priority}
        onChange={(value) => onChange({ priority: priority.options.find((one) => one === value) ?? draft.priority })}
        data-testid="field-priority"
      />
      <NumberInput
        size="xs"
        min={1}
        max={14_400}
        hideControls
        label={t('rules.form.due')}
        title={t('rules.form.dueHelp')}
        placeholder={t('rules.noDue')}
        value={draft.dueMinutes ?? ''}
        onChange={(written) => onChange({ dueMinutes: typeof written === 'number' ? written : null })}
        data-testid="field-due"
      />
      <Switch size="sm" className={classes.switch} label={t('rules.form.enabled')} checked={draft.enabled} onChange={(event) => onChange({ enabled: event.currentTarget.checked })} data-testid="field-enabled" />
    </div>
  );
}

const labelOf = ({ plugin, departmentCode }: Target, departments: readonly Department[], texts: Texts): string =>
  `${texts.pick(plugin.title)} ${plugin.version} · ${placeOf(departmentCode, departments, texts)}`;

/** Which plug-in a new rule runs, and in which slot. */
function WhatRuns({ draft, targets, departments, faults, onChange }: WhatProps) {
  const texts = useTexts();
  const { t } = texts;
  const slotsOf = (installationId: string | null): readonly string[] => targets.find((one) => one.installationId === installationId)?.plugin.fills ?? [];
  return (
    <>
      <Select
        size="xs"
        label={t('rules.form.installation')}
        className={classes.wide}
        allowDeselect={false}
        data={targets.map((one) => ({ value: one.installationId, label: labelOf(one, departments, texts) }))}
        value={draft.installationId}
        onChange={(installationId) => onChange({ installationId, slot: slotsOf(installationId)[0] ?? null, parameters: {} })}
        error={faults.installation && t(targets.length === 0 ? 'rules.form.noInstallation' : `rules.form.${faults.installation}`)}
        data-testid="field-installation"
      />
      <Select size="xs" label={t('rules.form.slot')} allowDeselect={false} data={slotsOf(draft.installationId).map((slot) => ({ value: slot, label: slotName(slot, t) }))} value={draft.slot} onChange={(slot) => onChange({ slot })} data-testid="field-slot" />
    </>
  );
}
