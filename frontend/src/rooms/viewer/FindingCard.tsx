import { ActionIcon, Button, Menu, Tooltip } from '@mantine/core';
import { IconArrowBackUp, IconCheck, IconFileText, IconX } from '@tabler/icons-react';
import { useEffect, useRef } from 'react';
import type { Finding } from '@/contract/results';
import { REJECT_REASONS } from '@/contract/results';
import { useTexts, type Texts } from '@/i18n/language';
import { Mark } from '@/ui/Mark';
import type { FindingEntry } from './findings';
import { placeWords } from '@/geometry/orientation';
import { measuredWords } from './MeasuredValue';
import type { Reviewing } from './useReviewing';
import { setViewer, useViewer } from './viewerState';
import { Written } from './Written';
import classes from './Findings.module.css';

interface FindingCardProps {
  entry: FindingEntry;
  isSelected: boolean;
  reviewing: Reviewing;
  /** Its place among the axial slices, where the images are cut so. */
  slice: { index: number; count: number } | null;
  onSelect: () => void;
}

/** One finding: what, how large, by which plug-in, and what a person thinks of it. */
export function FindingCard({ entry, isSelected, reviewing, slice, onSelect }: FindingCardProps) {
  const { finding, badge, segment } = entry;
  const texts = useTexts();
  const { t, pick } = texts;
  const card = useRef<HTMLLIElement>(null);
  const title = pick(finding.title);
  const [headline] = finding.measurements;

  useEffect(() => {
    if (isSelected) {
      card.current?.scrollIntoView({ block: 'nearest' });
    }
  }, [isSelected]);

  return (
    <li
      ref={card}
      className={classes.card}
      data-selected={isSelected || undefined}
      data-review={finding.review.state}
      data-testid="finding"
      data-finding={finding.finding_id}
      data-kind={finding.kind}
    >
      <button type="button" className={classes.jump} onClick={onSelect} title={t('viewer.finding.jump', { title })} aria-pressed={isSelected}>
        <span className={classes.badge} style={{ borderColor: segment?.colour }}>
          {badge}
        </span>
        <span className={classes.name}>{title}</span>
        {headline !== undefined && (
          <span className={`${classes.headline} numbers`} title={pick(headline.title)} data-testid={`measurement-${headline.name}`}>
            {measuredWords(headline, texts)}
          </span>
        )}
      </button>
      <Details finding={finding} slice={slice} texts={texts} />
      <Written finding={finding} />
      <Provenance entry={entry} texts={texts} />
      <div className={classes.acts}>
        {reviewing.mayReview && <ReviewActs finding={finding} reviewing={reviewing} />}
        <Standing entry={entry} />
      </div>
    </li>
  );
}

/** What its plug-in may be used for, and where that is written. */
export function Standing({ entry }: { entry: FindingEntry }) {
  return (
    <span className={classes.research}>
      <ResearchMark entry={entry} />
      {entry.plugin !== null && <CardLink plugin={entry.plugin} />}
    </span>
  );
}

/** Accept or reject; afterwards, take back. */
export function ReviewActs({ finding, reviewing }: { finding: Finding; reviewing: Reviewing }) {
  const { t } = useTexts();
  return finding.review.state === 'unreviewed' ? (
    <>
      <Button
        size="compact-sm"
        variant="light"
        leftSection={<IconCheck size={14} />}
        onClick={() => reviewing.accept(finding)}
        disabled={reviewing.isSaving}
        data-testid="accept"
      >
        {t('viewer.finding.accept')}
      </Button>
      <RejectMenu finding={finding} reviewing={reviewing} />
    </>
  ) : (
    <Button
      size="compact-sm"
      variant="default"
      leftSection={<IconArrowBackUp size={14} />}
      onClick={() => reviewing.reset(finding)}
      disabled={reviewing.isSaving}
      data-testid="reset-review"
    >
      {t('viewer.finding.reset')}
    </Button>
  );
}

/** What the headline does not say. */
function Details({ finding, slice, texts }: { finding: Finding; slice: FindingCardProps['slice']; texts: Texts }) {
  const { t, pick } = texts;
  return (
    <>
      <dl className={`${classes.details} numbers`}>
        {finding.measurements.slice(1).map((measurement) => (
          <div key={measurement.name} data-testid={`measurement-${measurement.name}`}>
            <dt>{pick(measurement.title)}</dt>
            <dd>{measuredWords(measurement, texts)}</dd>
          </div>
        ))}
        {slice !== null && (
          <div data-testid="finding-slice">
            <dt>{t('viewer.finding.slice')}</dt>
            <dd>{t('viewer.slice', { index: slice.index + 1, count: slice.count })}</dd>
          </div>
        )}
        {finding.centre_lps_mm !== null && (
          <div>
            <dt>{t('viewer.finding.centre')}</dt>
            <dd>{t('viewer.finding.centreLps', { place: placeWords(finding.centre_lps_mm) })}</dd>
          </div>
        )}
      </dl>
      {finding.cut_off && <p className={classes.cutOff}>{t('viewer.finding.cutOff')}</p>}
    </>
  );
}

const OUTLINES = { unreviewed: 'dashed', accepted: 'solid', rejected: 'solid' } as const;
const TONES = { unreviewed: 'neutral', accepted: 'ok', rejected: 'danger' } as const;

/** Made by a machine: dashed until a person has judged it, struck through when they said no. */
export function Provenance({ entry: { finding, plugin }, texts: { t, pick } }: { entry: FindingEntry; texts: Texts }) {
  const { state, by, reason } = finding.review;
  const { made, version } = plugin === null ? { made: t('viewer.finding.provenanceBare'), version: '' } : { made: t('viewer.finding.provenance', { title: pick(plugin.title) }), version: plugin.version };
  const judged = by === null || state === 'unreviewed' ? t(`viewer.finding.${state}`) : t(`viewer.finding.${state}By`, { by });
  const known = REJECT_REASONS.find((one) => one === reason);
  return (
    <div className={classes.provenance} data-testid="provenance" data-state={state}>
      <Mark tone={TONES[state]} outline={OUTLINES[state]} struck={state === 'rejected'} title={`${made} ${version} · ${judged}`}>
        <span className={classes.made}>
          <span className={classes.madeBy}>{made}</span>
          <span>{` ${version} · ${t(`viewer.finding.${state}`)}`}</span>
        </span>
      </Mark>
      {state !== 'unreviewed' && (by !== null || known !== undefined) && (
        <span className={classes.judged}>{[by === null ? null : judged, known === undefined ? null : t(`viewer.reasons.${known}`)].filter(Boolean).join(' · ')}</span>
      )}
    </div>
  );
}

/** Stands on every result of a plug-in that is not cleared. */
function ResearchMark({ entry: { result, plugin } }: { entry: FindingEntry }) {
  const { t } = useTexts();
  return result.research_only || plugin?.status === 'research' ? (
    <Mark tone="warn" outline="solid" dot={false} title={t('common.researchOnlyLong')} testId="ruo">
      {t('common.researchOnlyShort')}
    </Mark>
  ) : null;
}

/** What the plug-in says of itself, one click away. */
function CardLink({ plugin }: { plugin: NonNullable<FindingEntry['plugin']> }) {
  const { t, pick } = useTexts();
  return (
    <Tooltip label={t('common.modelCard')}>
      <ActionIcon
        size="sm"
        variant="subtle"
        color="gray"
        aria-label={t('common.modelCardOf', { title: pick(plugin.title), version: plugin.version })}
        onClick={() => setViewer({ modelCard: plugin })}
        data-testid="open-model-card"
      >
        <IconFileText size={16} stroke={1.6} />
      </ActionIcon>
    </Tooltip>
  );
}

function RejectMenu({ finding, reviewing }: { finding: Finding; reviewing: Reviewing }) {
  const { t } = useTexts();
  const isOpen = useViewer(({ rejecting }) => rejecting === finding.finding_id);
  return (
    <Menu opened={isOpen} onChange={(open) => setViewer({ rejecting: open ? finding.finding_id : null })} position="bottom-start" withinPortal transitionProps={{ duration: 0 }}>
      <Menu.Target>
        <Button size="compact-sm" variant="default" leftSection={<IconX size={14} />} disabled={reviewing.isSaving} data-testid="reject">
          {t('viewer.finding.reject')}
        </Button>
      </Menu.Target>
      <Menu.Dropdown data-testid="reject-reasons">
        <Menu.Label>{t('viewer.reasons.title')}</Menu.Label>
        {REJECT_REASONS.map((reason) => (
          <Menu.Item key={reason} onClick={() => reviewing.reject(finding, reason)} data-testid={`reason-${reason}`}>
            {t(`viewer.reasons.${reason}`)}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
