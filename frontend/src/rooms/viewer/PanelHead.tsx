import { useTexts } from '@/i18n/language';
import { setViewer, type PanelTab } from './viewerState';
import classes from './Findings.module.css';

interface PanelHeadProps {
  tabs: readonly PanelTab[];
  tab: PanelTab;
  reviewed: { done: number; count: number };
}

/** The title of the panel, or its tabs where the app can do more than find. */
export function PanelHead({ tabs, tab, reviewed }: PanelHeadProps) {
  const { t } = useTexts();
  const count = reviewed.count > 0 && (
    <span className={`${classes.count} numbers`} data-testid="reviewed-count">
      {t('viewer.findings.reviewed', reviewed)}
    </span>
  );
  return (
    <header className={classes.head}>
      {tabs.length < 2 ? (
        <h2 className={classes.title}>{t('viewer.findings.title')}</h2>
      ) : (
        <div className={classes.tabs} role="tablist" aria-label={t('viewer.panel.label')}>
          {tabs.map((name) => (
            <button key={name} type="button" role="tab" className={classes.tab} aria-selected={name === tab} aria-controls="reading-panel" onClick={() => setViewer({ panelTab: name })} data-testid={`tab-${name}`}>
              {t(`viewer.panel.${name}`)}
            </button>
          ))}
        </div>
      )}
      {count}
    </header>
  );
}
