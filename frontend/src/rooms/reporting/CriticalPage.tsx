import { Button, Modal, SegmentedControl } from '@mantine/core';
import { IconHeartbeat } from '@tabler/icons-react';
import { useState } from 'react';
import { Link, useNavigate, useSearchParams } from 'react-router';
import { useCriticalNotices, useSayOfNotice } from '@/api/reporting';
import { useSession } from '@/api/session';
import { useKeys } from '@/app/useKeys';
import { REPORT_PERMISSION, type CriticalNotice } from '@/contract/reports';
import { REVIEW_PERMISSION, type Me } from '@/contract/session';
import { formatExact, formatSpan } from '@/i18n/format';
import { useTexts, type Texts } from '@/i18n/language';
import { failureWords, FailurePanel, QuietPanel } from '@/ui/FailurePanel';
import { Mark, type Tone } from '@/ui/Mark';
import { Acknowledge, Tell } from '@/ui/NoticeForms';
import { TopBar } from '@/ui/TopBar';
import classes from './Reporting.module.css';

const COLUMNS = ['state', 'waiting', 'patient', 'reason', 'recipient', 'acknowledged'] as const;
const TONES: Record<CriticalNotice['state'], Tone> = { open: 'danger', told: 'warn', acknowledged: 'ok', withdrawn: 'neutral' };
const SHOWS = ['waiting', 'all'] as const;

export const isWaiting = ({ state }: Pick<CriticalNotice, 'state'>): boolean => state === 'open' || state === 'told';

/** Seconds that somebody waits since it was raised, or waited until it was acknowledged; `null`: it was withdrawn. */
export function waitedS({ state, raised_at: raised, acknowledged_at: acknowledged }: CriticalNotice, atMs: number): number | null {
  if (state === 'withdrawn') {
    return null;
  }
  const end = acknowledged === null ? atMs : Date.parse(acknowledged);
  return Math.max(0, (end - Date.parse(raised)) / 1000);
}

/** Where the notice leads: to its study, at the finding. */
const addressOf = ({ study_id: study, finding_id: finding }: CriticalNotice): string => `/v/${study}${finding === null ? '' : `?f=${finding}`}`;

const mayTell = (me: Me | null | undefined): boolean => me?.permissions.some((one) => one === REPORT_PERMISSION || one === REVIEW_PERMISSION) ?? false;

/** Every critical value (危急值) of the hospitals that the reader reads: those that nobody was told of first. */
export function CriticalPage() {
  const { t } = useTexts();
  const asked = useCriticalNotices();
  const [address, setAddress] = useSearchParams();
  const show = SHOWS.find((one) => one === address.get('show')) ?? 'waiting';
  const { data } = asked;
  const shown = data?.notices.filter((one) => show === 'all' || isWaiting(one)) ?? [];
  return (
    <div className={classes.page}>
      <TopBar />
      <main id="main" className={classes.main} tabIndex={-1} data-testid="critical-page">
        <div className={classes.strip}>
          <h1 className={classes.title}>{t('reporting.critical.title')}</h1>
          {data !== undefined && (
            <span className="numbers" role="status" data-testid="waiting">
              <Mark tone={data.waiting > 0 ? 'danger' : 'ok'}>{t('reporting.critical.waiting', { count: data.waiting })}</Mark>
            </span>
          )}
          <SegmentedControl
            size="xs"
            aria-label={t('reporting.critical.show')}
            data={SHOWS.map((value) => ({ value, label: t(`reporting.critical.shows.${value}`) }))}
            value={show}
            onChange={(value) => setAddress(value === 'all' ? { show: 'all' } : {}, { replace: true })}
          />
          <span className={classes.hint}>{t('reporting.critical.hint')}</span>
        </div>
        {asked.isPending && <p className={classes.none}>{t('common.loading')}</p>}
        {asked.isError && data === undefined && <FailurePanel title={t('reporting.critical.failedTitle')} failure={asked.error} onRetry={() => void asked.refetch()} />}
        {data !== undefined && shown.length === 0 && (
          <QuietPanel icon={<IconHeartbeat size={28} stroke={1.6} />} title={t('reporting.critical.emptyTitle')} text={t('reporting.critical.emptyHelp')} testId="empty" />
        )}
        {shown.length > 0 && <Notices notices={shown} atMs={asked.dataUpdatedAt} />}
      </main>
    </div>
  );
}

function Notices({ notices, atMs }: { notices: readonly CriticalNotice[]; atMs: number }) {
  const { t } = useTexts();
  const navigate = useNavigate();
  const { data: me } = useSession();
  const [selectedId, setSelectedId] = useState<string | null>(null);
  const [saidOf, setSaidOf] = useState<string | null>(null);
  const at = Math.max(0, notices.findIndex(({ notice_id: id }) => id === selectedId));
  const selected = notices[at];
  const move = (step: number): void => setSelectedId(notices[Math.min(notices.length - 1, Math.max(0, at + step))]?.notice_id ?? null);
  useKeys('critical', {
    nextNotice: () => move(1),
    previousNotice: () => move(-1),
    openNotice: () => (selected === undefined ? undefined : void navigate(addressOf(selected))),
  });
  return (
    <>
      <div className={classes.list} tabIndex={0} role="region" aria-label={t('reporting.critical.title')}>
        <table className={classes.table} data-testid="notices">
          <thead>
            <tr>
              {COLUMNS.map((column) => (
                <th key={column} scope="col">
                  {t(`reporting.critical.columns.${column}`)}
                </th>
              ))}
              <th scope="col">
                <span className="only-read-aloud">{t('reporting.acts')}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {notices.map((notice) => (
              <NoticeRow key={notice.notice_id} notice={notice} atMs={atMs} isSelected={notice === selected} mayTell={mayTell(me)} onSay={() => setSaidOf(notice.notice_id)} />
            ))}
          </tbody>
        </table>
      </div>
      <SayDialog notice={notices.find(({ notice_id: id }) => id === saidOf) ?? null} onClose={() => setSaidOf(null)} />
    </>
  );
}

interface RowProps {
  notice: CriticalNotice;
  atMs: number;
  isSelected: boolean;
  mayTell: boolean;
  onSay: () => void;
}

function NoticeRow({ notice, atMs, isSelected, mayTell: may, onSay }: RowProps) {
  const texts = useTexts();
  const { t, pick, language } = texts;
  const { state, patient } = notice;
  return (
    <tr data-testid="notice-row" data-state={state} data-selected={isSelected || undefined} aria-current={isSelected || undefined}>
      <td className={classes.nowrap}>
        <Mark tone={TONES[state]} struck={state === 'withdrawn'}>
          {t(`viewer.critical.states.${state}`)}
        </Mark>
      </td>
      <WaitedCell notice={notice} atMs={atMs} />
      <td>
        <Link to={addressOf(notice)} className={classes.name} data-testid="open-notice">
          {pick(patient.name) || patient.patient_id}
        </Link>
        <span className={`${classes.under ?? ''} numbers`}>{[patient.patient_id, patient.accession_number].filter(Boolean).join(' · ')}</span>
      </td>
      <td>
        {pick(notice.reason)}
        {notice.withdrawn_because !== null && <span className={classes.words}>{t('reporting.critical.withdrawn', { because: notice.withdrawn_because })}</span>}
      </td>
      <td>
        <Told notice={notice} texts={texts} />
      </td>
      <td className="numbers">
        {notice.acknowledged_at === null ? (
          <span className={classes.under}>—</span>
        ) : (
          <>
            {notice.acknowledged_by}
            <span className={classes.under}>{formatExact(notice.acknowledged_at, language)}</span>
          </>
        )}
      </td>
      <td>
        {may && isWaiting(notice) && (
          <span className={classes.acts}>
            <Button size="compact-sm" variant="light" color={state === 'open' ? 'red' : 'teal'} onClick={onSay} data-testid="say">
              {t(state === 'open' ? 'viewer.critical.tell' : 'viewer.critical.acknowledge')}
            </Button>
          </span>
        )}
      </td>
    </tr>
  );
}

function WaitedCell({ notice, atMs }: { notice: CriticalNotice; atMs: number }) {
  const { t, language } = useTexts();
  const waited = waitedS(notice, atMs);
  return (
    <td className="numbers">
      <span className={isWaiting(notice) ? classes.late : undefined} data-testid="waited">
        {waited === null ? '—' : formatSpan(Math.floor(waited / 60) * 60, language)}
      </span>
      <span className={classes.under}>{t('reporting.critical.raised', { time: formatExact(notice.raised_at, language), by: notice.raised_by })}</span>
    </td>
  );
}

/** Who was told, how, whether they repeated it, when and by whom. */
function Told({ notice, texts: { t, language } }: { notice: CriticalNotice; texts: Texts }) {
  const { recipient, way, read_back: readBack, told_at: at, told_by: by } = notice;
  if (at === null) {
    return <span className={classes.under}>—</span>;
  }
  return (
    <>
      {recipient}
      <span className={`${classes.under ?? ''} numbers`}>
        {[way === null ? null : t(`viewer.critical.ways.${way}`), readBack === null ? null : t(readBack ? 'viewer.critical.wasReadBack' : 'reporting.critical.notReadBack'), formatExact(at, language), by].filter(Boolean).join(' · ')}
      </span>
    </>
  );
}

function SayDialog({ notice, onClose }: { notice: CriticalNotice | null; onClose: () => void }) {
  const { t } = useTexts();
  return (
    <Modal opened={notice !== null} onClose={onClose} size="md" title={t('viewer.critical.title')} closeButtonProps={{ 'aria-label': t('common.close') }} transitionProps={{ duration: 0 }} data-testid="notice-dialog">
      {notice !== null && <SayForm notice={notice} onClose={onClose} />}
    </Modal>
  );
}

function SayForm({ notice, onClose }: { notice: CriticalNotice; onClose: () => void }) {
  const texts = useTexts();
  const { pick } = texts;
  const { mutate, isPending, error } = useSayOfNotice(notice.notice_id);
  return (
    <div className={classes.form}>
      <p className={classes.help}>
        {pick(notice.patient.name)} · {pick(notice.reason)}
      </p>
      {notice.state === 'open' ? (
        <Tell isSending={isPending} onSay={(said) => mutate(said, { onSuccess: onClose })} />
      ) : (
        <Acknowledge recipient={notice.recipient ?? ''} isSending={isPending} onSay={(by) => mutate({ act: 'acknowledge', by }, { onSuccess: onClose })} />
      )}
      {error !== null && (
        <p className={classes.refused} role="alert" data-testid="notice-refused">
          {failureWords(error, texts).what}
        </p>
      )}
    </div>
  );
}
