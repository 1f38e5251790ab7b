import { Button, Skeleton, Tabs } from '@mantine/core';
import { useState } from 'react';
import { useDecide, useReview, useYank } from '@/api/publishing';
import type { Review, ReviewDetail } from '@/contract/publishing';
import { formatExact } from '@/i18n/format';
import { useTexts } from '@/i18n/language';
import { FailurePanel } from '@/ui/FailurePanel';
import { Changes } from '@/ui/publishing/Changes';
import { CheckLog } from '@/ui/publishing/CheckLog';
import { Card, Evidence, PackageFacts } from '@/ui/publishing/PackageFacts';
import { StateMark, UseMark } from '@/ui/publishing/words';
import { WordsDialog } from '@/ui/publishing/WordsDialog';
import classes from '@/ui/publishing/Publishing.module.css';

const TABS = ['package', 'check', 'changes', 'card', 'evidence'] as const;
const MOST_LETTERS = 4000;
const MOST_OF_REASON = 500;

type Act = 'accept' | 'decline' | 'yank';

/** All that a decision needs, and the decision. */
export function ReviewPanel({ one }: { one: Review }) {
  const { t, pick } = useTexts();
  const asked = useReview(one.id, one.state);
  const [act, setAct] = useState<Act | null>(null);
  const detail = asked.data;
  const cannotPublish = detail === undefined || detail.obstacles.length > 0;
  return (
    <section className={classes.panel} aria-labelledby="case-title" data-testid="review-panel" data-state={one.state}>
      <header className={classes.head}>
        <div>
          <h2 id="case-title" className={classes.panelTitle}>
            {pick(one.title)} <span className="numbers">{one.version}</span>
          </h2>
          <div className={classes.marks}>
            <StateMark state={one.state} />
            <UseMark status={one.status} />
            <span className={classes.under}>{t('review.handedIn', { tenant: pick(one.tenant.name), by: one.submitted_by })}</span>
          </div>
        </div>
        <span className={classes.end}>
          {one.may.includes('decide') && (
            <>
              <Button size="xs" variant="default" onClick={() => setAct('decline')} data-testid="decline">
                {t('review.decline')}
              </Button>
              <Button size="xs" onClick={() => setAct('accept')} disabled={cannotPublish} data-testid="accept">
                {t('review.accept')}
              </Button>
            </>
          )}
          {one.may.includes('yank') && (
            <Button size="xs" variant="default" onClick={() => setAct('yank')} data-testid="yank">
              {t('publishing.yank')}
            </Button>
          )}
        </span>
      </header>
      <Notices one={one} detail={detail} />
      {detail === undefined ? asked.isError ? <FailurePanel title={t('review.failedTitle')} failure={asked.error} onRetry={() => void asked.refetch()} /> : <Skeleton height={260} radius={8} aria-label={t('common.loading')} /> : <Parts one={detail} />}
      {(act === 'accept' || act === 'decline') && <Decision one={one} act={act} onClose={() => setAct(null)} />}
      {act === 'yank' && <Withdrawal one={one} onClose={() => setAct(null)} />}
    </section>
  );
}

function Notices({ one, detail }: { one: Review; detail: ReviewDetail | undefined }) {
  const { t, pick, language } = useTexts();
  const { decision, yanked } = one;
  return (
    <>
      {one.fault !== '' && (
        <div className={classes.notice} data-tone="danger" role="status" data-testid="fault">
          <strong>{t('review.notTaken')}</strong>
          <p>{one.fault}</p>
        </div>
      )}
      {detail !== undefined && detail.obstacles.length > 0 && (
        <div className={classes.notice} data-tone="warn" role="status" data-testid="obstacles">
          <strong>{t('review.cannotPublish')}</strong>
          {detail.obstacles.map((each) => (
            <p key={each.en}>{pick(each)}</p>
          ))}
        </div>
      )}
      {decision !== null && (
        <div className={classes.notice} role="status" data-testid="decision">
          <strong>{t('review.decidedBy', { by: decision.by, time: formatExact(decision.at, language) })}</strong>
          <p>{decision.words}</p>
        </div>
      )}
      {yanked !== null && (
        <div className={classes.notice} data-tone="danger" role="status" data-testid="withdrawn">
          <strong>{t('publishing.withdrawn', { time: formatExact(yanked.at, language) })}</strong>
          <p>{yanked.reason}</p>
          {yanked.in_catalogue === null && <p>{t('publishing.withdrawing')}</p>}
        </div>
      )}
    </>
  );
}

function Parts({ one }: { one: ReviewDetail }) {
  const { t } = useTexts();
  return (
    <Tabs defaultValue="package" keepMounted={false}>
      <Tabs.List>
        {TABS.map((tab) => (
          <Tabs.Tab key={tab} value={tab} data-testid={`part-${tab}`}>
            {t(`publishing.tabs.${tab}`)}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      <Tabs.Panel value="package" className={classes.tab}>
        <PackageFacts one={one} />
        <p className={classes.under}>{t('review.signedBy', { keyid: one.keyid.slice(0, 16), prefixes: one.prefixes.join(', ') })}</p>
      </Tabs.Panel>
      <Tabs.Panel value="check" className={classes.tab}>
        <CheckLog side="review" one={one} />
      </Tabs.Panel>
      <Tabs.Panel value="changes" className={classes.tab}>
        <Changes difference={one.difference} />
      </Tabs.Panel>
      <Tabs.Panel value="card" className={classes.tab}>
        <Card one={one} />
      </Tabs.Panel>
      <Tabs.Panel value="evidence" className={classes.tab}>
        <Evidence one={one} />
      </Tabs.Panel>
    </Tabs>
  );
}

function Decision({ one, act, onClose }: { one: Review; act: 'accept' | 'decline'; onClose: () => void }) {
  const { t } = useTexts();
  const order = useDecide();
  return (
    <WordsDialog
      title={t(`review.ask.${act}`, { id: one.plugin_id, version: one.version })}
      happens={[t(`review.happens.${act}`), t('review.happens.words'), t('review.happens.audit')]}
      label={t('review.words')}
      confirm={t(`review.${act}`)}
      isDangerous={act === 'decline'}
      mostLetters={MOST_LETTERS}
      failure={order.error}
      isPending={order.isPending}
      onGo={(words) => order.mutate({ id: one.id, decision: act, words }, { onSuccess: onClose })}
      onClose={onClose}
    />
  );
}

function Withdrawal({ one, onClose }: { one: Review; onClose: () => void }) {
  const { t } = useTexts();
  const order = useYank('review');
  return (
    <WordsDialog
      title={t('publishing.yankTitle', { id: one.plugin_id, version: one.version })}
      happens={[t('publishing.yankRuns'), t('publishing.yankStays'), t('publishing.yankFinal')]}
      label={t('publishing.yankReason')}
      confirm={t('publishing.yank')}
      isDangerous
      mostLetters={MOST_OF_REASON}
      failure={order.error}
      isPending={order.isPending}
      onGo={(reason) => order.mutate({ id: one.id, reason }, { onSuccess: onClose })}
      onClose={onClose}
    />
  );
}
