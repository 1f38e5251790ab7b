/** Which way of drawing suits this machine: a software GL is slower than no GL at all. */

export type Backend = 'cpu' | 'gpu';

const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render|subzero/i;

/** Decide from what the browser says about its graphics; `null` means that it offers none. */
export function backendFor(asked: string | null, renderer: string | null): Backend {
  if (asked === 'cpu' || asked === 'gpu') {
    return asked;
  }
  return renderer === null || SOFTWARE.test(renderer) ? 'cpu' : 'gpu';
}

/** Name of the graphics behind WebGL 2, or `null` without WebGL 2. */
export function graphicsName(): string | null {
  const context = document.createElement('canvas').getContext('webgl2');
  if (context === null) {
    return null;
  }
  const info = context.getExtension('WEBGL_debug_renderer_info');
  const name = String(context.getParameter(info === null ? context.RENDERER : info.UNMASKED_RENDERER_WEBGL));
  context.getExtension('WEBGL_lose_context')?.loseContext();
  return name;
}
