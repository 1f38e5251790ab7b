import { useRef } from 'react';
import type { Result } from '@/contract/results';
import type { StudyDetail } from '@/contract/study';
import { formatDay } from '@/i18n/format';
import { useTexts } from '@/i18n/language';
import type { FindingEntry } from '@/rooms/viewer/findings';
import { usePriorSeries } from '@/rooms/viewer/useOpenSeries';
import { useViewer } from '@/rooms/viewer/viewerState';
import type { ViewerEngine } from '@/viewer/engine';
import { useLink, usePriorView } from './usePriorView';
import classes from '@/rooms/viewer/ViewGrid.module.css';

interface PriorPaneProps {
  engine: ViewerEngine | null;
  study: StudyDetail;
  prior: NonNullable<Result['prior']>;
  entries: FindingEntry[];
}

/** The earlier examination beside the present one, scrolled with it. */
export function PriorPane({ engine, study, prior, entries }: PriorPaneProps) {
  const { t } = useTexts();
  const image = useRef<HTMLDivElement>(null);
  const overlay = useRef<HTMLCanvasElement>(null);
  const series = usePriorSeries(study.tenant.code, prior);
  const held = usePriorView(engine, series.data?.engine, { image, overlay });
  const selectedId = useViewer((state) => state.selectedFindingId);
  const chosen = entries.find(({ finding }) => finding.finding_id === selectedId)?.finding ?? null;
  const { isLinkedAtFinding, isUnseen } = useLink(engine, held, chosen);
  return (
    <section className={classes.view} data-plane="axial" data-testid="view-prior" aria-label={t('viewer.prior.view')}>
      <div ref={image} className={classes.image} role="application" aria-label={t('viewer.prior.view')} data-testid="image-prior" />
      <canvas ref={overlay} className={classes.overlay} aria-hidden="true" data-testid="overlay-prior" />
      <div className={`${classes.words} numbers`} aria-hidden="true">
        <div className={classes.topLeft}>
          <PriorName date={prior.study_date} />
          <span data-testid="prior-link">{t(isLinkedAtFinding ? 'viewer.prior.linkedAtFinding' : 'viewer.prior.linkedByTable')}</span>
          {isUnseen && <span className={classes.warn}>{t('viewer.prior.unseen')}</span>}
          {(series.isError || held.hasFailed) && (
            <span className={classes.warn} data-testid="prior-failed">
              {t('viewer.prior.failed')}
            </span>
          )}
        </div>
        <PriorPlace thicknessMm={series.data?.sliceThicknessMm ?? null} />
      </div>
    </section>
  );
}

function PriorName({ date }: { date: string | null }) {
  const { t, language } = useTexts();
  return <span className={classes.priorName}>{date === null ? t('viewer.prior.name') : t('viewer.prior.nameOf', { date: formatDay(date, language) })}</span>;
}

/** Which slice, and which side is which. */
function PriorPlace({ thicknessMm }: { thicknessMm: number | null }) {
  const { t } = useTexts();
  const state = useViewer((held) => held.prior);
  return state === null ? null : (
    <>
      <div className={classes.bottomLeft}>
        <span data-testid="slice-prior">{t('viewer.slice', { index: state.index + 1, count: state.count })}</span>
        {thicknessMm !== null && <span>{t('viewer.thickness', { mm: Number(thicknessMm.toFixed(2)) })}</span>}
      </div>
      <span className={classes.letterLeft}>{state.letters.left}</span>
      <span className={classes.letterRight}>{state.letters.right}</span>
    </>
  );
}
