import { Button, Slider, Switch, Tooltip } from '@mantine/core';
import { IconColumns2, IconContrast2, IconCrosshair, IconHandMove, IconMaximize, IconMinimize, IconRestore, IconRulerMeasure, IconZoomIn } from '@tabler/icons-react';
import { useEffect, type ReactNode } from 'react';
import { KEYS, shownKey, type KeyAction } from '@/app/keys';
import { CT_PRESETS, PRESET_NAMES, type DisplayWindow } from '@/geometry/windowing';
import { useTexts } from '@/i18n/language';
import { TOOLS, type ToolName, type ViewerEngine } from '@/viewer/engine';
import { Slab } from './Slab';
import { ToolButton } from './ToolButton';
import { chooseViewerTool } from './useViewerKeys';
import { setViewer, toggleCompare, toggleMaximised, useViewer } from './viewerState';
import classes from './Toolbar.module.css';

const ICONS = { window: IconContrast2, pan: IconHandMove, zoom: IconZoomIn, length: IconRulerMeasure, crosshair: IconCrosshair };
const TOOL_KEYS: Record<ToolName, KeyAction> = {
  window: 'toolWindow',
  pan: 'toolPan',
  zoom: 'toolZoom',
  length: 'toolLength',
  crosshair: 'toolCrosshair',
};
const PRESET_KEYS = ['preset1', 'preset2', 'preset3', 'preset4', 'preset5'] as const satisfies readonly KeyAction[];

interface ToolbarProps {
  engine: ViewerEngine | null;
  defaultWindow: DisplayWindow | null;
  isCt: boolean;
  isVolume: boolean;
  hasOverlay: boolean;
  hasPrior: boolean;
  /** Tools of the room of the app. */
  children?: ReactNode;
}

/** One row of tools above the images. */
export function Toolbar({ engine, defaultWindow, isCt, isVolume, hasOverlay, hasPrior, children }: ToolbarProps) {
  const { t } = useTexts();
  const { tool, window, maximised, activePlane, layout, isOverlayShown, overlayOpacity } = useViewer();

  useEffect(() => {
    engine?.setTool(tool);
  }, [engine, tool]);

  return (
    <div className={classes.bar} role="toolbar" aria-label={t('viewer.tools.label')}>
      <div className={classes.group}>
        {TOOLS.filter((name) => isVolume || name !== 'crosshair').map((name) => {
          const Icon = ICONS[name];
          return (
            <ToolButton key={name} label={t(`viewer.tools.${name}`)} action={TOOL_KEYS[name]} pressed={tool === name} onClick={() => chooseViewerTool(engine, name)} testId={`tool-${name}`}>
              <Icon size={17} stroke={1.6} />
            </ToolButton>
          );
        })}
        <ToolButton label={t('viewer.tools.reset')} action="reset" onClick={() => engine?.reset(defaultWindow)} testId="tool-reset">
          <IconRestore size={17} stroke={1.6} />
        </ToolButton>
        <ToolButton
          label={maximised === null ? t('viewer.tools.maximise') : t('viewer.tools.restore')}
          action="maximise"
          pressed={maximised !== null}
          onClick={() => toggleMaximised(activePlane)}
          testId="tool-maximise"
        >
          {maximised === null ? <IconMaximize size={17} stroke={1.6} /> : <IconMinimize size={17} stroke={1.6} />}
        </ToolButton>
      </div>
      {isCt && (
        <div className={classes.group} role="group" aria-label={t('viewer.tools.presets')}>
          {PRESET_NAMES.map((name, place) => {
            const { center, width } = CT_PRESETS[name];
            const isOn = window?.center === center && window.width === width;
            return (
              <Tooltip key={name} label={`${t('viewer.window', { width, center })} (${place + 1})`}>
                <Button
                  size="compact-sm"
                  variant={isOn ? 'light' : 'subtle'}
                  color={isOn ? 'teal' : 'gray'}
                  aria-pressed={isOn}
                  aria-keyshortcuts={shownKey(KEYS[PRESET_KEYS[place] ?? 'preset1'])}
                  onClick={() => engine?.setWindow(CT_PRESETS[name])}
                  data-testid={`preset-${name}`}
                >
                  {t(`viewer.presets.${name}`)}
                </Button>
              </Tooltip>
            );
          })}
        </div>
      )}
      {isVolume && <Slab engine={engine} />}
      {hasPrior && isVolume && (
        <div className={classes.group}>
          <ToolButton label={t('viewer.tools.compare')} action="compare" pressed={layout === 'compare'} onClick={toggleCompare} testId="tool-compare">
            <IconColumns2 size={17} stroke={1.6} />
          </ToolButton>
        </div>
      )}
      {children}
      {hasOverlay && (
        <div className={`${classes.group} ${classes.end}`}>
          <Tooltip label={`${isOverlayShown ? t('viewer.tools.overlayHide') : t('viewer.tools.overlayShow')} (${shownKey(KEYS.overlay)})`}>
            <Switch
              size="xs"
              label={t('viewer.tools.overlay')}
              checked={isOverlayShown}
              onChange={(event) => setViewer({ isOverlayShown: event.currentTarget.checked })}
              data-testid="overlay-switch"
            />
          </Tooltip>
          <Slider
            className={classes.slider}
            size="xs"
            min={0}
            max={100}
            label={(percent) => `${percent} %`}
            thumbLabel={t('viewer.tools.opacity')}
            value={Math.round(overlayOpacity * 100)}
            onChange={(percent) => setViewer({ overlayOpacity: percent / 100 })}
            disabled={!isOverlayShown}
            data-testid="overlay-opacity"
          />
        </div>
      )}
    </div>
  );
}
