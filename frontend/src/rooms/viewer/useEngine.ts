import { notifications } from '@mantine/notifications';
import { useCallback, useEffect, useRef, useState } from 'react';
import { useTexts } from '@/i18n/language';
import { startImageLibrary, ViewerEngine, type EngineEvents, type EngineSeries, type Plane } from '@/viewer/engine';
import { forgetSeries, setViewer, useViewer } from './viewerState';

export type ViewElements = Record<Plane, { element: HTMLDivElement; overlay: HTMLCanvasElement }>;

export type OnView = (plane: Plane, view: ViewElements[Plane] | null) => void;

interface EngineHandle {
  /** Each view hands its elements over here, and `null` when it goes. */
  onView: OnView;
  engine: ViewerEngine | null;
  failure: unknown;
  retry: () => void;
}

/** Keep an engine for the series that is open; it is thrown away with everything in it when another comes. */
export function useEngine(series: EngineSeries | null, asked: string | null): EngineHandle {
  const { t } = useTexts();
  const elements = useRef<Partial<ViewElements>>({});
  const tellBackendLost = useRef<() => void>(() => undefined);
  const [engine, setEngine] = useState<ViewerEngine | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  const [attempt, setAttempt] = useState(0);

  useEffect(() => {
    tellBackendLost.current = () => notifications.show({ color: 'yellow', message: t('viewer.toasts.backendLost'), closeButtonProps: { 'aria-label': t('common.close') } });
  }, [t]);

  useEffect(() => {
    if (series === null) {
      return undefined;
    }
    let current: ViewerEngine | null = null;
    let isGone = false;
    const open = async (): Promise<void> => {
      const backend = await startImageLibrary(asked);
      const views = completeViews(elements.current);
      if (isGone || views === null) {
        return;
      }
      setViewer({ backend });
      current = new ViewerEngine(views, eventsTo(() => tellBackendLost.current()));
      setEngine(current);
      await current.open(series);
    };
    open().catch((thrown: unknown) => {
      if (!isGone) {
        setFailure(thrown ?? new Error('The images could not be opened'));
      }
    });
    return () => {
      isGone = true;
      setEngine(null);
      setFailure(null);
      forgetSeries();
      current?.destroy();
    };
  }, [series, asked, attempt]);

  const onView = useCallback<OnView>((plane, view) => {
    elements.current = { ...elements.current, [plane]: view ?? undefined };
  }, []);
  return { onView, engine, failure, retry: () => setAttempt((count) => count + 1) };
}

function completeViews({ axial, sagittal, coronal }: Partial<ViewElements>): ViewElements | null {
  return axial && sagittal && coronal ? { axial, sagittal, coronal } : null;
}

/** Write what the engine tells into the viewer's state; a plane that did not change is not written. */
function eventsTo(onBackendLost: () => void): EngineEvents {
  return {
    onPlane: (plane, state) => {
      const held = useViewer.getState().planes[plane];
      if (JSON.stringify(held) !== JSON.stringify(state)) {
        setViewer(({ planes }) => ({ planes: { ...planes, [plane]: state } }));
      }
    },
    onWindow: (window) => setViewer({ window }),
    onPoint: (pointLpsMm) => setViewer({ pointLpsMm }),
    onProgress: (loaded, failed, total) => setViewer({ loading: { loaded, failed, total } }),
    onJumped: (ms) => setViewer(({ jumps }) => ({ jumpedMs: ms, jumps: jumps + 1 })),
    onFirstImage: () => setViewer({ hasFirstImage: true }),
    onBackend: (backend, isFallback) => {
      setViewer({ backend });
      if (isFallback) {
        onBackendLost();
      }
    },
  };
}
