import * as core from '@cornerstonejs/core';
import dicomImageLoader from '@cornerstonejs/dicom-image-loader';
import * as tools from '@cornerstonejs/tools';
import { backendFor, graphicsName, type Backend } from './backend';

export const TOOLS = ['window', 'pan', 'zoom', 'length', 'crosshair'] as const;
export type ToolName = (typeof TOOLS)[number];

let started: Promise<Backend> | null = null;

/**
 * Start the image library, once for the whole page however often it is called.
 *
 * @param asked "cpu" or "gpu" to overrule the choice, else `null`.
 */
export function startImageLibrary(asked: string | null): Promise<Backend> {
  started ??= start(asked);
  return started;
}

/** Draw on the processor from now on, in this study and all later ones. Returns whether that is new. */
export async function giveUpGraphics(): Promise<boolean> {
  if ((await started) === 'cpu') {
    return false;
  }
  started = Promise.resolve('cpu');
  core.setRenderBackend(core.Enums.RenderBackends.CPU, 'WebGL context lost');
  return true;
}

async function start(asked: string | null): Promise<Backend> {
  const backend = backendFor(asked, graphicsName());
  core.init({
    debug: {},
    // One context a plane: browsers take the oldest away from pages that hold many.
    rendering: { webGlContextCount: 3, planar: { renderBackend: backend === 'cpu' ? core.Enums.RenderBackends.CPU : core.Enums.RenderBackends.Auto } },
  });
  // While a volume streams in, the library warns once for every image that is not there yet.
  core.utilities.logger.coreLog.getLogger('utilities', 'VoxelManager').setLevel('error');
  await tools.init();
  dicomImageLoader.init({ maxWebWorkers: Math.max(1, Math.min(4, Math.floor(navigator.hardwareConcurrency / 2))) });
  for (const tool of [tools.WindowLevelTool, tools.PanTool, tools.ZoomTool, tools.StackScrollTool, tools.LengthTool]) {
    tools.addTool(tool);
  }
  return backend;
}
