import { useKeys } from '@/app/useKeys';
import { CT_PRESETS, PRESET_NAMES, type DisplayWindow, type PresetName } from '@/geometry/windowing';
import { deleteMeasurement, type ToolName, type ViewerEngine } from '@/viewer/engine';
import { neighbour, type FindingEntry } from './findings';
import type { Reviewing } from './useReviewing';
import { setViewer, toggleCompare, toggleMaximised, toggleSlab, useViewer, type PanelTab } from './viewerState';

interface ViewerKeys {
  engine: ViewerEngine | null;
  entries: FindingEntry[];
  reviewing: Reviewing;
  select: (entry: FindingEntry) => void;
  defaultWindow: DisplayWindow | null;
  isCt: boolean;
  hasPrior: boolean;
  tabs: readonly PanelTab[];
}

/** Longer than this and `o` was held to peek, not pressed to switch. */
const PEEK_FROM_MS = 300;

/** Give the keys of the viewer their work. */
export function useViewerKeys({ engine, entries, reviewing, select, defaultWindow, isCt, hasPrior, tabs }: ViewerKeys): void {
  const preset = (name: PresetName) => () => {
    if (isCt) {
      engine?.setWindow(CT_PRESETS[name]);
    }
  };
  const tool = (name: ToolName) => () => chooseViewerTool(engine, name);
  const scroll = (slices: number) => () => engine?.scroll(useViewer.getState().activePlane, slices);
  const edge = (last: boolean) => () => {
    const { activePlane, planes } = useViewer.getState();
    engine?.goToSlice(activePlane, last ? (planes[activePlane]?.count ?? 1) - 1 : 0);
  };
  const step = (direction: 1 | -1) => () => {
    const next = neighbour(entries, useViewer.getState().selectedFindingId, direction);
    if (next !== null) {
      select(next);
    }
  };
  const withUnreviewed = (act: (entry: FindingEntry) => void) => () => {
    const id = useViewer.getState().selectedFindingId;
    const entry = entries.find(({ finding }) => finding.finding_id === id);
    if (reviewing.mayReview && entry?.finding.review.state === 'unreviewed') {
      act(entry);
    }
  };
  const [soft, lung, liver, bone, brain] = PRESET_NAMES;

  useKeys('viewer', {
    nextFinding: step(1),
    previousFinding: step(-1),
    accept: withUnreviewed(({ finding }) => reviewing.accept(finding)),
    reject: withUnreviewed(({ finding }) => setViewer({ rejecting: finding.finding_id })),
    undo: () => (useViewer.getState().lastAct === 'review' ? reviewing.undo() : undefined),
    overlay: peekOverlay,
    preset1: preset(soft),
    preset2: preset(lung),
    preset3: preset(liver),
    preset4: preset(bone),
    preset5: preset(brain),
    toolWindow: tool('window'),
    toolPan: tool('pan'),
    toolZoom: tool('zoom'),
    toolLength: tool('length'),
    toolCrosshair: tool('crosshair'),
    sliceUp: scroll(-1),
    sliceDown: scroll(1),
    sliceFirst: edge(false),
    sliceLast: edge(true),
    maximise: () => toggleMaximised(useViewer.getState().activePlane),
    reset: () => engine?.reset(defaultWindow),
    deleteMeasurement: () => {
      if (deleteMeasurement()) {
        engine?.render();
      }
    },
    modelCard: () => {
      const entry = entries.find(({ finding }) => finding.finding_id === useViewer.getState().selectedFindingId) ?? entries[0];
      setViewer({ modelCard: entry?.plugin ?? null });
    },
    panel: () => setViewer(({ isPanelShown }) => ({ isPanelShown: !isPanelShown })),
    panelTab: () => setViewer(({ panelTab }) => ({ panelTab: tabs[(tabs.indexOf(panelTab) + 1) % tabs.length] ?? 'findings', isPanelShown: true })),
    slab: toggleSlab,
    compare: () => (hasPrior ? toggleCompare() : undefined),
    seriesList: () => setViewer(({ isSeriesListShown }) => ({ isSeriesListShown: !isSeriesListShown })),
  });
}

/** Switch the overlay; a key that was held switches it back on release. */
function peekOverlay(): () => void {
  const pressedMs = performance.now();
  const flip = (): void => setViewer(({ isOverlayShown }) => ({ isOverlayShown: !isOverlayShown }));
  flip();
  return () => {
    if (performance.now() - pressedMs > PEEK_FROM_MS) {
      flip();
    }
  };
}

/** Give the left mouse button another tool. */
export function chooseViewerTool(engine: ViewerEngine | null, tool: ToolName): void {
  engine?.setTool(tool);
  setViewer({ tool });
}
