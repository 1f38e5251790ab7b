import { ActionIcon, Button, Switch } from '@mantine/core';
import { IconFiles, IconX } from '@tabler/icons-react';
import { useState } from 'react';
import { useRemoveCase } from '@/api/acceptance';
import type { AcceptanceCase, AcceptanceDetail } from '@/contract/acceptance';
import { formatSpan } from '@/i18n/format';
import { useTexts } from '@/i18n/language';
import { QuietPanel } from '@/ui/FailurePanel';
import { Mark } from '@/ui/Mark';
import { isWrong, verdictOf, writeFigure, type Verdict } from './figures';
import { CaseMark, labelTitle, referenceWords } from './words';
import classes from './Acceptance.module.css';

const COLUMNS = ['number', 'series', 'reference', 'state', 'outcome'] as const;

/** Every case: its series, what it is held against, and what came of it. */
export function CasesTab({ set, onAdd }: { set: AcceptanceDetail; onAdd: () => void }) {
  const { t } = useTexts();
  const mayRemove = set.may.includes('add');
  const [onlyWrong, setOnlyWrong] = useState(false);
  const wrong = set.cases.filter(isWrong);
  if (set.cases.length === 0) {
    return (
      <QuietPanel
        icon={<IconFiles size={28} stroke={1.6} />}
        title={t('acceptance.noCaseTitle')}
        text={t('acceptance.noCaseHelp')}
        testId="no-case"
        action={
          mayRemove ? (
            <Button size="sm" onClick={onAdd} data-testid="first-cases">
              {t('acceptance.addCases')}
            </Button>
          ) : undefined
        }
      />
    );
  }
  return (
    <>
      {wrong.length > 0 && <Switch size="xs" mb={8} label={t('acceptance.onlyWrong', { count: wrong.length })} checked={onlyWrong} onChange={(event) => setOnlyWrong(event.currentTarget.checked)} data-testid="only-wrong" />}
      <CasesTable set={set} cases={onlyWrong && wrong.length > 0 ? wrong : set.cases} mayRemove={mayRemove} />
    </>
  );
}

function CasesTable({ set, cases, mayRemove }: { set: AcceptanceDetail; cases: readonly AcceptanceCase[]; mayRemove: boolean }) {
  const { t } = useTexts();
  return (
    <div className={classes.wide} tabIndex={0} role="region" aria-label={t('acceptance.tabs.cases', { count: set.cases.length })}>
      <table className={classes.table} data-testid="cases">
        <thead>
          <tr>
            {COLUMNS.map((column) => (
              <th key={column} scope="col">
                {t(`acceptance.columns.${column}`)}
              </th>
            ))}
            {mayRemove && (
              <th scope="col">
                <span className="only-read-aloud">{t('acceptance.removeCase')}</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {cases.map((one) => (
            <CaseRow key={one.id} set={set} one={one} mayRemove={mayRemove} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function CaseRow({ set, one, mayRemove }: { set: AcceptanceDetail; one: AcceptanceCase; mayRemove: boolean }) {
  const texts = useTexts();
  const { t, pick } = texts;
  const remove = useRemoveCase(set.id);
  const { series } = one;
  return (
    <tr data-testid="case" data-state={one.state}>
      <td className="numbers">{one.number}</td>
      <td>
        <span className={classes.line}>
          <span className={classes.modality}>{series.modality}</span>
          <span className={classes.cut} title={series.description}>
            {series.description || series.study_description || t('acceptance.noDescription')}
          </span>
        </span>
        <span className={`${classes.under ?? ''} numbers`} title={series.series_instance_uid}>
          {series.study_date ?? t('acceptance.noDate')} · {t('acceptance.instances', { count: series.instances })} · {one.pseudonym}
        </span>
      </td>
      <td>
        {referenceWords(one, set, texts).map((words) => (
          <span key={words} className={classes.block}>
            {words}
          </span>
        ))}
      </td>
      <td>
        <CaseMark one={one} />
        {one.reason !== null && <span className={classes.reason}>{pick(one.reason)}</span>}
      </td>
      <td>
        <Outcome one={one} set={set} />
      </td>
      {mayRemove && (
        <td>
          <ActionIcon size="sm" variant="subtle" color="gray" loading={remove.isPending} aria-label={t('acceptance.removeCaseOf', { number: one.number })} onClick={() => remove.mutate(one.id)} data-testid="remove-case">
            <IconX size={14} />
          </ActionIcon>
        </td>
      )}
    </tr>
  );
}

const VERDICT_TONES = { truePositive: 'ok', trueNegative: 'ok', falseNegative: 'danger', falsePositive: 'warn' } as const satisfies Record<Verdict, string>;

/** What came of a case; what was wrong is easier to find than what was right. */
function Outcome({ one, set }: { one: AcceptanceCase; set: AcceptanceDetail }) {
  const texts = useTexts();
  const { t, language } = texts;
  const { outcome } = one;
  if (outcome === null) {
    return <span className={classes.dim}>—</span>;
  }
  const verdict = verdictOf(one);
  return (
    <span className={`${classes.outcome ?? ''} numbers`}>
      <span className={classes.line}>
        {verdict !== null && <Mark tone={VERDICT_TONES[verdict]}>{t(`acceptance.verdicts.${verdict}`)}</Mark>}
        {outcome.took_s !== null && <span className={classes.dim}>{formatSpan(outcome.took_s, language)}</span>}
      </span>
      {Object.entries(outcome.outlines ?? {}).map(([label, { dice }]) => (
        <span key={label}>{t('acceptance.outcome.dice', { label: labelTitle(label, set, texts), dice: dice === null ? '—' : writeFigure(dice, 'number', language) })}</span>
      ))}
      {outcome.marks !== null && <span>{t('acceptance.outcome.marks', { hits: outcome.marks.hits.length, missed: outcome.marks.missed, wrong: outcome.marks.wrong.length })}</span>}
    </span>
  );
}
