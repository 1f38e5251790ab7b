import { dicomInstances, textOf, type DicomInstance } from '@/contract/dicomJson';
import { askFor } from './http';

const SOP_INSTANCE_UID = '00080018';
const DICOM_JSON = 'application/dicom+json';

/** Where a series lies: a study of another hospital is read below that hospital's own path. */
export interface SeriesAddress {
  tenantCode: string;
  studyInstanceUid: string;
  seriesInstanceUid: string;
}

export function seriesPath({ tenantCode, studyInstanceUid, seriesInstanceUid }: SeriesAddress): string {
  return `/dicom-web/hospitals/${encodeURIComponent(tenantCode)}/studies/${studyInstanceUid}/series/${seriesInstanceUid}`;
}

/** The headers of all instances of a series (WADO-RS metadata, PS3.18 10.4). */
export function fetchSeriesMetadata(address: SeriesAddress, signal?: AbortSignal): Promise<DicomInstance[]> {
  return askFor(dicomInstances, `${seriesPath(address)}/metadata`, { accept: DICOM_JSON, signal });
}

/** Address of a small picture of the series' middle instance; `null` if the series is empty. */
export async function fetchThumbnailAddress(
  address: SeriesAddress,
  instanceCount: number,
  window: { center: number; width: number } | null,
  signal?: AbortSignal,
): Promise<string | null> {
  const offset = Math.max(0, Math.floor((instanceCount - 1) / 2));
  const path = `${seriesPath(address)}/instances?limit=1&offset=${offset}`;
  const found = await askFor(dicomInstances, path, { accept: DICOM_JSON, signal });
  const uid = found[0] === undefined ? null : textOf(found[0], SOP_INSTANCE_UID);
  const shades = window === null ? '' : `window=${window.center},${window.width}&`;
  return uid === null ? null : `${seriesPath(address)}/instances/${uid}/rendered?${shades}viewport=96,96`;
}
