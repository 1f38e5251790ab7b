import { IconCirclePlus, IconLassoPolygon } from '@tabler/icons-react';
import { useCorrections } from '@/api/reading';
import type { Result } from '@/contract/results';
import { useTexts } from '@/i18n/language';
import { ToolButton } from '@/rooms/viewer/ToolButton';
import { setViewer, useViewer, type Editing } from '@/rooms/viewer/viewerState';
import classes from '@/rooms/viewer/Toolbar.module.css';

/** Add what was missed: by a click into it, or by its outline where there is a grid to draw on. */
export function AddTools({ result }: { result: Result }) {
  const { t } = useTexts();
  const corrections = useCorrections(result.result_id).data;
  const kind = useViewer((state) => state.editing?.kind ?? null);
  if (corrections === undefined || corrections.refused !== null) {
    return null;
  }
  const turn = (wanted: Editing['kind']): void => setViewer({ editing: kind === wanted ? null : { kind: wanted, findingId: null } });
  return (
    <div className={classes.group} role="group" aria-label={t('viewer.correct.addTools')}>
      <ToolButton label={t('viewer.correct.add')} action="addFinding" pressed={kind === 'add'} onClick={() => turn('add')} testId="tool-add">
        <IconCirclePlus size={17} stroke={1.6} />
      </ToolButton>
      {result.segmentation !== null && (
        <ToolButton label={t('viewer.correct.addByOutline')} action="addOutline" pressed={kind === 'add_outline'} onClick={() => turn('add_outline')} testId="tool-add-outline">
          <IconLassoPolygon size={17} stroke={1.6} />
        </ToolButton>
      )}
    </div>
  );
}
