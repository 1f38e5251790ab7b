import { Radio } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useState } from 'react';
import { useNameAuthority, useRegulatoryPolicy } from '@/api/catalogue';
import { useVersions } from '@/api/plugins';
import { AUTHORITIES, type Authority } from '@/contract/catalogue';
import type { PluginVersion } from '@/contract/plugins';
import { useTexts } from '@/i18n/language';
import { FailurePanel } from '@/ui/FailurePanel';
import { turnedBy } from './follows';
import { Question } from './Question';
import classes from './Catalogue.module.css';

/** The value of the choice that names no authority. */
const NOBODY = 'none';
const CHOICES = [...AUTHORITIES, NOBODY] as const;
type Choice = (typeof CHOICES)[number];
const authorityOf = (choice: Choice): Authority | null => (choice === NOBODY ? null : choice);

/** Whose registration counts in the hospital. */
export function AuthorityPart() {
  const { t } = useTexts();
  const asked = useRegulatoryPolicy();
  const [chosen, setChosen] = useState<Choice | null>(null);
  const said = asked.data;
  return (
    <section className={classes.panel} aria-labelledby="authority-title" data-testid="authority">
      <header className={classes.panelHead}>
        <h2 id="authority-title" className={classes.panelTitle}>
          {t('catalogue.authority.title')}
        </h2>
      </header>
      {asked.isError && said === undefined && <FailurePanel title={t('catalogue.authority.failedTitle')} failure={asked.error} onRetry={() => void asked.refetch()} />}
      {said !== undefined && (
        <Radio.Group
          className={classes.choices ?? ''}
          aria-labelledby="authority-title"
          description={t('catalogue.authority.help')}
          value={said.authority ?? NOBODY}
          onChange={(value) => setChosen(CHOICES.find((one) => one === value) ?? null)}
        >
          {CHOICES.map((choice) => (
            <Radio key={choice} size="sm" value={choice} label={t(`catalogue.authority.names.${choice}`)} data-testid={`authority-${choice}`} />
          ))}
        </Radio.Group>
      )}
      {said !== undefined && chosen !== null && <AuthorityQuestion from={said.authority} to={authorityOf(chosen)} onClose={() => setChosen(null)} />}
    </section>
  );
}

interface AuthorityQuestionProps {
  from: Authority | null;
  to: Authority | null;
  onClose: () => void;
}

/** Says what follows of another authority, and for which versions. */
function AuthorityQuestion({ from, to, onClose }: AuthorityQuestionProps) {
  const { t } = useTexts();
  const { data: known } = useVersions();
  const order = useNameAuthority();
  const lines =
    to === null
      ? [t('catalogue.authority.follows.every')]
      : [t('catalogue.authority.follows.named', { authority: to }), t('catalogue.authority.follows.others')];
  const go = (): void =>
    order.mutate(to, {
      onSuccess: () => {
        notifications.show({ message: t('catalogue.authority.done'), color: 'teal' });
        onClose();
      },
    });
  return (
    <Question
      opened
      title={t(to === null ? 'catalogue.authority.askNobody' : 'catalogue.authority.ask', { authority: to ?? '' })}
      lines={[...lines, t('catalogue.authority.follows.research'), t('catalogue.authority.follows.running')]}
      confirm={t('catalogue.authority.confirm')}
      order={order}
      onConfirm={go}
      onClose={onClose}
    >
      <Concerned known={known?.plugins} from={from} to={to} />
    </Question>
  );
}

function Concerned({ known, from, to }: { known: readonly PluginVersion[] | undefined } & Omit<AuthorityQuestionProps, 'onClose'>) {
  const { t, pick } = useTexts();
  if (known === undefined) {
    return <p className={classes.under}>{t('catalogue.authority.unknown')}</p>;
  }
  const turned = turnedBy(known, from, to);
  const parts = (['stopped', 'freed'] as const).filter((part) => turned[part].length > 0);
  if (parts.length === 0) {
    return (
      <p className={classes.under} data-testid="nothing-turns">
        {t('catalogue.authority.nothingTurns')}
      </p>
    );
  }
  return parts.map((part) => (
    <div key={part} className={classes.concerned} data-tone={part === 'stopped' ? 'danger' : 'info'} data-testid={`turned-${part}`}>
      <strong>{t(`catalogue.authority.${part}`)}</strong>
      <ul>
        {turned[part].map((one) => (
          <li key={one.id}>
            {pick(one.title)} <span className="numbers">{one.version}</span>
          </li>
        ))}
      </ul>
    </div>
  ));
}
