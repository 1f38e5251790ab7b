import { useEffect } from 'react';
import { IconStack2 } from '@tabler/icons-react';
import { useTexts } from '@/i18n/language';
import type { ViewerEngine } from '@/viewer/engine';
import { ToolButton } from './ToolButton';
import { setViewer, toggleSlab, useViewer } from './viewerState';
import classes from './Toolbar.module.css';

const THICKNESSES_MM = [5, 10, 20, 30] as const;

/** The brightest of a slab (MIP): on or off, and how thick. */
export function Slab({ engine }: { engine: ViewerEngine | null }) {
  const { t } = useTexts();
  const slabMm = useViewer((state) => state.slabMm);
  useEffect(() => {
    engine?.setSlab(slabMm);
  }, [engine, slabMm]);
  return (
    <div className={classes.group} role="group" aria-label={t('viewer.tools.slab')}>
      <ToolButton label={t('viewer.tools.slab')} action="slab" pressed={slabMm !== null} onClick={toggleSlab} testId="tool-slab">
        <IconStack2 size={17} stroke={1.6} />
      </ToolButton>
      {slabMm !== null && (
        <select className={classes.thickness} aria-label={t('viewer.tools.slabThickness')} value={slabMm} onChange={(event) => setViewer({ slabMm: Number(event.currentTarget.value) })} data-testid="slab-thickness">
          {THICKNESSES_MM.map((mm) => (
            <option key={mm} value={mm}>
              {t('viewer.tools.slabMm', { mm })}
            </option>
          ))}
        </select>
      )}
    </div>
  );
}
