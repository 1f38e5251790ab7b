/** The image views. Nothing outside this folder knows the image library. */
export { deleteMeasurement, measurements, type Measured } from './toolGroup';
export { startImageLibrary, TOOLS, type ToolName } from './start';
export { PLANES, type Backend, type EngineEvents, type EngineFrame, type EngineLabels, type EngineMark, type EngineSeries, type Plane, type PlaneState } from './types';
export type { Pen, PenTouch } from './pen';
export type { PriorEvents, PriorView } from './PriorView';
export { ViewerEngine } from './ViewerEngine';
