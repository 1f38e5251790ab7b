import { useDebouncedValue } from '@mantine/hooks';
import { useTexts } from '@/i18n/language';
import type { FindingEntry } from './findings';
import { isNodule, noduleName } from './nodules/nodule';
import { useViewer } from './viewerState';

/** Reads slice and finding changes aloud, once the scrolling rests. */
export function LiveRegion({ entries }: { entries: FindingEntry[] }) {
  const texts = useTexts();
  const { t, pick } = texts;
  const plane = useViewer((state) => state.activePlane);
  const slice = useViewer((state) => state.planes[state.activePlane]);
  const selected = useViewer((state) => state.selectedFindingId);
  const at = entries.findIndex(({ finding }) => finding.finding_id === selected);
  const entry = entries[at];
  const sliceWords =
    slice === undefined ? '' : t('viewer.sliceLive', { plane: t(`viewer.planes.${plane}`), index: slice.index + 1, count: slice.count });
  const [settled] = useDebouncedValue(sliceWords, 600);
  return (
    <>
      <div className="only-read-aloud" aria-live="polite" data-testid="slice-live">
        {settled}
      </div>
      <div className="only-read-aloud" aria-live="polite" data-testid="finding-live">
        {entry === undefined ? '' : t('viewer.findingLive', { index: at + 1, count: entries.length, title: isNodule(entry.finding) ? `${entry.badge} ${noduleName(entry.finding, texts)}` : pick(entry.finding.title) })}
      </div>
    </>
  );
}
