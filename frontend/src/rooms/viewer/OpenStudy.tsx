import { IconPhotoOff } from '@tabler/icons-react';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useSearchParams } from 'react-router';
import { useResults } from '@/api/study';
import { CT_PRESETS } from '@/geometry/windowing';
import type { StudyDetail } from '@/contract/study';
import { useTexts } from '@/i18n/language';
import { Banner } from '@/ui/Banner';
import { FailurePanel, QuietPanel } from '@/ui/FailurePanel';
import { callName } from '@/ui/person';
import { TopBar } from '@/ui/TopBar';
import { countingResults, findingEntries, firstSeries, type FindingEntry } from './findings';
import { FindingsPanel } from './FindingsPanel';
import { InfoCell } from './InfoCell';
import { LiveRegion } from './LiveRegion';
import { PatientChip } from './PatientChip';
import { SeriesList } from './SeriesList';
import { offerTestHook } from './testHook';
import { Toolbar } from './Toolbar';
import { useEngine, type ViewElements } from './useEngine';
import { useOpenSeries } from './useOpenSeries';
import { useOverlay } from './useOverlay';
import { useReviewing } from './useReviewing';
import { useViewerKeys } from './useViewerKeys';
import { ViewGrid } from './ViewGrid';
import { forgetStudy, setViewer, useViewer } from './viewerState';
import classes from './Viewer.module.css';

/** Images first; what the AI says joins them when it comes. */
export function OpenStudy({ study }: { study: StudyDetail }) {
  const { t } = useTexts();
  const [query, setQuery] = useSearchParams();
  const series = useMemo(() => firstSeries(study, query.get('s')), [study, query]);
  const opened = useOpenSeries(study, series);
  const elements = useRef<Partial<ViewElements>>({});
  const { engine, failure, retry } = useEngine(elements, opened.data?.engine ?? null, query.get('backend'));
  const results = useResults(study.study_id);
  const counting = useMemo(() => countingResults(results.data), [results.data]);
  const entries = useMemo(() => findingEntries(counting, study.runs), [counting, study.runs]);
  const frame = opened.data?.frameOfReferenceUid ?? null;
  const segmentation = useMemo(
    () => counting.map((result) => result.segmentation).find((one) => one?.frame_of_reference_uid === frame) ?? null,
    [counting, frame],
  );
  const overlayFailure = useOverlay(engine, segmentation);
  const reviewing = useReviewing(study.study_id);
  const { hasFirstImage, isOverlayReady, loading, isSeriesListShown } = useViewer();
  const [jumpOnce, setJumpOnce] = useState(query.get('f'));

  useEffect(() => {
    offerTestHook();
    return forgetStudy;
  }, []);

  const openSeries = useCallback(
    (uid: string) => setQuery((old) => ({ ...Object.fromEntries(old), s: uid }), { replace: true }),
    [setQuery],
  );
  const select = useCallback(
    (entry: FindingEntry): void => {
      setViewer({ selectedFindingId: entry.finding.finding_id });
      setQuery((old) => ({ ...Object.fromEntries(old), f: entry.finding.finding_id }), { replace: true });
      if (entry.finding.centre_lps_mm !== null && entry.result.segmentation?.frame_of_reference_uid === frame) {
        engine?.jumpTo(entry.finding.centre_lps_mm);
      }
    },
    [engine, frame, setQuery],
  );

  // A shared link that names a finding opens on it, once both images and results are there.
  useEffect(() => {
    const entry = entries.find(({ finding }) => finding.finding_id === jumpOnce);
    if (hasFirstImage && entry !== undefined) {
      setJumpOnce(null);
      select(entry);
    }
  }, [hasFirstImage, entries, jumpOnce, select]);

  useViewerKeys({ engine, entries, reviewing, select, defaultWindow: opened.data?.engine.window ?? null, isCt: series?.modality === 'CT' });

  const isReady = hasFirstImage && loading !== null && loading.loaded + loading.failed >= loading.total;
  return (
    <div
      className={classes.page}
      data-testid="viewer"
      data-first-image={hasFirstImage}
      data-viewer-ready={isReady}
      data-overlay-ready={isOverlayReady}
    >
      <TopBar>
        <PatientChip study={study} />
      </TopBar>
      {study.synthetic && (
        <Banner kind="phantom" testId="phantom-banner">
          {t('common.syntheticLong')}
        </Banner>
      )}
      {loading !== null && loading.failed > 0 && (
        <Banner kind="danger" testId="images-missing">
          {t('viewer.toasts.imagesMissing', { count: loading.failed })} · {t('viewer.imagesMissing')}
        </Banner>
      )}
      <div className={classes.main}>
        {isSeriesListShown && <SeriesList study={study} openUid={series?.series_instance_uid ?? null} onOpen={openSeries} results={counting} />}
        <main id="main" className={classes.centre} aria-label={t('viewer.region', { patient: callName(study.patient) })}>
          <Toolbar
            engine={engine}
            defaultWindow={opened.data?.engine.window ?? CT_PRESETS.soft}
            isCt={series?.modality === 'CT'}
            hasOverlay={segmentation !== null}
            isVolume={opened.data?.engine.isVolume ?? true}
          />
          <div className={classes.stage}>
            <ViewGrid
              elements={elements}
              engine={engine}
              isVolume={opened.data?.engine.isVolume ?? true}
              series={series}
              opened={opened.data ?? null}
              entries={entries}
              synthetic={study.synthetic}
            >
              <InfoCell study={study} series={series} opened={opened.data ?? null} segmentation={segmentation} entries={entries} />
            </ViewGrid>
            {series === null && (
              <div className={classes.cover}>
                <QuietPanel icon={<IconPhotoOff size={28} stroke={1.6} />} title={t('viewer.errors.noSeries')} text={t('viewer.errors.noSeriesHelp')} testId="no-series" />
              </div>
            )}
            {(opened.isError || failure !== null) && (
              <div className={classes.cover}>
                <FailurePanel
                  title={t('viewer.errors.images')}
                  failure={opened.error ?? failure}
                  onRetry={() => (opened.isError ? void opened.refetch() : retry())}
                />
              </div>
            )}
          </div>
        </main>
        <FindingsPanel
          study={study}
          results={results}
          counting={counting}
          entries={entries}
          openFrame={frame}
          overlayFailed={overlayFailure !== null}
          reviewing={reviewing}
          onSelect={select}
          onOpenSeries={openSeries}
        />
      </div>
      <LiveRegion entries={entries} />
    </div>
  );
}
