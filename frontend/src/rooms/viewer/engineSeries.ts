import { seriesPath, type SeriesAddress } from '@/api/dicomweb';
import { numbersOf, textOf, type DicomInstance } from '@/contract/dicomJson';
import { inScanOrder, type Placed } from '@/geometry/seriesOrder';
import { CT_PRESETS, type DisplayWindow } from '@/geometry/windowing';
import type { EngineFrame, EngineSeries } from '@/viewer/engine';

const TAG = {
  sopInstanceUid: '00080018',
  modality: '00080060',
  sliceThickness: '00180050',
  instanceNumber: '00200013',
  imagePosition: '00200032',
  imageOrientation: '00200037',
  frameOfReferenceUid: '00200052',
  numberOfFrames: '00280008',
  rows: '00280010',
  columns: '00280011',
  pixelSpacing: '00280030',
  windowCenter: '00281050',
  windowWidth: '00281051',
} as const;

/** What the page tells about the series that is open. */
export interface OpenSeries {
  engine: EngineSeries;
  frameOfReferenceUid: string | null;
  rows: number | null;
  columns: number | null;
  sliceThicknessMm: number | null;
  /** Row and column spacing. */
  pixelSpacingMm: readonly number[] | null;
}

/** Put the headers of a series in scan order and say where its frames are fetched. */
export function openSeriesOf(address: SeriesAddress, instances: readonly DicomInstance[], isVolume: boolean): OpenSeries {
  const ordered = inScanOrder(instances.filter((instance) => textOf(instance, TAG.sopInstanceUid) !== null).map(placed)).map(({ instance }) => instance);
  const middle = ordered[Math.floor(ordered.length / 2)] ?? {};
  return {
    engine: {
      seriesInstanceUid: address.seriesInstanceUid,
      frames: ordered.flatMap((instance) => framesOf(address, instance)),
      isVolume: isVolume && ordered.length > 1,
      isPixelSizeKnown: ordered.length > 0 && ordered.every((instance) => numbersOf(instance, TAG.pixelSpacing)?.length === 2),
      window: windowOf(middle),
    },
    frameOfReferenceUid: textOf(middle, TAG.frameOfReferenceUid),
    rows: numbersOf(middle, TAG.rows)?.[0] ?? null,
    columns: numbersOf(middle, TAG.columns)?.[0] ?? null,
    sliceThicknessMm: numbersOf(middle, TAG.sliceThickness)?.[0] ?? null,
    pixelSpacingMm: numbersOf(middle, TAG.pixelSpacing),
  };
}

function placed(instance: DicomInstance): Placed & { instance: DicomInstance } {
  const position = numbersOf(instance, TAG.imagePosition);
  const [x, y, z] = position ?? [];
  return {
    instance,
    positionLpsMm: x === undefined || y === undefined || z === undefined ? null : [x, y, z],
    orientation: numbersOf(instance, TAG.imageOrientation),
    instanceNumber: numbersOf(instance, TAG.instanceNumber)?.[0] ?? null,
  };
}

function framesOf(address: SeriesAddress, instance: DicomInstance): EngineFrame[] {
  const count = numbersOf(instance, TAG.numberOfFrames)?.[0] ?? 1;
  const uid = textOf(instance, TAG.sopInstanceUid) ?? '';
  return Array.from({ length: count }, (_, frame) => ({
    address: `${seriesPath(address)}/instances/${uid}/frames/${frame + 1}`,
    header: instance,
  }));
}

/** The window that the images ask for; CT without one is shown as soft tissue. */
function windowOf(instance: DicomInstance): DisplayWindow | null {
  const center = numbersOf(instance, TAG.windowCenter)?.[0];
  const width = numbersOf(instance, TAG.windowWidth)?.[0];
  if (center !== undefined && width !== undefined && width > 0) {
    return { center, width };
  }
  return textOf(instance, TAG.modality) === 'CT' ? CT_PRESETS.soft : null;
}
