import type { SeriesSummary, StudyDetail } from '@/contract/study';
import { useTexts } from '@/i18n/language';
import { callName } from '@/ui/person';
import type { Plane } from '@/viewer/engine';
import type { OpenSeries } from './engineSeries';
import { useViewer } from './viewerState';
import classes from './ViewGrid.module.css';

interface CornersProps {
  plane: Plane;
  isVolume: boolean;
  series: SeriesSummary | null;
  opened: OpenSeries | null;
  study: StudyDetail;
}

/** The words over an image: where it lies, how it is shown, and which side is which. */
export function Corners({ plane, isVolume, series, opened, study }: CornersProps) {
  const { t } = useTexts();
  const isAxial = plane === 'axial';
  return (
    <div className={`${classes.words} numbers`} aria-hidden="true">
      <div className={classes.topLeft}>
        {isVolume ? <span className={classes.plane}>{t(`viewer.planes.${plane}`)}</span> : <span className={classes.warn}>{t('viewer.errors.notVolume')}</span>}
        {isAxial && <span className={classes.cut}>{series?.description}</span>}
        {isAxial && <span className={classes.cut}>{patientWords(study)}</span>}
      </div>
      <div className={classes.topRight}>
        <WindowWords plane={plane} />
        {isVolume && <SlabWords />}
        {study.synthetic && <span className={classes.phantom}>{t('common.synthetic')}</span>}
      </div>
      <div className={classes.bottomLeft}>
        <SliceWords plane={plane} thicknessMm={isAxial ? (opened?.sliceThicknessMm ?? null) : null} />
      </div>
      <div className={classes.bottomRight}>
        <LoadingWords expected={opened?.engine.frames.length ?? 0} />
      </div>
      <Letters plane={plane} />
    </div>
  );
}

/** Who it is, for pictures that leave the page. */
const patientWords = ({ patient }: StudyDetail): string =>
  callName(patient) === patient.patient_id ? patient.patient_id : `${callName(patient)} · ${patient.patient_id}`;

function WindowWords({ plane }: { plane: Plane }) {
  const { t } = useTexts();
  const window = useViewer((state) => state.window);
  return window === null ? null : (
    <span data-testid={`window-${plane}`}>{t('viewer.window', { width: Math.round(window.width), center: Math.round(window.center) })}</span>
  );
}

function SlabWords() {
  const { t } = useTexts();
  const slabMm = useViewer((state) => state.slabMm);
  return slabMm === null ? null : <span className={classes.warn}>{t('viewer.slab', { mm: slabMm })}</span>;
}

function SliceWords({ plane, thicknessMm }: { plane: Plane; thicknessMm: number | null }) {
  const { t } = useTexts();
  const state = useViewer(({ planes }) => planes[plane]);
  return (
    <>
      {state !== undefined && <span data-testid={`slice-${plane}`}>{t('viewer.slice', { index: state.index + 1, count: state.count })}</span>}
      {thicknessMm !== null && <span>{t('viewer.thickness', { mm: Number(thicknessMm.toFixed(2)) })}</span>}
    </>
  );
}

function LoadingWords({ expected }: { expected: number }) {
  const { t } = useTexts();
  const loading = useViewer((state) => state.loading);
  const { loaded, failed, total } = loading ?? { loaded: 0, failed: 0, total: expected };
  return loaded + failed < total ? <span>{t('viewer.loadingImages', { loaded, total })}</span> : null;
}

function Letters({ plane }: { plane: Plane }) {
  const letters = useViewer(({ planes }) => planes[plane]?.letters);
  return letters === undefined ? null : (
    <>
      <span className={classes.letterLeft} data-testid={`letter-left-${plane}`}>
        {letters.left}
      </span>
      <span className={classes.letterRight}>{letters.right}</span>
      <span className={classes.letterTop}>{letters.top}</span>
      <span className={classes.letterBottom}>{letters.bottom}</span>
    </>
  );
}
