import type { CSSProperties } from 'react';
import type { Priority, WorklistItem } from '@/contract/worklist';
import { formatAgo, formatExact } from '@/i18n/format';
import { useTexts, type Texts } from '@/i18n/language';
import { Mark, type Tone } from '@/ui/Mark';
import { bodyPart } from '@/ui/bodyPart';
import { callName, namesOf, sexAndAge } from '@/ui/person';
import { AiChip } from './AiChip';
import classes from './Worklist.module.css';

const PRIORITY_TONES: Record<Priority, Tone> = { STAT: 'danger', HIGH: 'warn', MEDIUM: 'neutral', LOW: 'neutral' };

interface WorklistRowProps {
  item: WorklistItem;
  id: string;
  index: number;
  isActive: boolean;
  withHospital: boolean;
  nowMs: number;
  style: CSSProperties;
  onSelect: () => void;
  onOpen: () => void;
}

/** One study: click selects, double-click, Enter or the name opens. */
export function WorklistRow({ item, id, index, isActive, withHospital, nowMs, style, onSelect, onOpen }: WorklistRowProps) {
  const texts = useTexts();
  const { t, pick, language } = texts;
  return (
    <div
      role="row"
      id={id}
      aria-rowindex={index + 2}
      aria-selected={isActive}
      className={classes.row}
      style={style}
      data-testid="worklist-row"
      data-study={item.study_id}
      data-priority={item.priority}
      data-uid={item.study_instance_uid}
      onClick={onSelect}
      onDoubleClick={onOpen}
    >
      <div role="gridcell">
        <Mark tone={PRIORITY_TONES[item.priority]}>{t(`worklist.priority.${item.priority}`)}</Mark>
      </div>
      <PatientCell item={item} onOpen={onOpen} texts={texts} />
      <div role="gridcell" className="numbers">
        {sexAndAge(item.patient, t)}
      </div>
      <ExamCell item={item} texts={texts} />
      {withHospital && (
        <div role="gridcell" className={classes.dim} title={pick(item.tenant.name)}>
          {pick(item.tenant.name)}
        </div>
      )}
      <div role="gridcell" className="numbers" title={formatExact(item.received_at, language)} data-testid="received">
        {nowMs - Date.parse(item.received_at) < 60_000 ? t('worklist.justNow') : formatAgo(item.received_at, nowMs, language)}
      </div>
      <div role="gridcell">
        <AiChip ai={item.ai} />
      </div>
      <div role="gridcell">
        <ReviewCell review={item.review} texts={texts} />
      </div>
    </div>
  );
}

function PatientCell({ item, onOpen, texts: { t } }: { item: WorklistItem; onOpen: () => void; texts: Texts }) {
  const { main, second } = namesOf(item.patient.name);
  return (
    <div role="gridcell" className={classes.two}>
      <span className={classes.line}>
        <button
          type="button"
          tabIndex={-1}
          className={classes.name}
          onClick={onOpen}
          aria-label={t('worklist.open', { patient: callName(item.patient) })}
          data-testid="open-study"
        >
          {main ?? item.patient.patient_id}
        </button>
        {item.synthetic && (
          <Mark tone="info" outline="dashed" dot={false} testId="phantom-mark">
            {t('worklist.phantom')}
          </Mark>
        )}
      </span>
      <span className={classes.under}>{[second, item.patient.patient_id].filter(Boolean).join(' · ')}</span>
    </div>
  );
}

function ExamCell({ item, texts: { t } }: { item: WorklistItem; texts: Texts }) {
  const title = [item.body_part === null ? null : bodyPart(item.body_part, t), item.description].filter((part) => part !== null && part !== '').join(' · ');
  const size = [...(item.study_date === null ? [] : [item.study_date]), t('worklist.series', { count: item.series_count }), t('worklist.images', { count: item.instance_count })];
  return (
    <div role="gridcell" className={classes.two}>
      <span className={classes.line} title={title}>
        <span className={classes.modality}>{item.modalities.join(' ') || '—'}</span>
        <span className={classes.cut}>{title || t('common.notStated')}</span>
      </span>
      <span className={`${classes.under} numbers`}>
        {size.join(' · ')}
        {item.state === 'receiving' && <span className={classes.receiving}> · {t('worklist.receiving')}</span>}
      </span>
    </div>
  );
}

const REVIEW_TONES = { unreviewed: 'neutral', partly: 'info', reviewed: 'ok' } as const;

function ReviewCell({ review, texts: { t } }: { review: WorklistItem['review']; texts: Texts }) {
  return review === null ? (
    <span className={classes.dim}>{t('worklist.nothingToReview')}</span>
  ) : (
    <Mark tone={REVIEW_TONES[review]} outline={review === 'unreviewed' ? 'dashed' : 'none'}>
      {t(`worklist.review.${review}`)}
    </Mark>
  );
}
