import { Modal, SegmentedControl } from '@mantine/core';
import { useState } from 'react';
import { useRequire } from '@/api/acceptance';
import type { AcceptanceSettings } from '@/contract/acceptance';
import { useTexts } from '@/i18n/language';
import { failureWords } from '@/ui/FailurePanel';
import { Mark } from '@/ui/Mark';
import classes from './Acceptance.module.css';

const ANSWERS = ['default', 'yes', 'no'] as const;
type Answer = (typeof ANSWERS)[number];
const SAID: Record<Answer, boolean | null> = { default: null, yes: true, no: false };
const answerOf = (required: boolean | null): Answer => (required === null ? 'default' : required ? 'yes' : 'no');

/** Where a version must be accepted before it is enabled; `null`: closed. */
export function RequiredDialog({ settings, onClose }: { settings: AcceptanceSettings | null; onClose: () => void }) {
  const { t } = useTexts();
  return (
    <Modal opened={settings !== null} onClose={onClose} size="lg" title={t('acceptance.required.title')} closeButtonProps={{ 'aria-label': t('common.close') }} transitionProps={{ duration: 0 }} data-testid="required-dialog">
      {settings !== null && <Required first={settings} />}
    </Modal>
  );
}

function Required({ first }: { first: AcceptanceSettings }) {
  const texts = useTexts();
  const { t, pick } = texts;
  const order = useRequire();
  const [settings, setSettings] = useState(first);
  const say = (department: string | null, answer: Answer): void => order.mutate({ department, required: SAID[answer] }, { onSuccess: setSettings });
  return (
    <div className={classes.question}>
      <p className={classes.help}>{t('acceptance.required.help')}</p>
      <ul className={classes.rows}>
        <li>
          <span className={classes.choice}>{t('acceptance.wholeHospital')}</span>
          <Choices name={t('acceptance.wholeHospital')} value={answerOf(settings.hospital)} onChange={(answer) => say(null, answer)} />
        </li>
        {settings.departments.map(({ department, required, applies }) => (
          <li key={department.id} data-testid="required-department" data-applies={applies}>
            <span className={classes.choice}>
              {pick(department.name)} <Mark tone={applies ? 'accent' : 'neutral'}>{t(applies ? 'acceptance.required.applies' : 'acceptance.required.appliesNot')}</Mark>
            </span>
            <Choices name={pick(department.name)} value={answerOf(required)} onChange={(answer) => say(department.code, answer)} />
          </li>
        ))}
      </ul>
      {order.isError && (
        <p className={classes.refused} role="alert">
          {failureWords(order.error, texts).what}
        </p>
      )}
    </div>
  );
}

function Choices({ name, value, onChange }: { name: string; value: Answer; onChange: (answer: Answer) => void }) {
  const { t } = useTexts();
  return <SegmentedControl size="xs" aria-label={name} data={ANSWERS.map((answer) => ({ value: answer, label: t(`acceptance.required.${answer}`) }))} value={value} onChange={(wanted) => onChange(ANSWERS.find((one) => one === wanted) ?? 'default')} />;
}
