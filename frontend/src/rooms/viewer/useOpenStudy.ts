import { useCallback, useEffect, useMemo, useRef } from 'react';
import { useSearchParams } from 'react-router';
import { useResults } from '@/api/study';
import type { Segmentation } from '@/contract/results';
import type { StudyDetail } from '@/contract/study';
import { countingResults, findingEntries, firstSeries, type FindingEntry } from './findings';
import { offerTestHook } from './testHook';
import { useEngine } from './useEngine';
import { useMarks } from './useMarks';
import { useOpenSeries } from './useOpenSeries';
import { useOverlay } from './useOverlay';
import { forgetStudy, setViewer, useViewer } from './viewerState';

/** Everything that an open study is made of: the images, the results, and how the two meet. */
export function useOpenStudy(study: StudyDetail) {
  const [query, setQuery] = useSearchParams();
  const askedSeries = query.get('s');
  const series = useMemo(() => firstSeries(study, askedSeries), [study, askedSeries]);
  const opened = useOpenSeries(study, series);
  const images = useEngine(opened.data?.engine ?? null, query.get('backend'));
  const { engine } = images;
  const results = useResults(study.study_id);
  const counting = useMemo(() => countingResults(results.data, study.runs), [results.data, study.runs]);
  const entries = useMemo(() => findingEntries(counting, study.runs), [counting, study.runs]);
  const frame = opened.data?.frameOfReferenceUid ?? null;
  const segmentation = useMemo((): Segmentation | null => {
    const all = counting.map((result) => result.segmentation);
    return all.find((one) => one !== null && one.frame_of_reference_uid === frame) ?? null;
  }, [counting, frame]);
  const overlayFailure = useOverlay(engine, segmentation);
  const hasMarks = useMarks(engine, entries, frame);

  useEffect(() => {
    offerTestHook();
    return forgetStudy;
  }, []);

  const remember = useCallback(
    (name: string, value: string) => setQuery((old) => ({ ...Object.fromEntries(old), [name]: value }), { replace: true }),
    [setQuery],
  );
  const openSeries = useCallback((uid: string) => remember('s', uid), [remember]);
  const select = useCallback(
    (entry: FindingEntry): void => {
      setViewer({ selectedFindingId: entry.finding.finding_id, editing: null });
      remember('f', entry.finding.finding_id);
      if (entry.finding.centre_lps_mm !== null && entry.result.frame_of_reference_uid === frame) {
        engine?.jumpTo(entry.finding.centre_lps_mm);
      }
    },
    [engine, frame, remember],
  );
  useLinkedFinding(query.get('f'), entries, select);

  return { series, opened, images, results, counting, entries, frame, segmentation, overlayFailure, hasMarks, openSeries, select };
}

/** A shared link that names a finding opens on it, once both images and results are there. */
function useLinkedFinding(linkedId: string | null, entries: FindingEntry[], select: (entry: FindingEntry) => void): void {
  const hasFirstImage = useViewer((state) => state.hasFirstImage);
  const waitsFor = useRef(linkedId);
  useEffect(() => {
    const entry = entries.find(({ finding }) => finding.finding_id === waitsFor.current);
    if (hasFirstImage && entry !== undefined) {
      waitsFor.current = null;
      select(entry);
    }
  }, [hasFirstImage, entries, select]);
}
