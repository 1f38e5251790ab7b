import { Button, Skeleton, Tabs } from '@mantine/core';
import { useState } from 'react';
import { useSubmission, useYank } from '@/api/publishing';
import type { Submission } from '@/contract/publishing';
import { formatExact } from '@/i18n/format';
import { useTexts } from '@/i18n/language';
import { FailurePanel } from '@/ui/FailurePanel';
import { Changes } from '@/ui/publishing/Changes';
import { CheckLog } from '@/ui/publishing/CheckLog';
import { Card, Evidence, PackageFacts } from '@/ui/publishing/PackageFacts';
import { StateMark, UseMark } from '@/ui/publishing/words';
import { WordsDialog } from '@/ui/publishing/WordsDialog';
import classes from '@/ui/publishing/Publishing.module.css';

const TABS = ['check', 'changes', 'package', 'card', 'evidence'] as const;
const MOST_LETTERS = 500;

/** One submission: what became of it first, then its check and what stands in it. */
export function SubmissionPanel({ one }: { one: Submission }) {
  const { t, pick } = useTexts();
  const [withdrawing, setWithdrawing] = useState(false);
  return (
    <section className={classes.panel} aria-labelledby="submission-title" data-testid="submission-panel" data-state={one.state}>
      <header className={classes.head}>
        <div>
          <h2 id="submission-title" className={classes.panelTitle}>
            {pick(one.title)} <span className="numbers">{one.version}</span>
          </h2>
          <div className={classes.marks}>
            <StateMark state={one.state} />
            <UseMark status={one.status} />
          </div>
        </div>
        {one.may.includes('yank') && (
          <span className={classes.end}>
            <Button size="xs" variant="default" onClick={() => setWithdrawing(true)} data-testid="yank">
              {t('publishing.yank')}
            </Button>
          </span>
        )}
      </header>
      <Notices one={one} />
      <Parts one={one} />
      {withdrawing && <Withdrawal one={one} onClose={() => setWithdrawing(false)} />}
    </section>
  );
}

/** What the vendor has to know now: the operator's words, a withdrawal, where it is listed. */
function Notices({ one }: { one: Submission }) {
  const { t, pick, language } = useTexts();
  const { decision, yanked } = one;
  return (
    <>
      {yanked !== null && (
        <div className={classes.notice} data-tone="danger" role="status" data-testid="withdrawn">
          <strong>{t('publishing.withdrawn', { time: formatExact(yanked.at, language) })}</strong>
          <p>{yanked.reason}</p>
          {yanked.in_catalogue === null && <p>{t('publishing.withdrawing')}</p>}
        </div>
      )}
      {one.state === 'refused' && (
        <div className={classes.notice} data-tone="danger" role="status" data-testid="refused">
          <strong>{one.refusal === null ? t('vendor.refused', { count: one.failed.length }) : pick(one.refusal)}</strong>
          {one.refusal === null && <p>{t('vendor.refusedHelp')}</p>}
        </div>
      )}
      {decision !== null && one.state !== 'in review' && (
        <div className={classes.notice} data-tone={one.state === 'declined' ? 'danger' : 'ok'} role="status" data-testid="decision">
          <strong>{t(one.state === 'declined' ? 'vendor.declined' : 'vendor.accepted', { time: formatExact(decision.at, language) })}</strong>
          <p>{decision.words}</p>
        </div>
      )}
      {one.published_at !== null && yanked === null && <p className={classes.under}>{t('publishing.listedSince', { time: formatExact(one.published_at, language) })}</p>}
    </>
  );
}

function Parts({ one }: { one: Submission }) {
  const { t } = useTexts();
  const asked = useSubmission(one.id, one.state);
  const waiting = asked.isError ? <FailurePanel title={t('vendor.failedTitle')} failure={asked.error} onRetry={() => void asked.refetch()} /> : <Skeleton height={220} radius={8} aria-label={t('common.loading')} />;
  const detail = asked.data;
  return (
    <Tabs defaultValue="check" keepMounted={false}>
      <Tabs.List>
        {TABS.map((tab) => (
          <Tabs.Tab key={tab} value={tab} data-testid={`part-${tab}`}>
            {t(`publishing.tabs.${tab}`)}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      <Tabs.Panel value="check" className={classes.tab}>
        <CheckLog side="vendor" one={one} />
      </Tabs.Panel>
      <Tabs.Panel value="changes" className={classes.tab}>
        {detail === undefined ? waiting : <Changes difference={detail.difference} />}
      </Tabs.Panel>
      <Tabs.Panel value="package" className={classes.tab}>
        {detail === undefined ? waiting : <PackageFacts one={detail} />}
      </Tabs.Panel>
      <Tabs.Panel value="card" className={classes.tab}>
        {detail === undefined ? waiting : <Card one={detail} />}
      </Tabs.Panel>
      <Tabs.Panel value="evidence" className={classes.tab}>
        {detail === undefined ? waiting : <Evidence one={detail} />}
      </Tabs.Panel>
    </Tabs>
  );
}

function Withdrawal({ one, onClose }: { one: Submission; onClose: () => void }) {
  const { t } = useTexts();
  const order = useYank('vendor');
  return (
    <WordsDialog
      title={t('publishing.yankTitle', { id: one.plugin_id, version: one.version })}
      happens={[t('publishing.yankRuns'), t('publishing.yankStays'), t('publishing.yankFinal')]}
      label={t('publishing.yankReason')}
      confirm={t('publishing.yank')}
      isDangerous
      mostLetters={MOST_LETTERS}
      failure={order.error}
      isPending={order.isPending}
      onGo={(reason) => order.mutate({ id: one.id, reason }, { onSuccess: onClose })}
      onClose={onClose}
    />
  );
}
