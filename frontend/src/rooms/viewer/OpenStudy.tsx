import { IconPhotoOff } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useMayReview } from '@/api/session';
import { CT_PRESETS } from '@/geometry/windowing';
import type { Result } from '@/contract/results';
import type { SeriesSummary, StudyDetail } from '@/contract/study';
import { useTexts } from '@/i18n/language';
import { Banner } from '@/ui/Banner';
import { FailurePanel, QuietPanel } from '@/ui/FailurePanel';
import { callName } from '@/ui/person';
import { TopBar } from '@/ui/TopBar';
import { AddTools } from './correct/AddTools';
import { Editor } from './correct/Editor';
import type { OpenSeries } from './engineSeries';
import { ableOf, FindingsPanel, roomOf, tabsOf } from './FindingsPanel';
import { InfoCell } from './InfoCell';
import { LiveRegion } from './LiveRegion';
import { PatientChip } from './PatientChip';
import { SeriesList } from './SeriesList';
import { Toolbar } from './Toolbar';
import { useOpenStudy } from './useOpenStudy';
import { useReadingTime } from './useReadingTime';
import { useReviewing } from './useReviewing';
import { useViewerKeys } from './useViewerKeys';
import { ViewGrid } from './ViewGrid';
import { useViewer } from './viewerState';
import classes from './Viewer.module.css';

/** Images first; what the AI says joins them when it comes. */
export function OpenStudy({ study }: { study: StudyDetail }) {
  const { t } = useTexts();
  const { series, opened, images, results, counting, entries, frame, segmentation, overlayFailure, hasMarks, openSeries, select } = useOpenStudy(study);
  const reviewing = useReviewing(study.study_id);
  const prior = priorOf(counting, series);
  const correctable = useCorrectable(counting, frame);
  useReadingTime(study.study_id, roomOf(counting));
  const isSeriesListShown = useViewer((state) => state.isSeriesListShown);
  const openedSeries = opened.data ?? null;
  const { isVolume, isCt, defaultWindow } = kindOf(series, openedSeries);

  useViewerKeys({ engine: images.engine, entries, reviewing, select, defaultWindow, isCt, hasPrior: prior !== null, tabs: tabsOf(ableOf(counting)) });

  return (
    <ReadyMarks>
      <TopBar>
        <PatientChip study={study} />
      </TopBar>
      <StudyBanners synthetic={study.synthetic} />
      <div className={classes.main}>
        {isSeriesListShown && <SeriesList study={study} openUid={series?.series_instance_uid ?? null} onOpen={openSeries} results={counting} />}
        <main id="main" className={classes.centre} aria-label={t('viewer.region', { patient: callName(study.patient) })}>
          <Toolbar engine={images.engine} defaultWindow={defaultWindow} isCt={isCt} hasOverlay={segmentation !== null || hasMarks} isVolume={isVolume} hasPrior={prior !== null}>
            {correctable !== null && <AddTools result={correctable} />}
          </Toolbar>
          <div className={classes.stage}>
            <ViewGrid
              onView={images.onView}
              engine={images.engine}
              isVolume={isVolume}
              series={series}
              opened={openedSeries}
              entries={entries}
              study={study}
              prior={prior}
            >
              <InfoCell study={study} series={series} opened={openedSeries} segmentation={segmentation} entries={entries} />
            </ViewGrid>
            {correctable !== null && <Editor studyId={study.study_id} result={correctable} entries={entries} engine={images.engine} />}
            <Cover hasSeries={series !== null} opened={opened} images={images} />
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
          engine={images.engine}
          onSelect={select}
          onOpenSeries={openSeries}
        />
      </div>
      <LiveRegion entries={entries} />
    </ReadyMarks>
  );
}

/** Until the headers are there, a series is taken for a volume. */
function kindOf(series: SeriesSummary | null, opened: OpenSeries | null) {
  const isCt = series?.modality === 'CT';
  return { isVolume: opened?.engine.isVolume ?? true, isCt, defaultWindow: opened?.engine.window ?? (isCt ? CT_PRESETS.soft : null) };
}

/** The result on the open series whose app can be corrected, for somebody who may. */
function useCorrectable(results: Result[], frame: string | null): Result | null {
  const able = ableOf(results);
  const mayReview = useMayReview();
  const isHere = able !== null && frame !== null && able.frame_of_reference_uid === frame;
  return isHere && mayReview && able.app.abilities.includes('correct') ? able : null;
}

/** The earlier series that a result of this one was compared with. */
const priorOf = (results: readonly Result[], series: SeriesSummary | null): Result['prior'] =>
  results.find((result) => result.prior !== null && result.series_instance_uid === series?.series_instance_uid)?.prior ?? null;

/** The page with the marks that browser tests wait for. */
function ReadyMarks({ children }: { children: ReactNode }) {
  const { hasFirstImage, isOverlayReady, loading } = useViewer();
  const isReady = hasFirstImage && loading !== null && loading.loaded + loading.failed >= loading.total;
  return (
    <div className={classes.page} data-testid="viewer" data-first-image={hasFirstImage} data-viewer-ready={isReady} data-overlay-ready={isOverlayReady}>
      {children}
    </div>
  );
}

function StudyBanners({ synthetic }: { synthetic: boolean }) {
  const { t } = useTexts();
  const failed = useViewer((state) => state.loading?.failed ?? 0);
  return (
    <>
      {synthetic && (
        <Banner kind="phantom" testId="phantom-banner">
          {t('common.syntheticLong')}
        </Banner>
      )}
      {failed > 0 && (
        <Banner kind="danger" testId="images-missing">
          {t('viewer.toasts.imagesMissing', { count: failed })} · {t('viewer.imagesMissing')}
        </Banner>
      )}
    </>
  );
}

interface CoverProps {
  hasSeries: boolean;
  opened: ReturnType<typeof useOpenStudy>['opened'];
  images: ReturnType<typeof useOpenStudy>['images'];
}

/** Words over the images where there are none. */
function Cover({ hasSeries, opened, images }: CoverProps) {
  const { t } = useTexts();
  if (!hasSeries) {
    return (
      <div className={classes.cover}>
        <QuietPanel icon={<IconPhotoOff size={28} stroke={1.6} />} title={t('viewer.errors.noSeries')} text={t('viewer.errors.noSeriesHelp')} testId="no-series" />
      </div>
    );
  }
  if (!opened.isError && images.failure === null) {
    return null;
  }
  const retry = (): void => (opened.isError ? void opened.refetch() : images.retry());
  return (
    <div className={classes.cover}>
      <FailurePanel title={t('viewer.errors.images')} failure={opened.error ?? images.failure} onRetry={retry} />
    </div>
  );
}
