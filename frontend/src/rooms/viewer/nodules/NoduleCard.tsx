import { ActionIcon, Tooltip } from '@mantine/core';
import { IconPencil } from '@tabler/icons-react';
import { useEffect, useRef } from 'react';
import { formatMeasured } from '@/i18n/format';
import { useTexts, type Texts } from '@/i18n/language';
import type { ViewerEngine } from '@/viewer/engine';
import { Provenance, ReviewActs, Standing } from '@/rooms/viewer/FindingCard';
import type { FindingEntry } from '@/rooms/viewer/findings';
import type { Reviewing } from '@/rooms/viewer/useReviewing';
import { setViewer } from '@/rooms/viewer/viewerState';
import { Crop } from './Crop';
import { changeOf, confidenceOf, isDrawnByReader, noduleName, property, valueOf, type Change } from './nodule';
import { NoduleFacts } from './NoduleFacts';
import shared from '@/rooms/viewer/Findings.module.css';
import classes from './Nodules.module.css';

interface NoduleCardProps {
  entry: FindingEntry;
  isSelected: boolean;
  isSeen: boolean | null;
  reviewing: Reviewing;
  engine: ViewerEngine | null;
  slice: { index: number; count: number } | null;
  onSelect: () => void;
}

/** A lung nodule: its picture, its size and kind, what became of it, and what a person thinks of it. */
export function NoduleCard({ entry, isSelected, isSeen, reviewing, engine, slice, onSelect }: NoduleCardProps) {
  const { finding, badge, segment } = entry;
  const texts = useTexts();
  const { t } = texts;
  const card = useRef<HTMLLIElement>(null);
  const name = noduleName(finding, texts);

  useEffect(() => {
    if (isSelected) {
      card.current?.scrollIntoView({ block: 'nearest' });
    }
  }, [isSelected]);

  return (
    <li ref={card} className={`${shared.card} ${classes.card}`} data-selected={isSelected || undefined} data-review={finding.review.state} data-testid="finding" data-finding={finding.finding_id} data-kind={finding.kind}>
      <div className={classes.row}>
        <Crop engine={engine} centre={finding.centre_lps_mm} longMm={valueOf(finding, 'long_axis_mm')} label={t('viewer.nodule.crop', { name })} />
        <div className={classes.words}>
          <button type="button" className={shared.jump} onClick={onSelect} title={t('viewer.finding.jump', { title: name })} aria-pressed={isSelected}>
            <span className={shared.badge} style={{ borderColor: segment?.colour }}>
              {badge}
            </span>
            <span className={shared.name} data-testid="nodule-name">
              {name}
            </span>
          </button>
          <Lines entry={entry} isSeen={isSeen} texts={texts} />
        </div>
      </div>
      {isSelected && (
        <>
          <NoduleFacts finding={finding} slice={slice} />
          <Provenance entry={entry} texts={texts} />
          <div className={shared.acts}>
            {reviewing.mayReview && <ReviewActs finding={finding} reviewing={reviewing} />}
            {isSeen !== null && reviewing.mayReview && finding.segment_value !== null && (
              <Tooltip label={`${t('viewer.correct.start')} (E)`}>
                <ActionIcon size={26} variant="default" aria-label={t('viewer.correct.start')} aria-keyshortcuts="e" onClick={() => setViewer({ editing: { kind: 'calipers', findingId: finding.finding_id } })} data-testid="edit">
                  <IconPencil size={14} />
                </ActionIcon>
              </Tooltip>
            )}
            <Standing entry={entry} />
          </div>
        </>
      )}
    </li>
  );
}

/** Size and kind, volume and change, confidence and the state of its review. */
function Lines({ entry: { finding }, isSeen, texts }: { entry: FindingEntry; isSeen: boolean | null; texts: Texts }) {
  const { t, pick, language } = texts;
  const kind = property(finding, 'kind');
  const number = (value: number): string => formatMeasured(value, language);
  const [long, short, volume] = ['long_axis_mm', 'short_axis_mm', 'volume_mm3'].map((name) => valueOf(finding, name)) as [number | null, number | null, number | null];
  const size = long === null ? null : short === null ? t('viewer.nodule.sizeLong', { long: number(long) }) : t('viewer.nodule.size', { long: number(long), short: number(short) });
  const { state } = finding.review;
  return (
    <>
      <span className={`${classes.line} numbers`}>
        {size !== null && (
          <strong className={classes.size} data-testid="nodule-size">
            {size}
          </strong>
        )}
        {kind !== null && <span data-testid="nodule-kind">{pick(kind.said)}</span>}
        {isDrawnByReader(finding) && <span className={classes.reader}>{t('viewer.nodule.byReader')}</span>}
      </span>
      <span className={`${classes.line} numbers`}>
        {volume !== null && <span>{t('viewer.nodule.volume', { volume: Math.round(volume) })}</span>}
        <ChangeWord finding={finding} texts={texts} />
      </span>
      <span className={`${classes.line} ${classes.foot}`}>
        {finding.score !== null && (
          <Tooltip label={t('viewer.finding.score', { percent: Math.round(finding.score * 100) })}>
            <span className={classes.confidence} data-level={confidenceOf(finding.score)} data-testid="confidence" tabIndex={-1}>
              {t(`viewer.nodule.confidence.${confidenceOf(finding.score)}`)}
            </span>
          </Tooltip>
        )}
        {isSeen === false && state === 'unreviewed' ? (
          <span className={`${classes.state} ${classes.unseen}`} data-testid="unseen">
            {t('viewer.nodule.unseen')}
          </span>
        ) : (
          <span className={classes.state} data-state={state} data-testid="nodule-state">
            {t(`viewer.finding.${state}`)}
          </span>
        )}
      </span>
    </>
  );
}

const TONES: Record<Change, string> = { new: 'warn', growing: 'danger', stable: 'ok', decreased: 'info', resolved: 'info', contradictory: 'warn', not_comparable: 'dim' };

/** The word for its change, with how much; nothing where nobody compared. */
function ChangeWord({ finding, texts: { t, pick, language } }: { finding: FindingEntry['finding']; texts: Texts }) {
  const change = changeOf(finding);
  const said = property(finding, 'change');
  if (said === null) {
    return null;
  }
  const delta = valueOf(finding, 'delta_mm');
  const percent = valueOf(finding, 'volume_change_percent');
  const sign = (value: number): string => `${value > 0 ? '+' : value < 0 ? '−' : '±'}${formatMeasured(Math.abs(value), language)}`;
  const amount = [delta === null ? null : t('viewer.nodule.delta', { delta: sign(delta) }), percent === null ? null : t('viewer.nodule.deltaPercent', { percent: sign(Math.round(percent)) })].filter(Boolean).join(' · ');
  return (
    <span className={classes.change} data-tone={change === null ? 'dim' : TONES[change]} title={[pick(said.said), amount].filter(Boolean).join(' · ')} data-testid="nodule-change" data-change={change ?? undefined}>
      {change === null ? pick(said.said) : t(`viewer.nodule.changes.${change}`)} {delta !== null && t('viewer.nodule.delta', { delta: sign(delta) })}
    </span>
  );
}
