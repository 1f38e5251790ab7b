import * as tools from '@cornerstonejs/tools';
import type { ToolName } from './start';

const GROUP = 'allward';
const { MouseBindings } = tools.Enums;
const PRIMARY: Record<Exclude<ToolName, 'crosshair'>, string> = {
  window: tools.WindowLevelTool.toolName,
  pan: tools.PanTool.toolName,
  zoom: tools.ZoomTool.toolName,
  length: tools.LengthTool.toolName,
};

const LIBRARY_STYLE = tools.annotation.config.style.getDefaultToolStyles()['global'];

interface LengthStats {
  length?: number | null;
}

/** What one step of a length is: pixels where the images do not say how large a pixel is. The library would say mm. */
let unit: 'mm' | 'px' = 'px';

/** Say whether the images that are open tell how large their pixels are. */
export function tellPixelSize(isKnown: boolean): void {
  unit = isKnown ? 'mm' : 'px';
}

/** A length as people read it: one decimal. */
function lengthWords(data: { cachedStats?: Record<string, LengthStats> }, targetId: string): string[] {
  const { length } = data.cachedStats?.[targetId] ?? {};
  return length == null || !Number.isFinite(length) ? [] : [`${length.toFixed(1)} ${unit}`];
}

/** Put the mouse to work on the views: wheel scrolls, middle pans, right zooms, left is the chosen tool. */
export function createToolGroup(engineId: string, viewportIds: readonly string[]): void {
  tools.ToolGroupManager.destroyToolGroup(GROUP);
  const group = tools.ToolGroupManager.createToolGroup(GROUP);
  if (group === undefined) {
    throw new Error('The tools of the viewer could not be created');
  }
  for (const name of [...Object.values(PRIMARY), tools.StackScrollTool.toolName]) {
    group.addTool(name, name === PRIMARY.length ? { getTextLines: lengthWords } : {});
  }
  viewportIds.forEach((id) => group.addViewport(id, engineId));
  group.setToolActive(tools.StackScrollTool.toolName, { bindings: [{ mouseButton: MouseBindings.Wheel }] });
  // What is not named here stays as the library has it: without `textBoxVisibility` no length is written.
  tools.annotation.config.style.setDefaultToolStyles({
    global: {
      ...LIBRARY_STYLE,
      color: 'rgb(43, 201, 188)',
      colorHighlighted: 'rgb(90, 209, 200)',
      colorSelected: 'rgb(255, 180, 84)',
      lineWidth: '1.5',
      textBoxFontSize: '13px',
      textBoxFontFamily: 'Inter, "Noto Sans CJK SC", system-ui, sans-serif',
      textBoxColor: 'rgb(238, 242, 246)',
      textBoxColorHighlighted: 'rgb(238, 242, 246)',
      textBoxColorSelected: 'rgb(255, 180, 84)',
      textBoxBackground: 'rgba(0, 0, 0, 0.6)',
    },
  });
  chooseTool('window');
}

/** What the left button does. With the crosshair it does nothing here: the engine listens itself. */
export function chooseTool(chosen: ToolName): void {
  const group = tools.ToolGroupManager.getToolGroup(GROUP);
  if (group === undefined) {
    return;
  }
  for (const [name, tool] of Object.entries(PRIMARY)) {
    const bindings = [
      ...(name === chosen ? [{ mouseButton: MouseBindings.Primary }] : []),
      ...(name === 'pan' ? [{ mouseButton: MouseBindings.Auxiliary }] : []),
      ...(name === 'zoom' ? [{ mouseButton: MouseBindings.Secondary }] : []),
    ];
    group.setToolPassive(tool, { removeAllBindings: true });
    if (bindings.length > 0) {
      group.setToolActive(tool, { bindings });
    }
  }
}

/** Let the mouse work on one more view. */
export const addToTools = (viewportId: string, engineId: string): void => tools.ToolGroupManager.getToolGroup(GROUP)?.addViewport(viewportId, engineId);
export const removeFromTools = (viewportId: string, engineId: string): void => tools.ToolGroupManager.getToolGroup(GROUP)?.removeViewports(engineId, viewportId);

export function destroyToolGroup(): void {
  tools.annotation.state.removeAllAnnotations();
  tools.ToolGroupManager.destroyToolGroup(GROUP);
}

/** Take the selected measurement away, else the one drawn last. Returns whether there was one. */
export function deleteMeasurement(): boolean {
  const selected = tools.annotation.selection.getAnnotationsSelected().at(-1);
  const last = tools.annotation.state.getAllAnnotations().at(-1)?.annotationUID;
  const uid = selected ?? last;
  if (uid === undefined) {
    return false;
  }
  tools.annotation.state.removeAnnotation(uid);
  return true;
}

export interface Measured {
  tool: string;
  /** Length in mm, or `null` while it is being drawn or where the images do not tell millimetres. */
  lengthMm: number | null;
  /** What stands beside the line. */
  words: string;
}

/** Every measurement on the screen, for the page's test hook. */
export function measurements(): Measured[] {
  return tools.annotation.state.getAllAnnotations().map(({ metadata, data }) => {
    const stats = (data.cachedStats ?? {}) as Record<string, LengthStats>;
    const [targetId] = Object.keys(stats);
    const { length } = stats[targetId ?? ''] ?? {};
    return {
      tool: metadata?.toolName ?? '',
      lengthMm: unit === 'mm' && typeof length === 'number' ? length : null,
      words: lengthWords({ cachedStats: stats }, targetId ?? '').join(),
    };
  });
}
