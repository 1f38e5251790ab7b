import { useEffect, useMemo } from 'react';
import type { EngineMark, ViewerEngine } from '@/viewer/engine';
import type { FindingEntry } from './findings';
import { useViewer } from './viewerState';

/** Show boxes and points over the images: findings of these images that have a place and no outline. Returns whether there are any. */
export function useMarks(engine: ViewerEngine | null, entries: readonly FindingEntry[], frame: string | null): boolean {
  const hasFirstImage = useViewer((state) => state.hasFirstImage);
  const selectedId = useViewer((state) => state.selectedFindingId);
  const marks = useMemo(() => marksOf(entries, frame, selectedId), [entries, frame, selectedId]);

  useEffect(() => {
    if (hasFirstImage) {
      engine?.scene.setMarks(marks);
    }
  }, [engine, hasFirstImage, marks]);

  return marks.length > 0;
}

/** The marks of findings that nobody rejected; a class is said of the whole and has none. */
export function marksOf(entries: readonly FindingEntry[], frame: string | null, selectedId: string | null): EngineMark[] {
  return entries.flatMap(({ finding, result }) => {
    const { box_lps_mm: box, centre_lps_mm: centre } = finding;
    const isMark = finding.segment_value === null && finding.kind !== 'class' && finding.review.state !== 'rejected';
    return !isMark || centre === null || frame === null || result.frame_of_reference_uid !== frame
      ? []
      : [{ pointLpsMm: centre, box: box === null ? null : { corner: box.corner_lps_mm, edges: box.edges_lps_mm }, isSelected: finding.finding_id === selectedId }];
  });
}
